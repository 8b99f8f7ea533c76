//! The driver against the whole suite, on a cluster of three masters.

mod subject;

use std::process::ExitCode;

use redis_test_server::{Cluster, installed_or_skip};
use session_driver_conformance::BoxError;
use subject::{Redis, Servers};

fn start() -> Result<Servers, BoxError> {
    let cluster = Cluster::start(3)?;
    let nodes = cluster
        .nodes()
        .iter()
        .map(|node| redis::Client::open(node.url()));
    Ok(Servers {
        url: cluster.url(),
        nodes: nodes.collect::<Result<_, _>>()?,
        address: None,
        _guard: Box::new(cluster),
    })
}

fn main() -> ExitCode {
    if installed_or_skip("the conformance suite on a Redis cluster").is_none() {
        return ExitCode::SUCCESS;
    }
    session_driver_conformance::main(Redis::new("redis-cluster", start))
}

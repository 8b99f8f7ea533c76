//! The async driver, through the bridge for callers that block, against the whole suite, on a cluster of three masters.

mod bridge;
mod subject;

use std::process::ExitCode;

use redis_test_server::installed_or_skip;
use subject::{Redis, Servers};

fn main() -> ExitCode {
    if installed_or_skip("the conformance suite of the async driver on a Redis cluster").is_none() {
        return ExitCode::SUCCESS;
    }
    session_driver_conformance::main(Redis::new(
        "redis-cluster-async",
        Servers::in_a_cluster,
        bridge::open_without_threads,
    ))
}

//! A cluster of three masters.

#![allow(dead_code, reason = "each suite starts servers of one kind")]

use redis_test_server::Cluster;
use session_driver_conformance::{BoxError, Proxy};

use super::{Behind, Servers};

impl Servers {
    /// Three masters.
    pub(crate) fn in_a_cluster() -> Result<Servers, BoxError> {
        let cluster = Cluster::start(3)?;
        let nodes = cluster
            .nodes()
            .iter()
            .map(|node| redis::Client::open(node.url()));
        Ok(Servers {
            url: cluster.url(),
            nodes: nodes.collect::<Result<_, _>>()?,
            behind_proxy: Box::new(behind_proxy),
            _guard: Box::new(cluster),
        })
    }
}

/// A cluster of one node, which names the proxy's address for its own.
fn behind_proxy() -> Result<Behind, BoxError> {
    let cluster = Cluster::start(1)?;
    let node = &cluster.nodes()[0];
    let proxy = Proxy::to(([127, 0, 0, 1], node.port()).into())?;
    let port = proxy.address().port().to_string();
    node.command(&["CONFIG", "SET", "cluster-announce-ip", "127.0.0.1"])?;
    node.command(&["CONFIG", "SET", "cluster-announce-port", &port])?;
    Ok(Behind {
        url: format!("redis-cluster://{}", proxy.address()),
        proxy,
        nodes: vec![redis::Client::open(node.url())?],
        guard: Box::new(cluster),
    })
}

//! One server.

#![allow(dead_code, reason = "each suite starts servers of one kind")]

use redis_test_server::{Available, Options, Server, available};
use session_driver_conformance::{BoxError, Cannot, Proxy};

use super::{Behind, Servers};

impl Servers {
    /// The one that the environment names, or one of our own.
    pub(crate) fn alone() -> Result<Servers, BoxError> {
        if let Available::Url(url) = available()? {
            let reason = "a server that is given may not let a proxy reach it";
            return Ok(Servers {
                nodes: vec![redis::Client::open(&*url)?],
                behind_proxy: Box::new(move || Err(Cannot::because(reason).into())),
                _guard: Box::new(()),
                url,
            });
        }
        let server = Server::start(&Options::new().tcp())?;
        let (nodes, port) = (vec![redis::Client::open(server.url())?], server.port());
        let behind_proxy = {
            let nodes = nodes.clone();
            move || {
                let proxy = Proxy::to(([127, 0, 0, 1], port).into())?;
                Ok(Behind {
                    url: format!("redis://{}", proxy.address()),
                    proxy,
                    nodes: nodes.clone(),
                    guard: Box::new(()),
                })
            }
        };
        Ok(Servers {
            url: format!("unix://{}", server.socket().display()),
            nodes,
            behind_proxy: Box::new(behind_proxy),
            _guard: Box::new(server),
        })
    }
}

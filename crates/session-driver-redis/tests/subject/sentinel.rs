//! A master that sentinels watch.

#![allow(dead_code, reason = "each suite starts servers of one kind")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use redis_test_server::{Options, Sentinels, Server};
use session_driver_conformance::{BoxError, Proxy};

use super::{Behind, Servers};

impl Servers {
    /// A master that sentinels watch.
    pub(crate) fn behind_sentinels() -> Result<Servers, BoxError> {
        let sentinels = Sentinels::start()?;
        let master = &sentinels.servers()[sentinels.master()?];
        Ok(Servers {
            url: sentinels.url(),
            nodes: vec![redis::Client::open(master.url())?],
            behind_proxy: Box::new(behind_proxy),
            _guard: Box::new(sentinels),
        })
    }
}

/// A master behind a proxy, and what says where it is. That is no sentinel: one would speak to the
/// master through the proxy itself, and lose the answers that cases want a driver to lose.
fn behind_proxy() -> Result<Behind, BoxError> {
    let server = Server::start(&Options::new().tcp())?;
    let proxy = Proxy::to(([127, 0, 0, 1], server.port()).into())?;
    let guide = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let (url, port) = (guide.local_addr()?, proxy.address().port());
    // It listens as long as this process, which is that of one test.
    thread::spawn(move || {
        for client in guide.incoming().flatten() {
            thread::spawn(move || point_to(port, client));
        }
    });
    Ok(Behind {
        url: format!("redis-sentinel://{url}/main"),
        proxy,
        nodes: vec![redis::Client::open(server.url())?],
        guard: Box::new(server),
    })
}

/// Answers as a sentinel does: PING, and where the master is.
fn point_to(port: u16, mut client: TcpStream) {
    let (port, mut question) = (port.to_string(), [0; 1024]);
    let address = format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len());
    while let Ok(length @ 1..) = client.read(&mut question) {
        let asked = String::from_utf8_lossy(&question[..length]);
        let answer = match asked.contains("GET-MASTER-ADDR-BY-NAME") {
            true => &*address,
            false => "+PONG\r\n",
        };
        if client.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

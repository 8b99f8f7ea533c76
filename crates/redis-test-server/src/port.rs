//! Free loopback ports.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use crate::error::{Error, Result};

/// Ports below those that systems give to outgoing connections (32768 and up on Linux, 49152 on
/// macOS), and so low that a cluster's bus port is below them too: nobody takes one by chance.
const PORTS: std::ops::Range<u16> = 10_000..22_768;

/// A cluster's nodes talk to each other on a port so far from the clients'.
const BUS_OFFSET: u16 = 10_000;

/// How many ports are tried before a server is given up.
const ATTEMPTS: usize = 20;

/// What a server says that finds its port taken.
const TAKEN: &str = "Address already in use";

/// Starts a server on a port that is free, and its bus port too; on another when somebody else was
/// faster.
pub(crate) fn on_a_free_one<T>(mut start: impl FnMut(u16) -> Result<T>) -> Result<T> {
    for _ in 1..ATTEMPTS {
        match start(free()) {
            Err(Error::NotStarted { log, .. }) if log.contains(TAKEN) => {}
            started => return started,
        }
    }
    start(free())
}

/// Listens on a port that is free.
pub(crate) fn listen() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, free()))
}

fn free() -> u16 {
    loop {
        let port = fastrand::u16(PORTS);
        if is_free(port) && is_free(port + BUS_OFFSET) {
            return port;
        }
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

//! A server that accepts nobody, and before which as many wait as may. Elsewhere than on Linux, whoever
//! comes then is refused at once.

#![cfg(target_os = "linux")]

mod session;

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use redis_test_server::{Options, Server, installed_or_skip};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use session::{FACES, kind, payload, put};
use session_driver_redis::RedisDriver;
use session_driver_redis::session_driver::ErrorKind;

const TIMEOUT: Duration = Duration::from_millis(300);

/// Fills the queue of those who want to connect to a server that is stopped.
fn crowd(server: &Server) -> Vec<OwnedFd> {
    let address = SocketAddrUnix::new(server.socket()).expect("an address");
    let mut crowd = vec![];
    loop {
        let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let next = socket_with(family, kind, flags, None).expect("a socket");
        match connect(&next, &address) {
            Ok(()) => crowd.push(next),
            Err(Errno::AGAIN) => return crowd,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn whoever_cannot_connect_is_told_unavailable_in_time() {
    let Some(_) = installed_or_skip("full queues") else {
        return;
    };
    for open in FACES {
        let options = Options::new().argument("--tcp-backlog", &["1"]);
        let server = Server::start(&options).expect("a server");
        let builder = || {
            let builder = RedisDriver::builder(&server.url()).pool_size(1);
            builder.connect_timeout(TIMEOUT).wait_timeout(TIMEOUT)
        };
        let driver = open(builder()).expect("an open driver");
        let bound = driver.capabilities().outage_bound;
        server.pause().expect("a stop");
        let crowd = crowd(&server);
        // The first meets the connection that was kept.
        for _ in 0..3 {
            let begin = Instant::now();
            let read = kind(payload(&*driver, "one"));
            assert_eq!(read, Some(ErrorKind::Unavailable));
            assert!(begin.elapsed() <= bound, "{:?}", begin.elapsed());
        }
        let begin = Instant::now();
        let written = kind(put(&*driver, "one", b"x"));
        assert_eq!(written, Some(ErrorKind::Unavailable));
        assert_eq!(kind(open(builder())), Some(ErrorKind::Unavailable));
        assert!(begin.elapsed() <= 2 * bound, "{:?}", begin.elapsed());
        drop(crowd);
        server.resume().expect("a continuation");
        server.command(&["PING"]).expect("an answer");
        put(&*driver, "one", b"x").expect("a store");
    }
}

//! Sentinels that hang.

mod session;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use session::{Driver, FACES, Open, kind};
use session_driver_redis::RedisDriver;
use session_driver_redis::session_driver::{ErrorKind, Result};

const TIMEOUT: Duration = Duration::from_millis(300);

/// Where something listens that answers PING as a Sentinel does, and nothing else. It listens as long
/// as this process, which is that of these tests.
fn hanging() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || answer_pings(client));
        }
    });
    address
}

fn answer_pings(mut client: TcpStream) {
    let mut question = [0; 1024];
    while let Ok(length @ 1..) = client.read(&mut question) {
        let is_ping = question[..length].ends_with(b"PING\r\n");
        if is_ping && client.write_all(b"+PONG\r\n").is_err() {
            return;
        }
    }
}

fn opened(open: Open, url: &str) -> Result<Driver> {
    open(RedisDriver::builder(url).timeout(TIMEOUT))
}

#[test]
fn sentinels_that_hang_are_unavailable_in_time() {
    for open in FACES {
        let url = format!("redis-sentinel://{},{}/main", hanging(), hanging());
        let begin = Instant::now();
        assert_eq!(kind(opened(open, &url)), Some(ErrorKind::Unavailable));
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
}

//! Sentinels that hang.

mod session;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use redis_test_server::{Sentinels, installed_or_skip};
use session::{Driver, FACES, Open, kind, put};
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
    open(RedisDriver::builder(url).wait_timeout(TIMEOUT))
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

#[test]
fn sentinels_that_hang_do_not_hide_another_one() {
    let Some(_) = installed_or_skip("hanging sentinels") else {
        return;
    };
    let sentinels = Sentinels::start().expect("sentinels");
    let before = format!("redis-sentinel://{},{},", hanging(), hanging());
    let url = sentinels.url().replacen("redis-sentinel://", &before, 1);
    for open in FACES {
        let begin = Instant::now();
        let driver = opened(open, &url).expect("an open driver");
        let bound = driver.capabilities().outage_bound;
        assert!(begin.elapsed() <= bound, "{:?}", begin.elapsed());
        put(&*driver, "one", b"x").expect("a store");
    }
}

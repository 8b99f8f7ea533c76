//! What can be set, and what is told at open.

mod session;

use std::fs;
use std::ops::ControlFlow;
use std::time::Duration;

use redis_test_server::{AppendFsync, Cluster, Options, Reply, Server, Tls, installed_or_skip};
use session::{FACES, NOW, forever, id, kind, payload, put, shown};
use session_driver_redis::session_driver::{
    Durability, ErrorKind, NewRecord, Precondition, SessionDriver, Timestamp,
};
use session_driver_redis::{RedisDriver, Warning};

/// The longest timeout.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

#[test]
fn settings_out_of_range_and_wrong_urls_are_unsupported() {
    let url = "redis://127.0.0.1:1";
    let builders = [
        RedisDriver::builder("redis:/nowhere:"),
        RedisDriver::builder(url).prefix("no colon"),
        RedisDriver::builder(url).prefix(""),
        RedisDriver::builder(url).pool_size(0),
        RedisDriver::builder(url).wait_timeout(Duration::ZERO),
        RedisDriver::builder(url).connect_timeout(Duration::ZERO),
        RedisDriver::builder(url).wait_timeout(A_YEAR + Duration::from_nanos(1)),
        RedisDriver::builder(url).connect_timeout(Duration::MAX),
        RedisDriver::builder(url).ttl_slack(Duration::from_secs(59)),
        RedisDriver::builder(url).max_payload_bytes(512 * 1024 * 1024),
        RedisDriver::builder("rediss://127.0.0.1:1").root_certificates("no certificate"),
    ];
    for builder in builders {
        let shown = format!("{builder:?}");
        assert_eq!(
            kind(builder.open()),
            Some(ErrorKind::Unsupported),
            "{shown}"
        );
    }
    assert_eq!(kind(RedisDriver::open(url)), Some(ErrorKind::Unavailable));
}

#[test]
fn a_server_that_cannot_be_reached_is_named_without_the_password() {
    let urls = [
        "redis://ana:hunter2@127.0.0.1:1/2",
        "valkey://ana:hunter2@127.0.0.1:1",
        "redis-sentinel://ana:hunter2@127.0.0.1:1/main",
        "redis-cluster://ana:hunter2@127.0.0.1:1",
    ];
    for open in FACES {
        for url in urls {
            let Err(error) = open(RedisDriver::builder(url)) else {
                panic!("{url} is open");
            };
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            let shown = shown(&error);
            assert!(shown.contains(": server 127.0.0.1:1: "), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}

#[test]
fn tls_needs_an_authority_that_is_trusted() {
    let Some(_) = installed_or_skip("TLS") else {
        return;
    };
    let server = Server::start(&Options::new().tls(Tls::localhost())).expect("a server");
    let authority = fs::read(Tls::authority()).expect("a certificate");
    let trusting = RedisDriver::builder(&server.url()).root_certificates(authority);
    let driver = trusting.open().expect("an open driver");
    let large = vec![42; 300_000];
    put(&driver, "large", &large).expect("a store");
    for _ in 0..3 {
        assert_eq!(
            payload(&driver, "large").expect("a retrieve"),
            Some(large.clone())
        );
    }
    server
        .command(&["CLIENT", "KILL", "TYPE", "normal"])
        .expect("a kill");
    put(&driver, "large", &large).expect("a store on another connection");
    assert_eq!(
        kind(RedisDriver::open(&server.url())),
        Some(ErrorKind::Other)
    );
    let plain = server.url().replacen("rediss", "redis", 1);
    assert!(RedisDriver::open(&plain).is_err());
}

#[test]
fn what_can_lose_sessions_is_told_at_open() {
    let Some(_) = installed_or_skip("warnings") else {
        return;
    };
    let options = Options::new().tcp().max_memory("100mb", "allkeys-lru");
    let master = Server::start(&options).expect("a server");
    let declared = |server: &Server, durability| {
        let builder = RedisDriver::builder(&server.url()).durability(durability);
        builder.open().expect("an open driver").warnings().to_vec()
    };
    let policy = "allkeys-lru".to_owned();
    let eviction = Warning::Eviction { policy };
    let due = std::slice::from_ref(&eviction);
    assert_eq!(declared(&master, Durability::None), due);
    let due = [eviction, Warning::NotDurable];
    assert_eq!(declared(&master, Durability::Process), due);

    let options = Options::new().tcp().append_only(AppendFsync::Always);
    let master = Server::start(&options).expect("a server");
    assert_eq!(declared(&master, Durability::Power), []);
    let _replica = Server::start(&Options::new().replica_of(master.port())).expect("a replica");
    while declared(&master, Durability::None) != [Warning::AsynchronousFailover] {}
    let users = ["ACL", "SETUSER", "default", "-info"];
    master.command(&users).expect("a user without INFO");
    assert_eq!(declared(&master, Durability::None), [Warning::Unknown]);
}

#[test]
fn every_record_has_a_time_to_live_that_outlasts_its_deadline() {
    let Some(_) = installed_or_skip("times to live") else {
        return;
    };
    let server = Server::start(&Options::new()).expect("a server");
    let slack = Duration::from_secs(120);
    let builder = RedisDriver::builder(&server.url()).ttl_slack(slack);
    let driver = builder.open().expect("an open driver");
    let left = |name: &str| match server.command(&["PTTL", &format!("session:{name}")]) {
        Ok(Reply::Integer(millis)) => millis,
        other => panic!("{other:?}"),
    };
    let within = |millis: i64, seconds: i64| {
        let due = (seconds + 120) * 1000;
        // The time that has passed since counts against it.
        assert!(
            millis <= due && millis > due - 60_000,
            "{millis} ms, not {due}"
        );
    };
    let deadline = |seconds| Some(NOW.saturating_add(Duration::from_secs(seconds)));
    let new = |expires_at| NewRecord {
        expires_at,
        ..forever(b"x")
    };
    let store = |expires_at| {
        let stored = driver.store(&id("one"), new(expires_at), Precondition::Any, NOW);
        stored.expect("a store");
    };
    let touch = |expires_at| {
        assert!(driver.touch(&id("one"), expires_at, NOW).expect("a touch"));
    };
    store(deadline(600));
    within(left("one"), 600);
    store(None);
    assert_eq!(left("one"), -1);
    touch(deadline(700));
    within(left("one"), 700);
    let moved = driver.rotate(&id("one"), &id("two"), NOW);
    assert!(moved.expect("a rotate").is_some());
    within(left("two"), 700);
    store(deadline(800));
    touch(None);
    assert_eq!(left("one"), -1);
    // Where the server cannot express it there is none.
    touch(Some(Timestamp::MAX));
    assert_eq!(left("one"), -1);
    touch(deadline(900));
    within(left("one"), 900);
    store(Some(Timestamp::MAX));
    assert_eq!(left("one"), -1);
}

#[test]
fn the_longest_timeouts_are_as_good_as_others() {
    let Some(_) = installed_or_skip("the longest timeouts") else {
        return;
    };
    let server = Server::start(&Options::new()).expect("a server");
    let with_port = Server::start(&Options::new().tcp()).expect("a server");
    let cluster = Cluster::start(3).expect("a cluster");
    for open in FACES {
        for url in [server.url(), with_port.url(), cluster.url()] {
            let builder = RedisDriver::builder(&url).wait_timeout(A_YEAR);
            let driver = open(builder.connect_timeout(A_YEAR)).expect("an open driver");
            let declared = driver.capabilities();
            assert!(declared.outage_bound > declared.contention_bound);
            put(&*driver, "one", b"x").expect("a store");
            assert!(driver.touch(&id("one"), None, NOW).expect("a touch"));
            for (from, to) in [("one", "two"), ("two", "three")] {
                let moved = driver.rotate(&id(from), &id(to), NOW);
                assert!(moved.expect("a rotate").is_some());
            }
            let found = payload(&*driver, "three").expect("a retrieve");
            assert_eq!(found.as_deref(), Some(&b"x"[..]));
            let mut seen = vec![];
            let outcome = driver.traverse(NOW, &mut |id| {
                seen.push(id.clone());
                ControlFlow::Continue(())
            });
            outcome.expect("a traversal");
            assert_eq!(seen, [id("three")]);
            assert!(driver.remove(&id("three"), NOW).expect("a remove"));
            let limit = 1.try_into().expect("one is not zero");
            driver.sweep(NOW, limit).expect("a sweep");
        }
    }
}

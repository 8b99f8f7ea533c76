//! What servers refuse, and what is said of it.

mod session;

use std::time::{Duration, Instant};

use redis_test_server::{Options, Server, installed_or_skip};
use session::{NOW, id, kind, payload, put, shown};
use session_driver_redis::RedisDriver;
use session_driver_redis::session_driver::{ErrorKind, SessionDriver};

fn with_user(url: &str, credentials: &str) -> String {
    url.replacen("redis://", &format!("redis://{credentials}@"), 1)
}

#[test]
fn a_replica_serves_reads_and_is_unavailable_to_writes() {
    let Some(_) = installed_or_skip("a read-only replica") else {
        return;
    };
    let master = Server::start(&Options::new().tcp()).expect("a master");
    let replica = Options::new().tcp().replica_of(master.port());
    let replica = Server::start(&replica).expect("a replica");
    let driver = RedisDriver::open(&replica.url()).expect("an open driver");
    assert_eq!(payload(&driver, "one").expect("a retrieve"), None);
    assert_eq!(
        kind(put(&driver, "one", b"x")),
        Some(ErrorKind::Unavailable)
    );
}

#[test]
fn a_full_server_refuses_stores_until_there_is_room() {
    let Some(_) = installed_or_skip("a full server") else {
        return;
    };
    let options = Options::new().max_memory("3mb", "noeviction");
    let server = Server::start(&options).expect("a server");
    let driver = RedisDriver::open(&server.url()).expect("an open driver");
    assert_eq!(driver.warnings(), []);
    let block = vec![7; 256 * 1024];
    let mut stored = 0;
    let full = loop {
        match put(&driver, &format!("block-{stored}"), &block) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 100, "3 MB hold {stored} blocks of 256 KiB");
    };
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    assert_eq!(
        kind(put(&driver, "block-0", &block)),
        Some(ErrorKind::StorageFull)
    );
    let first = payload(&driver, "block-0").expect("a retrieve");
    assert_eq!(first, Some(block.clone()));
    for number in 0..stored {
        let removed = driver.remove(&id(&format!("block-{number}")), NOW);
        assert!(removed.expect("a remove on a full server"));
    }
    put(&driver, "block-0", &block).expect("a store once there is room");
}

#[test]
fn whoever_has_no_password_or_no_permission_is_told_so() {
    let Some(_) = installed_or_skip("passwords") else {
        return;
    };
    let server = Server::start(&Options::new().tcp().password("open")).expect("a server");
    let bare = format!("redis://127.0.0.1:{}", server.port());
    for url in [
        bare.clone(),
        with_user(&bare, ":wrong"),
        with_user(&bare, "no:body"),
    ] {
        let error = RedisDriver::open(&url).expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        let shown = shown(&error);
        assert!(!shown.contains("wrong"), "{shown}");
        let server = format!("server 127.0.0.1:{}: ", server.port());
        assert!(shown.contains(&server), "{shown}");
    }
    RedisDriver::open(&server.url()).expect("an open driver");

    let rules = [
        "ACL", "SETUSER", "reader", "on", ">word", "~*", "+@read", "+ping",
    ];
    server.command(&rules).expect("a user");
    let driver = RedisDriver::open(&with_user(&bare, "reader:word")).expect("an open driver");
    assert_eq!(payload(&driver, "one").expect("a retrieve"), None);
    let error = put(&driver, "secret-id", b"secret").expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[test]
fn a_server_that_is_loading_is_unavailable() {
    let Some(_) = installed_or_skip("a loading server") else {
        return;
    };
    let options = Options::new()
        .argument("--enable-debug-command", &["yes"])
        .argument("--loading-process-events-interval-bytes", &["1024"]);
    let server = Server::start(&options).expect("a server");
    let driver = RedisDriver::open(&server.url()).expect("an open driver");
    for number in 0..200 {
        put(&driver, &format!("many-{number}"), &[1; 1000]).expect("a store");
    }
    let delay = ["CONFIG", "SET", "key-load-delay", "5000"];
    server.command(&delay).expect("slow loading");
    let mut loading = server.connect().expect("a connection");
    loading.send(&["DEBUG", "RELOAD"]).expect("a command");
    let begin = Instant::now();
    let error = loop {
        match put(&driver, "many-0", b"x") {
            Ok(_) => assert!(begin.elapsed() < Duration::from_secs(10), "it never loads"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        kind(payload(&driver, "many-1")),
        Some(ErrorKind::Unavailable)
    );
    loading.receive().expect("the end of loading");
    assert!(payload(&driver, "many-1").expect("a retrieve").is_some());
}

#[test]
fn a_server_that_runs_a_script_for_long_is_busy() {
    let Some(_) = installed_or_skip("a busy server") else {
        return;
    };
    let options = Options::new().argument("--lua-time-limit", &["10"]);
    let server = Server::start(&options).expect("a server");
    let driver = RedisDriver::open(&server.url()).expect("an open driver");
    put(&driver, "one", b"x").expect("a store");
    let mut endless = server.connect().expect("a connection");
    endless
        .send(&["EVAL", "while true do end", "0"])
        .expect("a script");
    let begin = Instant::now();
    let error = loop {
        match payload(&driver, "one") {
            Ok(_) => assert!(
                begin.elapsed() < Duration::from_secs(10),
                "it is never busy"
            ),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(kind(put(&driver, "one", b"y")), Some(ErrorKind::Busy));
    server.command(&["SCRIPT", "KILL"]).expect("a kill");
    endless.receive().expect_err("the end of the script");
    let kept = payload(&driver, "one").expect("a retrieve");
    assert_eq!(kept.as_deref(), Some(&b"x"[..]));
}

#[test]
fn a_cluster_that_is_opened_as_one_server_is_refused() {
    let Some(_) = installed_or_skip("a cluster taken for a server") else {
        return;
    };
    let cluster = redis_test_server::Cluster::start(3).expect("a cluster");
    let driver = RedisDriver::open(&cluster.nodes()[0].url()).expect("an open driver");
    let kinds: Vec<_> = (0..50)
        .filter_map(|number| kind(put(&driver, &format!("one-{number}"), b"x")))
        .collect();
    assert!(!kinds.is_empty());
    assert!(
        kinds.iter().all(|kind| *kind == ErrorKind::Unsupported),
        "{kinds:?}"
    );
}

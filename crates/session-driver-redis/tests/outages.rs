//! Servers that stop, hang, and come back; answers that are lost or late.

mod session;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use redis_test_server::{AppendFsync, Options, Proxy, Server, installed_or_skip};
use session::{Driver, FACES, NOW, Open, forever, id, kind, payload, put};
use session_driver_redis::RedisDriver;
use session_driver_redis::session_driver::{ErrorKind, Precondition, SessionDriver, SessionId};

const TIMEOUT: Duration = Duration::from_millis(300);

/// A driver that gives up soon, with one connection: whatever is left on it meets the next caller.
fn hasty(open: Open, url: &str) -> Driver {
    let builder = RedisDriver::builder(url).pool_size(1);
    open(builder.wait_timeout(TIMEOUT)).expect("an open driver")
}

/// Every operation fails as it should while no server answers, each within the declared bound.
fn all_fail_in_time(driver: &dyn SessionDriver, of_a_write: &[ErrorKind]) {
    let bound = driver.capabilities().outage_bound;
    let timed = |operation: &dyn Fn() -> Option<ErrorKind>, due: &[ErrorKind]| {
        let begin = Instant::now();
        let kind = operation().expect("a failure");
        assert!(due.contains(&kind), "{kind:?}");
        assert!(begin.elapsed() <= bound, "{:?}", begin.elapsed());
    };
    let (one, two) = (id("one"), id("two"));
    let unavailable = &[ErrorKind::Unavailable];
    timed(&|| kind(driver.retrieve(&one, NOW)), unavailable);
    timed(&|| kind(put(driver, "one", b"x")), of_a_write);
    timed(&|| kind(driver.touch(&one, None, NOW)), of_a_write);
    timed(&|| kind(driver.remove(&one, NOW)), of_a_write);
    timed(&|| kind(driver.rotate(&one, &two, NOW)), of_a_write);
    let mut visit = |_: &_| panic!("an id is visited on no server");
    let begin = Instant::now();
    assert_eq!(
        kind(driver.traverse(NOW, &mut visit)),
        Some(ErrorKind::Unavailable)
    );
    assert!(begin.elapsed() <= bound);
    let limit = 1.try_into().expect("one is not zero");
    timed(&|| kind(driver.sweep(NOW, limit)), unavailable);
}

#[test]
fn a_server_that_is_killed_is_unavailable_until_it_is_back() {
    let Some(_) = installed_or_skip("killed servers") else {
        return;
    };
    for open in FACES {
        for options in [Options::new(), Options::new().tcp()] {
            let options = options.append_only(AppendFsync::Always);
            let mut server = Server::start(&options).expect("a server");
            let driver = hasty(open, &server.url());
            put(&*driver, "kept", b"before").expect("a store");
            server.kill().expect("a kill");
            all_fail_in_time(&*driver, &[ErrorKind::Unavailable]);
            assert_eq!(
                kind(open(RedisDriver::builder(&server.url()))),
                Some(ErrorKind::Unavailable)
            );
            server.restart().expect("a restart");
            let kept = payload(&*driver, "kept").expect("a retrieve");
            assert_eq!(kept.as_deref(), Some(&b"before"[..]));
            put(&*driver, "kept", b"after").expect("a store");
            // Nobody noticed that it was away.
            server.restart().expect("a restart");
            put(&*driver, "kept", b"later").expect("a store on a connection that was kept");
        }
    }
}

#[test]
fn a_server_that_hangs_is_unavailable_and_writes_are_indeterminate() {
    let Some(_) = installed_or_skip("hanging servers") else {
        return;
    };
    for open in FACES {
        let server = Server::start(&Options::new().tcp()).expect("a server");
        let driver = hasty(open, &server.url());
        put(&*driver, "one", b"first").expect("a store");
        server.pause().expect("a stop");
        all_fail_in_time(
            &*driver,
            &[ErrorKind::Indeterminate, ErrorKind::Unavailable],
        );
        let builder = RedisDriver::builder(&server.url()).wait_timeout(TIMEOUT);
        assert_eq!(kind(open(builder)), Some(ErrorKind::Unavailable));
        server.resume().expect("a continuation");
        put(&*driver, "one", b"last").expect("a store");
        let last = payload(&*driver, "one").expect("a retrieve");
        assert_eq!(last.as_deref(), Some(&b"last"[..]));
    }
}

#[test]
fn late_replies_never_reach_the_next_caller() {
    let Some(_) = installed_or_skip("late replies") else {
        return;
    };
    for open in FACES {
        let server = Server::start(&Options::new().tcp()).expect("a server");
        let proxy = Proxy::start(&server).expect("a proxy");
        let driver = hasty(open, &proxy.url());
        put(&*driver, "mine", b"mine").expect("a store");
        put(&*driver, "yours", b"yours").expect("a store");
        for _ in 0..3 {
            proxy.delay(2 * TIMEOUT);
            assert_eq!(
                kind(payload(&*driver, "mine")),
                Some(ErrorKind::Unavailable)
            );
            let touch = driver.touch(&id("mine"), None, NOW);
            assert_eq!(kind(touch), Some(ErrorKind::Indeterminate));
            proxy.delay(Duration::ZERO);
            for _ in 0..10 {
                let yours = payload(&*driver, "yours").expect("a retrieve");
                assert_eq!(yours.as_deref(), Some(&b"yours"[..]));
                assert_eq!(payload(&*driver, "nobody's").expect("a retrieve"), None);
            }
        }
    }
}

#[test]
fn a_sleeping_or_paused_server_answers_nobody_elses_question() {
    let Some(_) = installed_or_skip("sleeping servers") else {
        return;
    };
    for open in FACES {
        let options = Options::new().argument("--enable-debug-command", &["yes"]);
        let server = Server::start(&options).expect("a server");
        let driver = hasty(open, &server.url());
        put(&*driver, "one", b"one").expect("a store");
        put(&*driver, "two", b"two").expect("a store");
        for command in [
            &["DEBUG", "SLEEP", "1"][..],
            &["CLIENT", "PAUSE", "1000", "ALL"],
        ] {
            let mut asleep = server.connect().expect("a connection");
            asleep.send(command).expect("a command");
            // The pause has begun when somebody is not answered.
            while payload(&*driver, "one").is_ok() {}
            assert_eq!(
                kind(put(&*driver, "one", b"one")),
                Some(ErrorKind::Indeterminate)
            );
            asleep.receive().expect("an awakening");
            loop {
                match payload(&*driver, "two") {
                    Ok(two) => break assert_eq!(two.as_deref(), Some(&b"two"[..])),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable),
                }
            }
        }
    }
}

#[test]
fn a_lost_answer_is_indeterminate_and_the_write_is_not_repeated() {
    let Some(_) = installed_or_skip("lost answers") else {
        return;
    };
    for open in FACES {
        let server = Server::start(&Options::new().tcp()).expect("a server");
        let proxy = Proxy::start(&server).expect("a proxy");
        let driver = hasty(open, &proxy.url());
        let create = |name| driver.store(&id(name), forever(b"x"), Precondition::Absent, NOW);
        // The script is known, so that the next request is the only one.
        create("first").expect("a store");

        proxy.cut_after_request();
        assert_eq!(kind(create("done")), Some(ErrorKind::Indeterminate));
        assert!(payload(&*driver, "done").expect("a retrieve").is_some());

        proxy.swallow_request();
        assert_eq!(kind(create("undone")), Some(ErrorKind::Indeterminate));
        assert_eq!(payload(&*driver, "undone").expect("a retrieve"), None);

        // A read may be repeated, and is.
        proxy.cut_after_request();
        assert!(payload(&*driver, "done").expect("a retrieve").is_some());
        assert!(!proxy.is_armed());
    }
}

#[test]
fn scripts_and_connections_that_are_gone_are_made_again() {
    let Some(_) = installed_or_skip("flushed scripts") else {
        return;
    };
    for open in FACES {
        for options in [Options::new(), Options::new().tcp()] {
            let server = Server::start(&options).expect("a server");
            let driver = hasty(open, &server.url());
            for gone in [
                &["SCRIPT", "FLUSH"][..],
                &["CLIENT", "KILL", "TYPE", "normal"],
            ] {
                put(&*driver, "one", b"x").expect("a store");
                server.command(gone).expect("a command");
                assert!(driver.touch(&id("one"), None, NOW).expect("a touch"));
                server.command(gone).expect("a command");
                let moved = driver.rotate(&id("one"), &id("two"), NOW);
                assert!(moved.expect("a rotate").is_some());
                server.command(gone).expect("a command");
                assert!(driver.remove(&id("two"), NOW).expect("a remove"));
            }
        }
    }
}

#[test]
fn a_traversal_misses_nothing_while_its_server_is_started_anew() {
    let Some(_) = installed_or_skip("a traversal over a restart") else {
        return;
    };
    for open in FACES {
        let options = Options::new().append_only(AppendFsync::Always);
        let mut server = Server::start(&options).expect("a server");
        let driver = hasty(open, &server.url());
        let all: HashSet<SessionId> = (0..1500).map(|number| id(&format!("{number}"))).collect();
        for id in &all {
            let stored = driver.store(id, forever(b"x"), Precondition::Absent, NOW);
            stored.expect("a store");
        }
        let mut seen = HashSet::new();
        let outcome = driver.traverse(NOW, &mut |id| {
            assert!(seen.insert(id.clone()), "an id is visited twice");
            if seen.len() == 500 {
                server.restart().expect("a restart");
            }
            ControlFlow::Continue(())
        });
        outcome.expect("a traversal that began again");
        assert_eq!(seen, all);
    }
}

#[test]
fn whoever_finds_all_connections_in_use_is_told_busy() {
    let Some(_) = installed_or_skip("a full pool") else {
        return;
    };
    let server = Server::start(&Options::new().tcp()).expect("a server");
    let proxy = Proxy::start(&server).expect("a proxy");
    let builder = RedisDriver::builder(&proxy.url()).pool_size(1);
    let driver = builder
        .wait_timeout(TIMEOUT)
        .open()
        .expect("an open driver");
    proxy.delay(Duration::from_secs(30));
    let kinds = thread::scope(|scope| {
        let callers: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| kind(payload(&driver, "one"))))
            .collect();
        let kinds = callers
            .into_iter()
            .map(|caller| caller.join().ok().flatten());
        kinds.collect::<Vec<_>>()
    });
    proxy.delay(Duration::ZERO);
    assert!(kinds.contains(&Some(ErrorKind::Unavailable)), "{kinds:?}");
    assert!(kinds.contains(&Some(ErrorKind::Busy)), "{kinds:?}");
    assert_eq!(payload(&driver, "one").expect("a retrieve"), None);
}

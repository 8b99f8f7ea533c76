//! Signals that come while a reply is waited for. Elsewhere than on Linux, stopping a program
//! interrupts none of its calls.

#![cfg(target_os = "linux")]

mod session;

use std::fs;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use redis_test_server::{Options, Server, Tls, installed_or_skip};
use session::{Driver, FACES, Open, kind, payload, put};
use session_driver_redis::RedisDriver;
use session_driver_redis::session_driver::ErrorKind;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a wait is interrupted: the first signals may come before it begins.
const SIGNALS: usize = 10;

/// A driver of a server on a socket of each kind, of which each has stored a session.
fn opened(open: Open, timeout: Duration) -> impl Iterator<Item = (Server, Driver)> {
    let kinds = [
        Options::new(),
        Options::new().tcp(),
        Options::new().tls(Tls::localhost()),
    ];
    kinds.into_iter().map(move |options| {
        let server = Server::start(&options).expect("a server");
        let authority = fs::read(Tls::authority()).expect("a certificate");
        let builder = RedisDriver::builder(&server.url()).root_certificates(authority);
        let driver = open(builder.wait_timeout(timeout)).expect("an open driver");
        put(&*driver, "one", b"first").expect("a store");
        (server, driver)
    })
}

/// One test at a time: those that begin would have what they wait for interrupted, too.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stops this program and has it go on: what waits with a timeout is interrupted, as it is by a
/// signal that is caught.
fn interrupt() {
    let script = "kill -STOP $PPID
        until grep -q '^State:.T' /proc/$PPID/status; do :; done
        kill -CONT $PPID";
    let shell = Command::new("sh").args(["-c", script]).status();
    assert!(shell.expect("a shell").success());
}

#[test]
fn a_signal_does_not_end_the_wait_for_a_reply() {
    let Some(_) = installed_or_skip("signals") else {
        return;
    };
    let _alone = alone();
    for open in FACES {
        for (server, driver) in opened(open, PATIENCE) {
            server.pause().expect("a stop");
            thread::scope(|scope| {
                let store = scope.spawn(|| put(&*driver, "one", b"last"));
                (0..SIGNALS).for_each(|_| interrupt());
                server.resume().expect("a continuation");
                let stored = store.join().expect("a store that does not panic");
                stored.expect("a store");
            });
            let last = payload(&*driver, "one").expect("a retrieve");
            assert_eq!(last.as_deref(), Some(&b"last"[..]));
        }
    }
}

#[test]
fn signals_do_not_make_the_wait_for_a_reply_endless() {
    let Some(_) = installed_or_skip("signals without end") else {
        return;
    };
    let _alone = alone();
    for open in FACES {
        for (server, driver) in opened(open, Duration::from_millis(300)) {
            server.pause().expect("a stop");
            thread::scope(|scope| {
                let begin = Instant::now();
                let store = scope.spawn(|| kind(put(&*driver, "one", b"last")));
                while !store.is_finished() {
                    assert!(begin.elapsed() < PATIENCE, "it waits for ever");
                    interrupt();
                }
                let kind = store.join().expect("a store that does not panic");
                assert_eq!(kind, Some(ErrorKind::Indeterminate));
            });
        }
    }
}

//! Many tasks on one connection: calls that are dropped, runtimes that come and go, and the end.

mod session;

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use redis_test_server::{Cluster, Options, Reply, Server, Tls, installed_or_skip};
use session::{NOW, forever, id, kind};
use session_driver_async::AsyncSessionDriver as _;
use session_driver_redis::AsyncRedisDriver;
use session_driver_redis::session_driver::{
    ErrorKind, Precondition, Result, SessionDriver as _, SessionId, Version,
};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(2).enable_all();
    builder.build().expect("a runtime")
}

async fn put(driver: &AsyncRedisDriver, name: &str, payload: &[u8]) -> Result<Version> {
    let id = id(name);
    let stored = driver.store(&id, forever(payload), Precondition::Any, NOW);
    stored.await
}

async fn payload(driver: &AsyncRedisDriver, name: &str) -> Result<Option<Vec<u8>>> {
    let record = driver.retrieve(&id(name), NOW).await?;
    Ok(record.map(|record| record.payload))
}

/// How many connections the server has beside the one that asks.
fn connections(server: &Server) -> usize {
    match server.command(&["CLIENT", "LIST"]).expect("a list") {
        Reply::Bulk(list) => String::from_utf8_lossy(&list).lines().count() - 1,
        other => panic!("{other:?}"),
    }
}

fn wait_until(is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "it does not come to that");
    }
}

/// Polls a future a few times, others running in between, and drops it; says whether it was done
/// before.
async fn dropped<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let polled = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(outcome) = polled {
            return Some(outcome);
        }
        yield_now().await;
    }
    None
}

/// A payload that says whole and undamaged what it is.
fn numbered(task: usize, number: usize) -> Vec<u8> {
    format!("{task}/{number};").repeat(100).into_bytes()
}

/// Overwrites one session again and again, and lets most of the stores go before they are done;
/// gives how many.
async fn fickle(driver: AsyncRedisDriver, task: usize, rounds: usize) -> usize {
    let (mut random, name) = (
        fastrand::Rng::with_seed(task as u64),
        format!("fickle-{task}"),
    );
    let mut last = numbered(task, 0);
    put(&driver, &name, &last).await.expect("a store");
    let mut count = 0;
    for number in 1..=rounds {
        let next = numbered(task, number);
        let done = if random.bool() {
            dropped(put(&driver, &name, &next), random.usize(0..4)).await
        } else {
            let limit = Duration::from_micros(random.u64(0..400));
            timeout(limit, put(&driver, &name, &next)).await.ok()
        };
        // A read is let go, too: its answer is nobody's.
        dropped(payload(&driver, &name), random.usize(0..4)).await;
        let found = payload(&driver, &name).await.expect("a retrieve");
        let found = found.expect("a session that nobody removes");
        match done {
            Some(stored) => {
                stored.expect("a store");
                assert_eq!(found, next);
            }
            None => {
                count += 1;
                assert!(found == last || found == next, "neither one nor the other");
            }
        }
        last = found;
    }
    count
}

/// Uses its own sessions, and finds them as they are.
async fn steady(driver: AsyncRedisDriver, task: usize, rounds: usize) {
    for number in 0..rounds {
        let (name, mine) = (
            format!("steady-{task}-{}", number % 7),
            numbered(task, number),
        );
        put(&driver, &name, &mine).await.expect("a store");
        let found = payload(&driver, &name).await.expect("a retrieve");
        assert_eq!(found, Some(mine));
        assert!(driver.touch(&id(&name), None, NOW).await.expect("a touch"));
        assert_eq!(
            payload(&driver, "nobody's").await.expect("a retrieve"),
            None
        );
        assert!(driver.remove(&id(&name), NOW).await.expect("a remove"));
        assert!(!driver.remove(&id(&name), NOW).await.expect("a remove"));
    }
}

#[test]
fn con_4_calls_that_are_dropped_happen_or_not_and_nobody_gets_anothers_answer() {
    let Some(_) = installed_or_skip("dropped calls") else {
        return;
    };
    let server = Server::start(&Options::new()).expect("a server");
    runtime().block_on(async {
        let driver = AsyncRedisDriver::open(&server.url()).await;
        let driver = driver.expect("an open driver");
        let (mut fickle_ones, mut steady_ones) = (JoinSet::new(), JoinSet::new());
        for task in 0..8 {
            fickle_ones.spawn(fickle(driver.clone(), task, 500));
            steady_ones.spawn(steady(driver.clone(), task, 150));
        }
        steady_ones.join_all().await;
        let count: usize = fickle_ones.join_all().await.into_iter().sum();
        assert!(count > 1000, "only {count} calls were dropped");
    });
}

#[test]
fn con_4_a_call_that_is_dropped_before_its_first_poll_does_nothing() {
    let Some(_) = installed_or_skip("calls that are not polled") else {
        return;
    };
    let server = Server::start(&Options::new()).expect("a server");
    runtime().block_on(async {
        let driver = AsyncRedisDriver::open(&server.url()).await;
        let driver = driver.expect("an open driver");
        put(&driver, "kept", b"x").await.expect("a store");
        let (kept, new) = (id("kept"), id("new"));
        drop(driver.store(&new, forever(b"x"), Precondition::Any, NOW));
        drop(driver.remove(&kept, NOW));
        drop(driver.rotate(&kept, &new, NOW));
        drop(driver.traverse(NOW));
        assert_eq!(payload(&driver, "new").await.expect("a retrieve"), None);
        assert!(
            payload(&driver, "kept")
                .await
                .expect("a retrieve")
                .is_some()
        );
    });
}

const ROTATES: usize = 300;

#[test]
fn con_4_a_dropped_rotate_between_servers_is_carried_out_whole_or_not_at_all() {
    let Some(_) = installed_or_skip("dropped rotates in a cluster") else {
        return;
    };
    let cluster = Cluster::start(3).expect("a cluster");
    runtime().block_on(async {
        let driver = AsyncRedisDriver::open(&cluster.url()).await;
        let driver = driver.expect("an open driver");
        for number in 0..ROTATES {
            let (from, to) = (format!("from-{number}"), format!("to-{number}"));
            put(&driver, &from, from.as_bytes()).await.expect("a store");
            let (from_id, to_id) = (id(&from), id(&to));
            dropped(driver.rotate(&from_id, &to_id, NOW), number % 12).await;
            let begin = Instant::now();
            let left = loop {
                let old = payload(&driver, &from).await.expect("a retrieve");
                let new = payload(&driver, &to).await.expect("a retrieve");
                match (old, new) {
                    (Some(left), None) => break (left, from_id),
                    (None, Some(left)) => break (left, to_id),
                    // Both are there while it is carried out; or it was between the two reads.
                    _ => assert!(begin.elapsed() < PATIENCE, "it is never carried out"),
                }
            };
            assert_eq!(left.0, from.as_bytes());
            if number % 12 == 0 {
                assert_eq!(left.1, id(&from), "it was never polled");
            }
        }
        // What was begun and not yet under way is done by now, or waits for nobody.
        driver.close().await;
        let driver = AsyncRedisDriver::open(&cluster.url()).await;
        let found = all(&driver.expect("an open driver"))
            .await
            .expect("a traversal");
        assert_eq!(found.len(), ROTATES);
    });
}

/// The ids of a whole traversal, none of which may come twice.
async fn all(driver: &AsyncRedisDriver) -> Result<HashSet<SessionId>> {
    let (mut stream, mut found) = (driver.traverse(NOW), HashSet::new());
    while let Some(id) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        assert!(found.insert(id?), "an id comes twice");
    }
    let further = poll_fn(|context| stream.as_mut().poll_next(context)).await;
    assert!(further.is_none(), "something comes after the end");
    Ok(found)
}

#[test]
fn all_tasks_share_one_connection_and_it_ends_with_the_last_handle() {
    let Some(_) = installed_or_skip("a shared connection") else {
        return;
    };
    let server = Server::start(&Options::new()).expect("a server");
    let runtime = runtime();
    runtime.block_on(async {
        let driver = AsyncRedisDriver::open(&server.url()).await;
        let driver = driver.expect("an open driver");
        let mut tasks = JoinSet::new();
        for task in 0..64 {
            tasks.spawn(steady(driver.clone(), task, 10));
        }
        tasks.join_all().await;
        assert_eq!(connections(&server), 1);
        let last = driver.clone();
        drop(driver);
        put(&last, "one", b"x").await.expect("a store");
        assert_eq!(connections(&server), 1);
    });
    wait_until(|| connections(&server) == 0 && runtime.metrics().num_alive_tasks() == 0);
}

#[test]
fn hyg_5_a_closed_driver_has_no_tasks_and_no_connections() {
    let Some(_) = installed_or_skip("a closed driver") else {
        return;
    };
    let server = Server::start(&Options::new()).expect("a server");
    let runtime = runtime();
    runtime.block_on(async {
        let driver = AsyncRedisDriver::open(&server.url()).await;
        let driver = driver.expect("an open driver");
        put(&driver, "one", b"x").await.expect("a store");
        // What is under way is let finish.
        let under_way = tokio::spawn({
            let driver = driver.clone();
            async move { put(&driver, "two", &vec![7; 1_000_000]).await }
        });
        yield_now().await;
        let other = driver.clone();
        driver.close().await;
        let begun = under_way.await.expect("no panic");
        assert!(matches!(kind(begun), None | Some(ErrorKind::Unavailable)));
        let refused = kind(put(&other, "one", b"y").await);
        assert_eq!(refused, Some(ErrorKind::Unavailable));
        assert_eq!(kind(all(&other).await), Some(ErrorKind::Unavailable));
        other.close().await;
    });
    wait_until(|| connections(&server) == 0 && runtime.metrics().num_alive_tasks() == 0);
}

#[test]
fn a_driver_serves_every_runtime_also_while_the_one_it_was_opened_on_rests() {
    let Some(_) = installed_or_skip("several runtimes") else {
        return;
    };
    let server = Server::start(&Options::new()).expect("a server");
    let resting = Builder::new_current_thread().enable_all().build();
    let resting = resting.expect("a runtime");
    let driver = resting.block_on(AsyncRedisDriver::open(&server.url()));
    let driver = driver.expect("an open driver");
    for number in 0_u8..3 {
        let passing = runtime();
        passing
            .block_on(put(&driver, "one", &[number]))
            .expect("a store");
        drop(passing);
        let found = resting.block_on(payload(&driver, "one"));
        assert_eq!(found.expect("a retrieve"), Some(vec![number]));
    }
    let id = id("one");
    let mut nowhere = pin!(driver.retrieve(&id, NOW));
    let mut context = Context::from_waker(Waker::noop());
    match nowhere.as_mut().poll(&mut context) {
        Poll::Ready(outcome) => assert_eq!(kind(outcome), Some(ErrorKind::Unsupported)),
        Poll::Pending => panic!("it waits for a runtime that is not there"),
    }
}

#[test]
fn a_server_that_hangs_fails_all_who_wait_within_the_bound() {
    let Some(_) = installed_or_skip("a server that hangs") else {
        return;
    };
    let server = Server::start(&Options::new()).expect("a server");
    runtime().block_on(async {
        let builder = AsyncRedisDriver::builder(&server.url());
        let driver = builder.wait_timeout(Duration::from_millis(300)).open();
        let driver = driver.await.expect("an open driver");
        put(&driver, "one", b"first").await.expect("a store");
        let bound = driver.capabilities().outage_bound;
        server.pause().expect("a stop");
        let begin = Instant::now();
        let mut tasks = JoinSet::new();
        for number in 0..32 {
            let driver = driver.clone();
            tasks.spawn(async move {
                match number % 2 {
                    0 => (true, kind(payload(&driver, "one").await)),
                    _ => (false, kind(put(&driver, "two", b"x").await)),
                }
            });
        }
        for (is_read, failure) in tasks.join_all().await {
            match failure {
                Some(ErrorKind::Unavailable) => {}
                Some(ErrorKind::Indeterminate) if !is_read => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(begin.elapsed() <= bound, "{:?}", begin.elapsed());
        server.resume().expect("a continuation");
        steady(driver, 0, 20).await;
    });
}

#[test]
fn large_payloads_of_many_tasks_stay_apart_with_tls_and_without() {
    let Some(_) = installed_or_skip("large payloads") else {
        return;
    };
    let authority = std::fs::read(Tls::authority()).expect("a certificate");
    for options in [Options::new(), Options::new().tls(Tls::localhost())] {
        let server = Server::start(&options).expect("a server");
        runtime().block_on(async {
            let builder = AsyncRedisDriver::builder(&server.url());
            let builder = builder.root_certificates(authority.clone());
            // Ciphers take their time in a build that is not optimized.
            let driver = builder.wait_timeout(PATIENCE).open();
            let driver = Arc::new(driver.await.expect("an open driver"));
            for _ in 0..3 {
                let mut tasks = JoinSet::new();
                for task in 0_u8..8 {
                    let driver = Arc::clone(&driver);
                    tasks.spawn(async move {
                        let (name, large) = (task.to_string(), vec![task; 3_000_000]);
                        put(&driver, &name, &large).await.expect("a store");
                        let found = payload(&driver, &name).await.expect("a retrieve");
                        assert!(found == Some(large), "it is another one");
                    });
                }
                tasks.join_all().await;
                // The connection is made anew.
                let kill = ["CLIENT", "KILL", "TYPE", "normal"];
                server.command(&kill).expect("a kill");
            }
        });
    }
}

#[test]
fn what_the_builder_and_the_server_refuse_is_refused_alike() {
    let Some(_) = installed_or_skip("refusals of the async driver") else {
        return;
    };
    let options = Options::new().tcp().password("open");
    let options = options.max_memory("100mb", "allkeys-lru");
    let server = Server::start(&options).expect("a server");
    let wrong = server.url().replacen("open", "wrong", 1);
    let bare = format!("redis://127.0.0.1:{}", server.port());
    runtime().block_on(async {
        for (url, due) in [
            (&*wrong, ErrorKind::PermissionDenied),
            (&*bare, ErrorKind::PermissionDenied),
            ("redis:/nowhere:", ErrorKind::Unsupported),
            ("redis://127.0.0.1:1", ErrorKind::Unavailable),
            ("redis-sentinel://127.0.0.1:1/none", ErrorKind::Unavailable),
        ] {
            assert_eq!(kind(AsyncRedisDriver::open(url).await), Some(due), "{url}");
        }
        let driver = AsyncRedisDriver::open(&server.url()).await;
        let driver = driver.expect("an open driver");
        let blocking = tokio::task::spawn_blocking(move || {
            let url = server.url();
            let opened = session_driver_redis::RedisDriver::open(&url);
            let opened = opened.expect("an open driver");
            (opened.warnings().to_vec(), opened.capabilities())
        });
        let (warnings, capabilities) = blocking.await.expect("no panic");
        assert_eq!(warnings.len(), 1);
        assert_eq!(driver.warnings(), warnings);
        assert_eq!(driver.capabilities(), capabilities);
    });
}

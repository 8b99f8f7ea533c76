//! Rule HYG-5: what closing and dropping leave.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use session_driver_async::session_driver::{
    ErrorKind, MemoryDriver, NewRecord, Precondition, SessionDriver, Timestamp,
};
use session_driver_async::{AsyncSessionDriver, AsyncSessions, Blocking};

use crate::staged::{Gate, Staged};
use crate::{NOW, id, next, poll_once, record};

/// Counts the drops of what holds it.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A driver that says when it is dropped.
fn mortal(memory: &MemoryDriver, gate: &Gate) -> (Staged, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    let (theirs, dropped) = (gate.clone(), Dropped(Arc::clone(&drops)));
    let driver = Staged::new(memory, move |_| {
        theirs.pass();
        assert_eq!(dropped.0.load(Ordering::SeqCst), 0, "used after its drop");
    });
    (driver, drops)
}

#[tokio::test]
async fn hyg_5_close_waits_for_what_was_begun_and_drops_the_driver() {
    let (memory, gate) = (MemoryDriver::new(), Gate::default());
    let (driver, drops) = mortal(&memory, &gate);
    let driver = Blocking::builder(driver)
        .threads(std::num::NonZeroUsize::MIN)
        .build();
    let ids: Vec<_> = (0..20).map(|count| id(&count.to_string())).collect();
    for id in &ids {
        let mut store = driver.store(id, record(b"x"), Precondition::Absent, NOW);
        assert!(poll_once(store.as_mut()).is_pending());
    }
    let mut close = driver.close();
    assert!(poll_once(close.as_mut()).is_pending());
    gate.open();
    close.await;
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    for id in &ids {
        assert!(memory.retrieve(id, NOW).expect("read").is_some());
    }
    driver.close().await;
}

#[tokio::test]
async fn every_operation_after_a_close_is_unavailable() {
    let builder = Blocking::builder(MemoryDriver::new());
    for driver in [
        builder.clone().build(),
        builder.run_quick_ones_inline().build(),
    ] {
        driver.retrieve(&id("a"), NOW).await.expect("read");
        driver.close().await;
        let (a, b, limit) = (id("a"), id("b"), std::num::NonZeroUsize::MIN);
        let none = NewRecord {
            payload: b"",
            expires_at: None,
        };
        let mut ids = driver.traverse(NOW);
        let errors = [
            driver.retrieve(&a, NOW).await.expect_err("closed"),
            driver
                .store(&a, none, Precondition::Any, NOW)
                .await
                .expect_err("closed"),
            driver.touch(&a, None, NOW).await.expect_err("closed"),
            driver.remove(&a, NOW).await.expect_err("closed"),
            driver.rotate(&a, &b, NOW).await.expect_err("closed"),
            next(&mut ids).await.expect("an error").expect_err("closed"),
            driver.sweep(NOW, limit).await.expect_err("closed"),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
        }
    }
}

#[test]
fn hyg_5_a_drop_lets_what_was_begun_finish_and_does_not_wait_for_it() {
    let (memory, gate) = (MemoryDriver::new(), Gate::default());
    let (driver, drops) = mortal(&memory, &gate);
    let driver = Blocking::new(driver);
    let wanted = id("a");
    let mut store = driver.store(&wanted, record(b"x"), Precondition::Absent, NOW);
    assert!(poll_once(store.as_mut()).is_pending());
    drop(store);
    drop(driver);
    gate.open();
    eventually(|| drops.load(Ordering::SeqCst) == 1);
    assert!(memory.retrieve(&wanted, NOW).expect("read").is_some());
}

/// The other tests of this binary have threads of their own, so the threads are told by a name that
/// one runtime here gives to those that it starts.
#[cfg(target_os = "linux")]
#[test]
fn hyg_5_dropping_ends_the_threads() {
    let before = Arc::new(MemoryDriver::new());
    let ids: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&ids);
    let driver = Blocking::new(Staged::new(&before, move |_| {
        let link = fs::read_link("/proc/thread-self").expect("Linux has it");
        let task = link
            .file_name()
            .expect("a task")
            .to_string_lossy()
            .into_owned();
        seen.lock().expect("no test panics here").push(task);
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        driver.retrieve(&id("a"), NOW).await.expect("read");
        let mut ids = driver.traverse(NOW);
        assert!(next(&mut ids).await.is_none());
    });
    drop(driver);
    let ids = ids.lock().expect("no test panics here");
    assert_eq!(ids.len(), 2, "an operation's and a traversal's");
    for task in &*ids {
        eventually(|| !fs::exists(format!("/proc/self/task/{task}")).expect("Linux has it"));
    }
}

#[tokio::test]
async fn a_handle_over_a_shared_driver_can_be_closed_through_it() {
    let driver: Arc<dyn AsyncSessionDriver> = Arc::new(Blocking::new(MemoryDriver::new()));
    let sessions = AsyncSessions::<u32, _>::new(Arc::clone(&driver));
    let session = sessions.create(7).await.expect("created");
    driver.close().await;
    let error = sessions.retrieve(session.id()).await.expect_err("closed");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(Timestamp::now() > NOW);
}

/// Waits for what other threads will do.
fn eventually(mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(60), "never");
        thread::yield_now();
    }
}

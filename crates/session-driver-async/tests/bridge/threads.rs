//! Where operations run, how many at a time, and what a panic does.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use session_driver_async::session_driver::{
    ErrorKind, MemoryDriver, Operation, Precondition, SessionDriver,
};
use session_driver_async::{AsyncSessionDriver, Blocking};

use crate::staged::{Gate, Staged};
use crate::{NOW, id, poll_once, record};

fn count(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).expect("not zero")
}

async fn sixty_four_tasks_count_to(driver: Blocking<MemoryDriver>) {
    let driver = Arc::new(driver);
    let counter = id("counter");
    driver
        .store(&counter, record(&[0, 0]), Precondition::Absent, NOW)
        .await
        .expect("stored");
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (driver, counter) = (Arc::clone(&driver), counter.clone());
            tokio::spawn(async move {
                let mut left = 10;
                while left > 0 {
                    let found = driver.retrieve(&counter, NOW).await.expect("read");
                    let found = found.expect("live");
                    let bytes = found.payload.try_into().expect("two bytes");
                    let next = (u16::from_le_bytes(bytes) + 1).to_le_bytes();
                    let when = Precondition::Version(found.version);
                    match driver.store(&counter, record(&next), when, NOW).await {
                        Ok(_) => left -= 1,
                        Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no task panics");
    }
    let found = driver.retrieve(&counter, NOW).await.expect("read");
    assert_eq!(found.expect("live").payload, 640_u16.to_le_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tasks_on_one_driver_lose_no_update() {
    sixty_four_tasks_count_to(Blocking::new(MemoryDriver::new())).await;
    let builder = Blocking::builder(MemoryDriver::new());
    sixty_four_tasks_count_to(builder.run_quick_ones_inline().build()).await;
    let builder = Blocking::builder(MemoryDriver::new());
    sixty_four_tasks_count_to(builder.threads(count(1)).build()).await;
}

#[tokio::test(flavor = "current_thread")]
async fn sixty_four_tasks_on_a_runtime_of_one_thread_lose_no_update() {
    sixty_four_tasks_count_to(Blocking::new(MemoryDriver::new())).await;
    let builder = Blocking::builder(MemoryDriver::new());
    sixty_four_tasks_count_to(builder.run_quick_ones_inline().build()).await;
}

#[test]
fn as_many_run_as_there_are_threads_and_the_others_wait() {
    let gate = Gate::default();
    let (running, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let (theirs, peak) = (gate.clone(), Arc::clone(&most));
    let driver = Staged::new(&MemoryDriver::new(), move |_| {
        peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        theirs.pass();
        running.fetch_sub(1, Ordering::SeqCst);
    });
    let driver = Blocking::builder(driver).threads(count(4)).build();
    let wanted = id("a");
    let mut reads: Vec<_> = (0..16).map(|_| driver.retrieve(&wanted, NOW)).collect();
    for read in &mut reads {
        assert!(poll_once(read.as_mut()).is_pending());
    }
    gate.wait_for(4);
    gate.open();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime");
    for read in reads {
        assert_eq!(runtime.block_on(read).expect("read"), None);
    }
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn when_too_many_wait_a_further_operation_is_busy() {
    let gate = Gate::default();
    let theirs = gate.clone();
    let driver = Staged::new(&MemoryDriver::new(), move |_| theirs.pass());
    let driver = Blocking::builder(driver).threads(count(1)).build();
    let wanted = id("a");
    let mut running = driver.retrieve(&wanted, NOW);
    assert!(poll_once(running.as_mut()).is_pending());
    gate.wait_for(1);
    for _ in 0..16 * 1024 {
        let mut waiting = driver.retrieve(&wanted, NOW);
        assert!(poll_once(waiting.as_mut()).is_pending());
    }
    let refused = driver.retrieve(&wanted, NOW).await;
    assert_eq!(refused.expect_err("full").kind(), ErrorKind::Busy);
    gate.open();
    assert_eq!(running.await.expect("read"), None);
}

#[tokio::test]
async fn a_panic_of_the_driver_goes_on_in_the_task_that_waits_and_nowhere_else() {
    let memory = MemoryDriver::new();
    let driver = Staged::new(&memory, |operation| {
        assert_ne!(operation, Operation::Touch, "a driver's bug");
    });
    let driver = Arc::new(Blocking::builder(driver).threads(count(1)).build());
    for _ in 0..3 {
        let theirs = Arc::clone(&driver);
        let task = tokio::spawn(async move { theirs.touch(&id("a"), None, NOW).await });
        let panic = task.await.expect_err("the task panics").into_panic();
        let text = panic.downcast_ref::<String>().expect("a message");
        assert!(text.contains("a driver's bug"), "{text}");
        let found = driver.retrieve(&id("a"), NOW).await;
        assert_eq!(found.expect("the thread survives"), None);
    }
}

/// The threads on which a driver's reads ran, of 200 that are made one after another.
async fn threads_of_reads(inline: bool) -> Vec<thread::ThreadId> {
    let threads = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&threads);
    let driver = Staged::new(&MemoryDriver::new(), move |_| {
        let mut seen = seen.lock().expect("no test panics here");
        seen.push(thread::current().id());
    });
    let builder = Blocking::builder(driver);
    let driver = if inline {
        builder.run_quick_ones_inline().build()
    } else {
        builder.build()
    };
    // A busy machine may make quick ones look slow, so this goes on until one ran here.
    for round in 0..1_000_000 {
        driver.retrieve(&id("a"), NOW).await.expect("read");
        let seen = threads.lock().expect("no test panics here");
        if round >= 200 && (!inline || seen.contains(&thread::current().id())) {
            break;
        }
    }
    driver.close().await;
    let seen = threads.lock().expect("no test panics here");
    seen.clone()
}

#[tokio::test]
async fn no_operation_runs_on_the_polling_thread_unless_asked_for() {
    let here = thread::current().id();
    assert!(!threads_of_reads(false).await.contains(&here));
    let seen = threads_of_reads(true).await;
    assert!(seen.contains(&here), "quick ones are run in place");
    assert!(
        !seen[..32].contains(&here),
        "the first ones have to show that they are quick"
    );
}

#[test]
fn no_runtime_is_needed() {
    let memory = MemoryDriver::new();
    let driver = Blocking::new(memory.clone());
    let wanted = id("a");
    let mut store = driver.store(&wanted, record(b"1"), Precondition::Absent, NOW);
    let version = loop {
        match poll_once(store.as_mut()) {
            std::task::Poll::Ready(stored) => break stored.expect("stored"),
            std::task::Poll::Pending => thread::yield_now(),
        }
    };
    let found = memory.retrieve(&wanted, NOW).expect("read").expect("live");
    assert_eq!(found.version, version);
}

//! Traversals as streams.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use session_driver_async::session_driver::{
    ErrorKind, MemoryDriver, Operation, Precondition, SessionDriver,
};
use session_driver_async::{AsyncSessionDriver, Blocking};

use crate::staged::Staged;
use crate::{NOW, id, next, record};

/// More than is read ahead.
const MANY: usize = 2_000;

fn filled() -> MemoryDriver {
    let memory = MemoryDriver::new();
    for count in 0..MANY {
        let id = id(&format!("session-{count}"));
        let stored = memory.store(&id, record(b""), Precondition::Absent, NOW);
        stored.expect("stored");
    }
    memory
}

#[tokio::test]
async fn every_id_comes_once_and_then_none_and_none_again() {
    let driver = Blocking::new(filled());
    let mut ids = driver.traverse(NOW);
    let mut seen = BTreeSet::new();
    while let Some(id) = next(&mut ids).await {
        assert!(seen.insert(id.expect("traversed")), "a repeat");
    }
    assert_eq!(seen.len(), MANY);
    assert!(next(&mut ids).await.is_none());
}

#[tokio::test]
async fn traversals_that_stand_still_keep_no_operation_waiting_and_further_ones_are_busy() {
    let one = NonZeroUsize::MIN;
    let four = NonZeroUsize::new(4).expect("not zero");
    let builder = Blocking::builder(filled()).threads(one).traversals(four);
    let driver = builder.build();
    let mut standing: Vec<_> = (0..4).map(|_| driver.traverse(NOW)).collect();
    for ids in &mut standing {
        next(ids).await.expect("there are some").expect("traversed");
    }
    assert!(driver.remove(&id("session-7"), NOW).await.expect("removed"));

    let mut fifth = driver.traverse(NOW);
    let refused = next(&mut fifth).await.expect("an error");
    assert_eq!(refused.expect_err("no thread").kind(), ErrorKind::Busy);
    assert!(next(&mut fifth).await.is_none());

    for ids in &mut standing {
        while next(ids).await.is_some() {}
    }
    let mut sixth = driver.traverse(NOW);
    next(&mut sixth)
        .await
        .expect("some")
        .expect("one may begin when others have ended");
}

#[tokio::test]
async fn closing_ends_a_stream_with_an_error_and_not_as_if_it_were_complete() {
    let driver = Blocking::new(filled());
    let mut ids = driver.traverse(NOW);
    next(&mut ids).await.expect("some").expect("traversed");
    driver.close().await;
    let mut last = None;
    while let Some(item) = next(&mut ids).await {
        last = Some(item);
    }
    let error = last.expect("an item").expect_err("it was cut short");
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Unavailable, Operation::Traverse)
    );
}

#[tokio::test]
async fn a_panic_of_the_traversing_driver_goes_on_in_the_task_that_polls() {
    let driver = Blocking::new(Staged::new(&filled(), |_| panic!("a driver's bug")));
    let task = tokio::spawn(async move {
        let mut ids = driver.traverse(NOW);
        next(&mut ids).await.is_some()
    });
    assert!(task.await.expect_err("the task panics").is_panic());
}

#[tokio::test]
async fn a_traversal_waits_for_the_thread_of_one_that_was_dropped() {
    let one = NonZeroUsize::MIN;
    let driver = Blocking::builder(filled()).traversals(one).build();
    for _ in 0..500 {
        let mut ids = driver.traverse(NOW);
        next(&mut ids).await.expect("some").expect("never Busy");
    }
}

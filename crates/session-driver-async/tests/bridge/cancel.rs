//! Rule CON-4: what a dropped future leaves.

use session_driver_async::session_driver::{MemoryDriver, Precondition, SessionDriver};
use session_driver_async::{AsyncSessionDriver, Blocking};

use crate::staged::{Gate, Staged};
use crate::{NOW, id, poll_once, record};

#[tokio::test]
async fn con_4_dropped_before_the_first_poll_nothing_happens() {
    let gate = Gate::default();
    let (memory, theirs) = (MemoryDriver::new(), gate.clone());
    let driver = Blocking::new(Staged::new(&memory, move |_| theirs.pass()));
    let (a, b) = (id("a"), id("b"));
    gate.open();
    driver
        .store(&a, record(b"1"), Precondition::Absent, NOW)
        .await
        .expect("stored");

    drop(driver.store(&a, record(b"2"), Precondition::Any, NOW));
    drop(driver.touch(&a, Some(NOW), NOW));
    drop(driver.remove(&a, NOW));
    drop(driver.rotate(&a, &b, NOW));
    drop(driver.retrieve(&a, NOW));
    drop(driver.traverse(NOW));
    driver.close().await;

    assert_eq!(gate.came(), 1, "the store alone reached the driver");
    let found = memory.retrieve(&a, NOW).expect("read").expect("live");
    assert_eq!((found.payload, found.expires_at), (b"1".to_vec(), None));
}

#[tokio::test]
async fn con_4_dropped_after_the_first_poll_each_write_happens_wholly() {
    let gate = Gate::default();
    let (memory, theirs) = (MemoryDriver::new(), gate.clone());
    let driver = Blocking::new(Staged::new(&memory, move |_| theirs.pass()));
    let ids = ["stored", "touched", "removed", "rotated"].map(id);
    for id in &ids[1..] {
        memory
            .store(id, record(b"before"), Precondition::Absent, NOW)
            .expect("stored");
    }
    let (deadline, to) = (NOW.checked_add(std::time::Duration::from_secs(1)), id("to"));

    let mut store = driver.store(&ids[0], record(b"after"), Precondition::Absent, NOW);
    let mut touch = driver.touch(&ids[1], deadline, NOW);
    let mut remove = driver.remove(&ids[2], NOW);
    let mut rotate = driver.rotate(&ids[3], &to, NOW);
    assert!(poll_once(store.as_mut()).is_pending());
    assert!(poll_once(touch.as_mut()).is_pending());
    assert!(poll_once(remove.as_mut()).is_pending());
    assert!(poll_once(rotate.as_mut()).is_pending());
    drop((store, touch, remove, rotate));
    gate.open();
    driver.close().await;

    let found = |id| memory.retrieve(id, NOW).expect("read");
    assert_eq!(found(&ids[0]).expect("stored").payload, b"after");
    assert_eq!(found(&ids[1]).expect("live").expires_at, deadline);
    assert_eq!(found(&ids[2]), None);
    assert_eq!(found(&ids[3]), None);
    assert_eq!(found(&to).expect("rotated").payload, b"before");
}

#[tokio::test]
async fn con_4_the_driver_is_usable_and_answers_reach_their_own_callers() {
    let memory = MemoryDriver::new();
    let driver = Blocking::new(memory.clone());
    let ids: Vec<_> = (0..200).map(|count| id(&count.to_string())).collect();
    for id in &ids {
        let payload = id.as_str().as_bytes();
        let stored = driver.store(id, record(payload), Precondition::Absent, NOW);
        stored.await.expect("stored");
    }
    for pair in ids.chunks(2) {
        let mut dropped = driver.retrieve(&pair[0], NOW);
        let _ = poll_once(dropped.as_mut());
        drop(dropped);
        let found = driver.retrieve(&pair[1], NOW).await.expect("read");
        assert_eq!(
            found.expect("live").payload,
            pair[1].as_str().as_bytes(),
            "another call's answer"
        );
    }
}

//! The async face of the handle. The decisions are those of the blocking one, and are tested there;
//! what is tested here is that the same steps are taken.

mod all;
mod create_at;
mod find;
mod rigged;
mod rotate;
mod save;

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use session_driver_async::session_driver::{MemoryDriver, Sessions, Timestamp};
use session_driver_async::{AsyncSessionDriver, AsyncSessions, Blocking};

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_000_000) };
}

/// A clock that stands still until a test moves it; each test thread has its own.
fn now() -> Timestamp {
    Timestamp::from_millis(NOW.get()).expect("the clock stays after 1970")
}

fn advance(by: Duration) {
    NOW.set(now().saturating_add(by).as_millis());
}

/// Sessions of a number, in memory, and the memory.
fn counters() -> (AsyncSessions<u32, Blocking<MemoryDriver>>, MemoryDriver) {
    let memory = MemoryDriver::new();
    (AsyncSessions::new(Blocking::new(memory.clone())), memory)
}

#[tokio::test]
async fn a_handle_is_shared_between_tasks_over_any_driver_and_its_futures_are_sent() {
    fn shared<S: Clone + Send + Sync>(_: &S) {}
    fn sent<F: Send>(future: F) -> F {
        future
    }
    let driver: Arc<dyn AsyncSessionDriver> = Arc::new(Blocking::new(MemoryDriver::new()));
    let sessions = AsyncSessions::<u32, _>::new(driver);
    shared(&sessions);
    let mut session = sent(sessions.create(7)).await.expect("created");
    sent(sessions.save(&mut session)).await.expect("saved");
    sent(sessions.rotate(&mut session)).await.expect("rotated");
    let id = session.id();
    let updated = sent(sessions.update(id, |count| *count + 1)).await;
    assert_eq!(updated.expect("updated"), Some(8));
    assert!(sent(sessions.touch(id)).await.expect("touched"));
    let found = sent(sessions.retrieve(id)).await.expect("read");
    assert_eq!(*found.expect("live"), 7);
    let mut found = sessions.find().expect("readable");
    assert!(sent(found.next()).await.expect("traversed").is_some());
    drop(found);
    assert_eq!(sent(sessions.sweep()).await.expect("swept"), 0);
    assert!(sent(sessions.remove(id)).await.expect("removed"));
    sent(sessions.create_at(id, 9)).await.expect("created");
    assert_eq!(sent(sessions.count()).await.expect("counted"), 1);
    let removed = sent(sessions.remove_all(NonZeroUsize::MIN)).await;
    assert_eq!(removed.expect("removed").removed, 1);
}

#[tokio::test]
async fn what_either_face_stores_the_other_retrieves() {
    let (sessions, memory) = counters();
    let blocking = Sessions::<u32, _>::new(memory);
    let session = sessions.create(7).await.expect("created");
    let mut same = blocking
        .retrieve(session.id())
        .expect("read")
        .expect("live");
    assert_eq!((*same, same.version()), (7, session.version()));
    *same = 8;
    blocking.save(&mut same).expect("saved");
    let found = sessions.retrieve(session.id()).await.expect("read");
    assert_eq!(*found.expect("live"), 8);
}

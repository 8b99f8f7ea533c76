//! A rotate hides no update, whether the driver keeps versions or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use session_driver_async::AsyncSessions;
use session_driver_async::session_driver::{
    ErrorKind, MemoryDriver, Operation, Result, SessionId, Sessions,
};

use crate::rigged::{Rigged, fail};

/// Sessions over both kinds of drivers, with something that happens before each operation.
fn both_kinds(
    before: impl Fn(Operation, &SessionId, &Sessions<u32, MemoryDriver>) -> Result<()>
    + Clone
    + Send
    + Sync
    + 'static,
) -> [AsyncSessions<u32, Rigged>; 2] {
    [false, true].map(|keeps_version| {
        let memory = MemoryDriver::new();
        let (rival, before) = (Sessions::new(memory.clone()), before.clone());
        let driver = Rigged::new(&memory, move |operation, id| before(operation, id, &rival));
        AsyncSessions::new(
            driver.declaring(|declared| declared.rotate_keeps_version = keeps_version),
        )
    })
}

#[tokio::test]
async fn a_rotated_session_has_a_new_id_and_can_be_saved() {
    for sessions in both_kinds(|_, _, _| Ok(())) {
        let mut session = sessions.create(1).await.expect("created");
        let old = session.id().clone();
        sessions.rotate(&mut session).await.expect("rotated");
        assert_ne!(session.id(), &old);
        assert!(sessions.retrieve(&old).await.expect("read").is_none());
        *session = 2;
        sessions.save(&mut session).await.expect("saved");
        sessions.remove(session.id()).await.expect("removed");
        let error = sessions.rotate(&mut session).await.expect_err("gone");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn a_store_around_the_rotate_is_not_lost() {
    for moment in [Operation::Rotate, Operation::Retrieve] {
        let (rotated, done) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let rival_stores = move |operation, id: &SessionId, rival: &Sessions<u32, MemoryDriver>| {
            let is_now = match moment {
                Operation::Rotate => operation == Operation::Rotate,
                _ => operation == Operation::Retrieve && rotated.load(Ordering::SeqCst),
            };
            if operation == Operation::Rotate {
                rotated.store(true, Ordering::SeqCst);
            }
            if is_now && !done.swap(true, Ordering::SeqCst) {
                rival.update(id, |count| *count += 7)?;
            }
            Ok(())
        };
        let [renewing, _] = both_kinds(rival_stores);
        let mut session = renewing.create(0).await.expect("created");
        renewing.rotate(&mut session).await.expect("rotated");
        let error = renewing
            .save(&mut session)
            .await
            .expect_err("7 would be lost");
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let found = renewing.retrieve(session.id()).await.expect("read");
        assert_eq!(*found.expect("live"), 7);
    }
}

#[tokio::test]
async fn rotate_takes_another_id_when_one_is_taken_and_gives_up_when_all_are() {
    let taken = Arc::new(AtomicUsize::new(0));
    let left = Arc::clone(&taken);
    for sessions in both_kinds(move |operation, _, _| {
        let take = |left: usize| left.checked_sub(1);
        match (
            operation,
            left.try_update(Ordering::SeqCst, Ordering::SeqCst, take),
        ) {
            (Operation::Rotate, Ok(_)) => Err(fail(ErrorKind::AlreadyExists, operation)),
            _ => Ok(()),
        }
    }) {
        let mut session = sessions.create(0).await.expect("created");
        taken.store(4, Ordering::SeqCst);
        sessions.rotate(&mut session).await.expect("one is free");
        taken.store(1_000, Ordering::SeqCst);
        let id = session.id().clone();
        let error = sessions.rotate(&mut session).await.expect_err("none is");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(session.id(), &id);
        taken.store(0, Ordering::SeqCst);
        sessions
            .save(&mut session)
            .await
            .expect("it is still there");
    }
}

//! A rotate hides no update, whether the driver keeps versions or not.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use session_driver::{ErrorKind, MemoryDriver, Operation, SessionId, Sessions};

use crate::rigged::{Rigged, fail};

/// Sessions over both kinds of drivers, with something that happens before each operation.
fn both_kinds(
    before: impl Fn(Operation, &SessionId, &Sessions<u32, MemoryDriver>) -> session_driver::Result<()>
    + Clone
    + Send
    + Sync
    + 'static,
) -> [Sessions<u32, Rigged>; 2] {
    [false, true].map(|keeps_version| {
        let memory = MemoryDriver::new();
        let rival = Sessions::new(memory.clone());
        let before = before.clone();
        let driver = Rigged::new(&memory, move |operation, id| before(operation, id, &rival));
        Sessions::new(if keeps_version {
            driver
        } else {
            driver.renewing_versions()
        })
    })
}

#[test]
fn a_rotated_session_has_a_new_id_and_can_be_saved() {
    for sessions in both_kinds(|_, _, _| Ok(())) {
        let mut session = sessions.create(1).expect("created");
        let old = session.id().clone();
        sessions.rotate(&mut session).expect("rotated");
        assert_ne!(session.id(), &old);
        assert!(sessions.retrieve(&old).expect("read").is_none());
        *session = 2;
        sessions.save(&mut session).expect("saved");
        assert_eq!(
            *sessions
                .retrieve(session.id())
                .expect("read")
                .expect("live"),
            2
        );
    }
}

#[test]
fn a_stale_session_is_rotated_and_still_not_saved() {
    for sessions in both_kinds(|_, _, _| Ok(())) {
        let mut stale = sessions.create(0).expect("created");
        sessions
            .update(stale.id(), |count| *count = 7)
            .expect("updated");
        sessions.rotate(&mut stale).expect("rotated");
        let error = sessions.save(&mut stale).expect_err("7 would be lost");
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(
            *sessions.retrieve(stale.id()).expect("read").expect("live"),
            7
        );
    }
}

#[test]
fn a_store_at_the_moment_of_the_rotate_is_not_lost() {
    let rival_stores = |operation, id: &SessionId, rival: &Sessions<u32, MemoryDriver>| {
        if operation == Operation::Rotate {
            rival.update(id, |count| *count += 7)?;
        }
        Ok(())
    };
    for sessions in both_kinds(rival_stores) {
        let mut session = sessions.create(0).expect("created");
        sessions.rotate(&mut session).expect("rotated");
        let error = sessions.save(&mut session).expect_err("7 would be lost");
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(
            *sessions
                .retrieve(session.id())
                .expect("read")
                .expect("live"),
            7
        );
    }
}

#[test]
fn a_store_right_after_the_rotate_is_not_lost() {
    static ROTATED: AtomicBool = AtomicBool::new(false);
    let rival_stores = |operation, id: &SessionId, rival: &Sessions<u32, MemoryDriver>| {
        match operation {
            Operation::Rotate => ROTATED.store(true, Ordering::SeqCst),
            Operation::Retrieve if ROTATED.swap(false, Ordering::SeqCst) => {
                rival.update(id, |count| *count += 7)?;
            }
            _ => {}
        }
        Ok(())
    };
    let [renewing, _] = both_kinds(rival_stores);
    let mut session = renewing.create(0).expect("created");
    renewing.rotate(&mut session).expect("rotated");
    let error = renewing.save(&mut session).expect_err("7 would be lost");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        *renewing
            .retrieve(session.id())
            .expect("read")
            .expect("live"),
        7
    );
}

#[test]
fn a_rotate_whose_check_fails_has_happened_and_saves_nothing_blindly() {
    static ROTATED: AtomicBool = AtomicBool::new(false);
    let [renewing, _] = both_kinds(|operation, _, _| match operation {
        Operation::Rotate => {
            ROTATED.store(true, Ordering::SeqCst);
            Ok(())
        }
        Operation::Retrieve if ROTATED.swap(false, Ordering::SeqCst) => {
            Err(fail(ErrorKind::Unavailable, operation))
        }
        _ => Ok(()),
    });
    let mut session = renewing.create(3).expect("created");
    renewing.rotate(&mut session).expect("rotated");
    assert_eq!(
        *renewing
            .retrieve(session.id())
            .expect("read")
            .expect("live"),
        3
    );
    let error = renewing.save(&mut session).expect_err("nobody knows");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[test]
fn a_session_that_is_gone_is_not_rotated() {
    for sessions in both_kinds(|_, _, _| Ok(())) {
        let mut session = sessions.create(0).expect("created");
        let id = session.id().clone();
        sessions.remove(&id).expect("removed");
        let error = sessions.rotate(&mut session).expect_err("it is gone");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(session.id(), &id);
    }
}

#[test]
fn rotate_takes_another_id_when_one_is_taken_and_gives_up_when_all_are() {
    static TAKEN: AtomicUsize = AtomicUsize::new(0);
    for sessions in both_kinds(|operation, _, _| {
        let taken = TAKEN.try_update(Ordering::SeqCst, Ordering::SeqCst, |taken| {
            taken.checked_sub(1)
        });
        match (operation, taken) {
            (Operation::Rotate, Ok(_)) => Err(fail(ErrorKind::AlreadyExists, operation)),
            _ => Ok(()),
        }
    }) {
        let mut session = sessions.create(0).expect("created");
        TAKEN.store(4, Ordering::SeqCst);
        sessions
            .rotate(&mut session)
            .expect("the fourth id is free");
        TAKEN.store(1_000, Ordering::SeqCst);
        let id = session.id().clone();
        let error = sessions.rotate(&mut session).expect_err("none is free");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(session.id(), &id);
        TAKEN.store(0, Ordering::SeqCst);
        sessions.save(&mut session).expect("it is still there");
    }
}

//! Creating, saving and updating: no id from outside, no lost update, nothing brought back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use session_driver::{ErrorKind, MemoryDriver, Operation, SessionId, Sessions};

use crate::counters;
use crate::rigged::{Rigged, fail};

#[test]
fn a_created_session_is_retrieved_as_it_was_saved_last() {
    let sessions = counters();
    let mut session = sessions.create(1).expect("created");
    *session += 1;
    sessions.save(&mut session).expect("saved");
    *session += 1;
    sessions.save(&mut session).expect("saved again");
    let found = sessions
        .retrieve(session.id())
        .expect("read")
        .expect("live");
    assert_eq!((*found, found.version()), (3, session.version()));
    assert_eq!(found.expires_at(), session.expires_at());
    assert_eq!(found.into_inner(), 3);
}

#[test]
fn id_7_an_id_from_outside_creates_nothing() {
    let sessions = counters();
    let outside = SessionId::parse("chosen-by-an-attacker").expect("a valid id");
    assert!(sessions.retrieve(&outside).expect("read").is_none());
    assert_eq!(
        sessions
            .update(&outside, |count| *count += 1)
            .expect("read"),
        None
    );
    assert!(!sessions.touch(&outside).expect("read"));
    assert!(!sessions.remove(&outside).expect("removed"));

    let elsewhere = counters();
    let mut foreign = elsewhere.create(7).expect("created");
    let refused = sessions
        .save(&mut foreign)
        .expect_err("it is not from here");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    let refused = sessions
        .rotate(&mut foreign)
        .expect_err("it is not from here");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    sessions
        .find(|_, found| panic!("{found:?} was created"))
        .expect("traversed");
}

#[test]
fn create_takes_another_id_when_one_is_taken() {
    let tried = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tried);
    let driver = Rigged::new(&MemoryDriver::new(), move |operation, id| {
        let mut seen = seen.lock().expect("no test panics here");
        seen.push(id.clone());
        if seen.len() < 4 {
            return Err(fail(ErrorKind::AlreadyExists, operation));
        }
        Ok(())
    });
    let session = Sessions::<u32, _>::new(driver)
        .create(7)
        .expect("the fourth id is free");
    let tried = tried.lock().expect("no test panics here");
    assert_eq!(tried.len(), 4);
    assert_eq!(tried.last(), Some(session.id()));
    assert!(!tried[..3].contains(session.id()));
}

#[test]
fn create_gives_up_when_every_id_is_taken() {
    let driver = Rigged::new(&MemoryDriver::new(), |operation, _| {
        Err(fail(ErrorKind::AlreadyExists, operation))
    });
    let error = Sessions::<u32, _>::new(driver)
        .create(7)
        .expect_err("none is free");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[test]
fn a_stale_session_is_not_saved() {
    let sessions = counters();
    let mut session = sessions.create(0).expect("created");
    let mut stale = sessions
        .retrieve(session.id())
        .expect("read")
        .expect("live");
    *session = 1;
    sessions.save(&mut session).expect("saved");

    *stale = 2;
    let before = stale.version();
    for _ in 0..2 {
        let error = sessions
            .save(&mut stale)
            .expect_err("somebody saved in between");
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
    assert_eq!(stale.version(), before);
    assert_eq!(
        *sessions
            .retrieve(session.id())
            .expect("read")
            .expect("live"),
        1
    );
}

#[test]
fn a_removed_session_stays_removed() {
    let sessions = counters();
    let mut session = sessions.create(0).expect("created");
    assert!(sessions.remove(session.id()).expect("removed"));
    let error = sessions.save(&mut session).expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(!sessions.touch(session.id()).expect("read"));
    assert!(sessions.retrieve(session.id()).expect("read").is_none());
}

#[test]
fn a_failed_save_leaves_version_and_deadline_and_can_be_repeated() {
    let fails = Arc::new(AtomicUsize::new(0));
    let left = Arc::clone(&fails);
    let driver = Rigged::new(&MemoryDriver::new(), move |operation, _| {
        let failing = left.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        match (operation, failing) {
            (Operation::Store, Ok(_)) => Err(fail(ErrorKind::Busy, operation)),
            _ => Ok(()),
        }
    });
    let sessions = Sessions::<u32, _>::new(driver);
    let mut session = sessions.create(1).expect("created");
    let (version, expires_at) = (session.version(), session.expires_at());
    *session = 2;
    session.set_expiry(session_driver::Expiry::Never);
    fails.store(1, Ordering::SeqCst);
    let error = sessions.save(&mut session).expect_err("busy is passed on");
    assert!(error.is_retryable());
    assert_eq!(
        (session.version(), session.expires_at()),
        (version, expires_at)
    );
    sessions.save(&mut session).expect("saved");
    assert_eq!(session.expires_at(), None);
}

#[test]
fn eight_threads_lose_none_of_800_updates() {
    let sessions = counters();
    let id = sessions.create(0).expect("created").id().clone();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let updated = sessions.update(&id, |count| *count += 1);
                    assert_eq!(updated.expect("updated"), Some(()));
                }
            });
        }
    });
    assert_eq!(*sessions.retrieve(&id).expect("read").expect("live"), 800);
}

#[test]
fn update_answers_with_what_the_saved_try_returned() {
    let memory = MemoryDriver::new();
    let sessions = Sessions::<u32, _>::new(memory.clone());
    let id = sessions.create(0).expect("created").id().clone();
    let rival = sessions.clone();
    let rivals_left = AtomicUsize::new(5);
    let driver = Rigged::new(&memory, move |operation, id| {
        let left = &rivals_left;
        let interferes = operation == Operation::Store
            && left
                .try_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        if interferes {
            rival.update(id, |count| *count += 10)?;
        }
        Ok(())
    });
    let updated = Sessions::<u32, _>::new(driver).update(&id, |count| {
        *count += 1;
        *count
    });
    assert_eq!(updated.expect("updated"), Some(51));
}

#[test]
fn update_gives_up_with_conflict_at_its_bound() {
    let memory = MemoryDriver::new();
    let id = Sessions::<u32, _>::new(memory.clone())
        .create(0)
        .expect("created")
        .id()
        .clone();
    let driver = Rigged::new(&memory, |operation, _| match operation {
        Operation::Store => Err(fail(ErrorKind::Conflict, operation)),
        _ => Ok(()),
    });
    let mut tries = 0;
    let error = Sessions::<u32, _>::new(driver)
        .update(&id, |_| tries += 1)
        .expect_err("every try conflicts");
    assert_eq!((error.kind(), tries), (ErrorKind::Conflict, 100));
}

#[test]
fn update_of_a_session_removed_meanwhile_is_none() {
    let sessions = counters();
    let id = sessions.create(0).expect("created").id().clone();
    let updated = sessions.update(&id, |count| {
        *count += 1;
        sessions.remove(&id).expect("removed");
    });
    assert_eq!(updated.expect("that is no error"), None);
    assert!(sessions.retrieve(&id).expect("read").is_none());
}

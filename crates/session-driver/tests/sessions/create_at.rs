//! Creating under ids that the application mints.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use session_driver::{ErrorKind, Expiry, MemoryDriver, Operation, SessionId, Sessions};

use crate::clock::{advance, now};
use crate::counters;
use crate::rigged::{Rigged, fail};

fn token() -> SessionId {
    SessionId::parse("8f14e45fceea167a5a36dedd4bea2543").expect("a valid id")
}

#[test]
fn create_at_stores_under_the_id_it_is_given() {
    let sessions = counters();
    let mut session = sessions.create_at(&token(), 7).expect("created");
    assert_eq!(session.id(), &token());
    *session += 1;
    sessions.save(&mut session).expect("saved");
    let found = sessions.retrieve(&token()).expect("read").expect("live");
    assert_eq!((*found, found.expiry()), (8, None));
    assert_eq!(found.expires_at(), session.expires_at());
}

#[test]
fn id_7_create_at_leaves_a_live_session_as_it_is_and_tries_no_other_id() {
    let tried = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tried);
    let driver = Rigged::new(&MemoryDriver::new(), move |operation, id| {
        if operation == Operation::Store {
            seen.lock().expect("no test panics here").push(id.clone());
        }
        Ok(())
    });
    let sessions = Sessions::<u32, _>::new(driver);
    let first = sessions.create_at(&token(), 1).expect("created");
    let refused = [
        sessions.create_at(&token(), 2),
        sessions.create_at_with(&token(), 2, Expiry::Never),
    ];
    for refused in refused {
        let error = refused.expect_err("the id is live");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }
    let found = sessions.retrieve(&token()).expect("read").expect("live");
    assert_eq!((*found, found.version()), (1, first.version()));
    let tried = tried.lock().expect("no test panics here");
    assert_eq!(*tried, [token(), token(), token()]);
}

#[test]
fn create_at_takes_an_id_whose_session_was_removed_or_has_expired() {
    let sessions = counters().with_clock(now).with_ttl(Duration::from_secs(60));
    sessions.create_at(&token(), 1).expect("created");
    assert!(sessions.remove(&token()).expect("removed"));
    sessions.create_at(&token(), 2).expect("the id is free");
    advance(Duration::from_secs(60));
    sessions.create_at(&token(), 3).expect("the id is free");
    let found = sessions.retrieve(&token()).expect("read").expect("live");
    assert_eq!(*found, 3);
}

#[test]
fn a_session_created_at_an_id_keeps_the_expiry_of_its_own() {
    let sessions = counters().with_clock(now);
    let deadline = now().saturating_add(Duration::from_secs(30));
    let rule = Expiry::At(deadline);
    let created = sessions.create_at_with(&token(), 7, rule).expect("created");
    assert_eq!(created.expires_at(), Some(deadline));
    sessions
        .update(&token(), |count| *count += 1)
        .expect("updated");
    assert!(sessions.touch(&token()).expect("touched"));
    let found = sessions.retrieve(&token()).expect("read").expect("live");
    assert_eq!(found.expiry(), Some(rule));
    assert_eq!(found.expires_at(), Some(deadline));
}

#[test]
fn create_at_passes_on_what_the_driver_answers() {
    let driver = Rigged::new(&MemoryDriver::new(), |operation, _| {
        Err(fail(ErrorKind::Indeterminate, operation))
    });
    let error = Sessions::<u32, _>::new(driver)
        .create_at(&token(), 7)
        .expect_err("rigged");
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
}

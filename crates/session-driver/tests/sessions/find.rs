//! Operations on all sessions.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use session_driver::{
    ErrorKind, MemoryDriver, NewRecord, Precondition, SessionDriver, SessionId, Sessions,
};

use crate::clock::{advance, now};
use crate::counters;
use crate::rigged::Rigged;

#[test]
fn find_goes_past_what_cannot_be_decoded_and_may_remove_what_it_is_given() {
    let sessions = counters();
    for count in 0..10 {
        sessions.create(count).expect("created");
    }
    let foreign = SessionId::parse("imported").expect("a valid id");
    let record = NewRecord {
        payload: b"user|s:5:\"alice\";",
        expires_at: None,
    };
    let stored = sessions
        .driver()
        .store(&foreign, record, Precondition::Absent, now());
    stored.expect("stored");

    let (mut found, mut failed) = (BTreeSet::new(), Vec::new());
    sessions
        .find(|id, session| {
            match session {
                Ok(session) => {
                    found.insert(*session);
                    if session.is_multiple_of(2) {
                        assert!(sessions.remove(session.id()).expect("removed"));
                    }
                }
                Err(error) => {
                    failed.push(error.kind());
                    assert!(sessions.remove(id).expect("removed"));
                }
            }
            ControlFlow::Continue(())
        })
        .expect("traversed");
    assert_eq!(found, (0..10).collect());
    assert_eq!(failed, [ErrorKind::Incompatible]);

    let mut left = 0;
    sessions
        .traverse(|_| {
            left += 1;
            ControlFlow::Continue(())
        })
        .expect("traversed");
    assert_eq!(left, 5, "what cannot be decoded can be removed, too");
}

#[test]
fn find_passes_over_what_went_meanwhile_and_stops_where_it_is_told() {
    let sessions = counters();
    for count in 0..10 {
        sessions.create(count).expect("created");
    }
    let mut ids = Vec::new();
    sessions
        .traverse(|id| {
            ids.push(id.clone());
            ControlFlow::Continue(())
        })
        .expect("traversed");
    let mut visits = 0;
    sessions
        .find(|_, session| {
            session.expect("what is gone is no error");
            visits += 1;
            for id in &ids {
                sessions.remove(id).expect("removed");
            }
            ControlFlow::Continue(())
        })
        .expect("traversed");
    assert_eq!(visits, 1);

    for count in 0..10 {
        sessions.create(count).expect("created");
    }
    let mut visits = 0;
    sessions
        .find(|_, _| {
            visits += 1;
            if visits == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .expect("traversed");
    assert_eq!(visits, 3);
}

#[test]
fn trv_6_find_is_unsupported_where_ids_cannot_be_read_back() {
    let driver = Rigged::new(&MemoryDriver::new(), |_, _| Ok(())).hiding_ids();
    let sessions = Sessions::<u32, _>::new(driver);
    sessions.create(0).expect("created");
    let error = sessions
        .find(|_, _| panic!("there is nothing to visit"))
        .expect_err("the ids are digests");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn sweep_removes_all_that_has_expired_and_nothing_else() {
    let sessions = Sessions::<u32, _>::new(MemoryDriver::new())
        .with_clock(now)
        .with_ttl(Duration::from_secs(1));
    assert_eq!(sessions.sweep().expect("swept"), 0);
    for count in 0..350 {
        sessions.create(count).expect("created");
    }
    advance(Duration::from_secs(1));
    let live = sessions.create(0).expect("created");
    assert_eq!(sessions.sweep().expect("swept"), 350);
    assert_eq!(sessions.sweep().expect("swept"), 0);
    assert!(sessions.retrieve(live.id()).expect("read").is_some());
}

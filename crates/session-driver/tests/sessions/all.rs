//! Counting and removing all sessions.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use session_driver::{
    ErrorKind, MemoryDriver, NewRecord, Operation, Precondition, Removed, SessionDriver, SessionId,
    Sessions,
};

use crate::clock::{advance, now};
use crate::counters;
use crate::rigged::{Rigged, fail};

fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).expect("not zero")
}

#[test]
fn count_is_the_number_of_live_sessions() {
    let sessions = counters().with_clock(now).with_ttl(Duration::from_secs(60));
    assert_eq!(sessions.count().expect("counted"), 0);
    let first = sessions.create(0).expect("created");
    advance(Duration::from_secs(30));
    for count in 0..9 {
        sessions.create(count).expect("created");
    }
    assert_eq!(sessions.count().expect("counted"), 10);
    sessions.remove(first.id()).expect("removed");
    assert_eq!(sessions.count().expect("counted"), 9);
    advance(Duration::from_secs(60));
    assert_eq!(sessions.count().expect("counted"), 0, "they have expired");
}

#[test]
fn trv_6_without_readable_ids_sessions_are_counted_and_not_removed() {
    let driver = Rigged::new(&MemoryDriver::new(), |_, _| Ok(())).hiding_ids();
    let sessions = Sessions::<u32, _>::new(driver);
    sessions.create(0).expect("created");
    assert_eq!(sessions.count().expect("counted"), 1);
    let error = sessions
        .remove_all(limit(10))
        .expect_err("the ids are digests");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(sessions.count().expect("counted"), 1);
}

#[test]
fn remove_all_stops_at_its_limit_and_says_whether_sessions_are_left() {
    let sessions = counters();
    for count in 0..25 {
        sessions.create(count).expect("created");
    }
    for (removed, more) in [(10, true), (10, true), (5, false), (0, false)] {
        let step = sessions.remove_all(limit(10)).expect("removed");
        assert_eq!(step, Removed { removed, more });
    }
    assert_eq!(sessions.count().expect("counted"), 0);

    for count in 0..10 {
        sessions.create(count).expect("created");
    }
    let (removed, more) = (10, false);
    let step = sessions.remove_all(limit(10)).expect("removed");
    assert_eq!(step, Removed { removed, more }, "exactly the limit");
}

#[test]
fn remove_all_removes_what_cannot_be_decoded() {
    let sessions = counters();
    sessions.create(7).expect("created");
    let foreign = SessionId::parse("imported").expect("a valid id");
    let record = NewRecord {
        payload: b"user|s:5:\"alice\";",
        expires_at: None,
    };
    let driver = sessions.driver();
    let stored = driver.store(&foreign, record, Precondition::Absent, now());
    stored.expect("stored");
    let step = sessions.remove_all(limit(10)).expect("removed");
    assert_eq!(step.removed, 2);
    assert_eq!(sessions.count().expect("counted"), 0);
}

#[test]
fn remove_all_counts_no_session_that_others_removed_first() {
    let memory = MemoryDriver::new();
    let others = Sessions::<u32, _>::new(memory.clone());
    let driver = Rigged::new(&memory, move |operation, id| {
        if operation == Operation::Remove {
            others.remove(id)?;
        }
        Ok(())
    });
    let sessions = Sessions::<u32, _>::new(driver);
    for count in 0..3 {
        sessions.create(count).expect("created");
    }
    let (removed, more) = (0, true);
    let step = sessions.remove_all(limit(2)).expect("removed");
    assert_eq!(
        step,
        Removed { removed, more },
        "the bound holds all the same"
    );
    assert_eq!(sessions.count().expect("counted"), 1);
}

#[test]
fn remove_all_ends_at_an_error_and_goes_on_when_it_is_called_again() {
    let calls = AtomicUsize::new(0);
    let driver = Rigged::new(&MemoryDriver::new(), move |operation, _| {
        if operation == Operation::Remove && calls.fetch_add(1, Ordering::Relaxed) == 2 {
            return Err(fail(ErrorKind::Unavailable, operation));
        }
        Ok(())
    });
    let sessions = Sessions::<u32, _>::new(driver);
    for count in 0..5 {
        sessions.create(count).expect("created");
    }
    let error = sessions.remove_all(limit(10)).expect_err("rigged");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(sessions.count().expect("counted"), 3);
    let (removed, more) = (3, false);
    let step = sessions.remove_all(limit(10)).expect("removed");
    assert_eq!(step, Removed { removed, more });
}

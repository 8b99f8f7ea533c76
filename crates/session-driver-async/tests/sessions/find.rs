//! Operations on all sessions.

use std::collections::BTreeSet;
use std::time::Duration;

use session_driver_async::AsyncSessions;
use session_driver_async::session_driver::{
    ErrorKind, MemoryDriver, NewRecord, Precondition, SessionDriver, SessionId,
};

use crate::rigged::Rigged;
use crate::{advance, counters, now};

#[tokio::test]
async fn find_goes_past_what_cannot_be_decoded_and_what_was_found_may_be_removed() {
    let (sessions, memory) = counters();
    for count in 0..10 {
        sessions.create(count).await.expect("created");
    }
    let foreign = SessionId::parse("imported").expect("a valid id");
    let record = NewRecord {
        payload: b"user|s:5:\"alice\";",
        expires_at: None,
    };
    memory
        .store(&foreign, record, Precondition::Absent, now())
        .expect("stored");

    let (mut seen, mut failed) = (BTreeSet::new(), Vec::new());
    let mut found = sessions.find().expect("readable");
    while let Some((id, session)) = found.next().await.expect("traversed") {
        match session {
            Ok(session) => assert!(seen.insert(*session), "a repeat"),
            Err(error) => failed.push(error.kind()),
        }
        assert!(sessions.remove(&id).await.expect("removed"));
    }
    assert_eq!(seen, (0..10).collect());
    assert_eq!(failed, [ErrorKind::Incompatible]);
    let mut found = sessions.find().expect("readable");
    assert!(found.next().await.expect("traversed").is_none());
}

#[tokio::test]
async fn trv_6_find_is_unsupported_where_ids_cannot_be_read_back() {
    let driver = Rigged::new(&MemoryDriver::new(), |_, _| Ok(()));
    let driver = driver.declaring(|declared| declared.readable_ids = false);
    let sessions = AsyncSessions::<u32, _>::new(driver);
    let error = sessions.find().expect_err("the ids are digests");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn sweep_removes_all_that_has_expired_and_nothing_else() {
    let (sessions, _) = counters();
    let second = Duration::from_secs(1);
    let sessions = sessions.with_clock(now).with_ttl(second);
    for count in 0..350 {
        sessions.create(count).await.expect("created");
    }
    advance(second);
    let live = sessions.create(0).await.expect("created");
    assert_eq!(sessions.sweep().await.expect("swept"), 350);
    assert_eq!(sessions.sweep().await.expect("swept"), 0);
    assert!(sessions.retrieve(live.id()).await.expect("read").is_some());
}

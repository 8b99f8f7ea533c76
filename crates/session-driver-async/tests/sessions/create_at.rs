//! Creating under ids that the application mints.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use session_driver_async::AsyncSessions;
use session_driver_async::session_driver::{
    ErrorKind, Expiry, MemoryDriver, Operation, SessionId, Sessions,
};

use crate::rigged::Rigged;
use crate::{counters, now};

fn token() -> SessionId {
    SessionId::parse("8f14e45fceea167a5a36dedd4bea2543").expect("a valid id")
}

#[tokio::test]
async fn a_session_created_at_an_id_is_found_there_with_its_own_expiry() {
    let (sessions, memory) = counters();
    let sessions = sessions.with_clock(now);
    let deadline = now().saturating_add(Duration::from_secs(30));
    let (id, rule) = (token(), Expiry::At(deadline));
    let created = sessions.create_at_with(&id, 7, rule).await;
    let created = created.expect("created");
    assert_eq!(created.id(), &token());
    assert_eq!(created.expires_at(), Some(deadline));
    let blocking = Sessions::<u32, _>::new(memory).with_clock(now);
    let found = blocking.retrieve(&token()).expect("read").expect("live");
    assert_eq!((*found, found.version()), (7, created.version()));
    assert_eq!(found.expiry(), Some(rule));

    assert!(sessions.remove(&token()).await.expect("removed"));
    let created = sessions.create_at(&token(), 8).await.expect("free again");
    assert_eq!((*created, created.expiry()), (8, None));
}

#[tokio::test]
async fn id_7_create_at_leaves_a_live_session_as_it_is_and_tries_no_other_id() {
    let tried = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tried);
    let driver = Rigged::new(&MemoryDriver::new(), move |operation, id| {
        if operation == Operation::Store {
            seen.lock().expect("no test panics here").push(id.clone());
        }
        Ok(())
    });
    let sessions = AsyncSessions::<u32, _>::new(driver);
    sessions.create_at(&token(), 1).await.expect("created");
    let refused = sessions.create_at(&token(), 2).await;
    let error = refused.expect_err("the id is live");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let found = sessions.retrieve(&token()).await.expect("read");
    assert_eq!(*found.expect("live"), 1);
    let tried = tried.lock().expect("no test panics here");
    assert_eq!(*tried, [token(), token()]);
}

//! Counting and removing all sessions.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use session_driver_async::AsyncSessions;
use session_driver_async::session_driver::{ErrorKind, MemoryDriver, Operation, Removed};

use crate::rigged::{Rigged, fail};
use crate::{advance, counters, now};

fn limit(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).expect("not zero")
}

#[tokio::test]
async fn count_is_the_number_of_live_sessions() {
    let (sessions, _) = counters();
    let sessions = sessions.with_clock(now).with_ttl(Duration::from_secs(60));
    assert_eq!(sessions.count().await.expect("counted"), 0);
    for count in 0..300 {
        sessions.create(count).await.expect("created");
    }
    assert_eq!(sessions.count().await.expect("counted"), 300);
    advance(Duration::from_secs(60));
    assert_eq!(sessions.count().await.expect("counted"), 0);
}

#[tokio::test]
async fn trv_6_without_readable_ids_sessions_are_counted_and_not_removed() {
    let driver = Rigged::new(&MemoryDriver::new(), |_, _| Ok(()));
    let driver = driver.declaring(|declared| declared.readable_ids = false);
    let sessions = AsyncSessions::<u32, _>::new(driver);
    sessions.create(0).await.expect("created");
    let removed = sessions.remove_all(limit(10)).await;
    let error = removed.expect_err("the ids are digests");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(sessions.count().await.expect("counted"), 1);
}

#[tokio::test]
async fn remove_all_stops_at_its_limit_and_says_whether_sessions_are_left() {
    let (sessions, _) = counters();
    for count in 0..250 {
        sessions.create(count).await.expect("created");
    }
    for (removed, more) in [(100, true), (100, true), (50, false), (0, false)] {
        let step = sessions.remove_all(limit(100)).await.expect("removed");
        assert_eq!(step, Removed { removed, more });
    }
    assert_eq!(sessions.count().await.expect("counted"), 0);
}

#[tokio::test]
async fn remove_all_ends_at_an_error_and_goes_on_when_it_is_called_again() {
    let calls = AtomicUsize::new(0);
    let driver = Rigged::new(&MemoryDriver::new(), move |operation, _| {
        if operation == Operation::Remove && calls.fetch_add(1, Ordering::Relaxed) == 2 {
            return Err(fail(ErrorKind::Unavailable, operation));
        }
        Ok(())
    });
    let sessions = AsyncSessions::<u32, _>::new(driver);
    for count in 0..5 {
        sessions.create(count).await.expect("created");
    }
    let error = sessions.remove_all(limit(10)).await.expect_err("rigged");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(sessions.count().await.expect("counted"), 3);
    let (removed, more) = (3, false);
    let step = sessions.remove_all(limit(10)).await.expect("removed");
    assert_eq!(step, Removed { removed, more });
}

//! Sessions that are stored, and those that are not.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use session_driver_async::AsyncSessions;
use session_driver_async::session_driver::{
    ErrorKind, Expiry, MemoryDriver, Operation, SessionId, Sessions,
};

use crate::rigged::{Rigged, fail};
use crate::{advance, counters, now};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn id_7_an_id_from_outside_creates_nothing() {
    let (sessions, _) = counters();
    let outside = SessionId::parse("chosen-by-an-attacker").expect("a valid id");
    assert!(sessions.retrieve(&outside).await.expect("read").is_none());
    let updated = sessions.update(&outside, |count| *count += 1).await;
    assert_eq!(updated.expect("read"), None);
    assert!(!sessions.touch(&outside).await.expect("read"));
    assert!(!sessions.remove(&outside).await.expect("removed"));
    let mut found = sessions.find().expect("readable");
    assert!(found.next().await.expect("traversed").is_none());
}

#[tokio::test]
async fn a_stale_session_is_not_saved_and_a_removed_one_stays_removed() {
    let (sessions, _) = counters();
    let mut session = sessions.create(0).await.expect("created");
    let mut stale = session.clone();
    *session = 1;
    sessions.save(&mut session).await.expect("saved");
    *stale = 2;
    let error = sessions
        .save(&mut stale)
        .await
        .expect_err("1 would be lost");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(sessions.remove(session.id()).await.expect("removed"));
    let error = sessions.save(&mut session).await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(!sessions.touch(session.id()).await.expect("read"));
}

#[tokio::test]
async fn create_takes_another_id_when_one_is_taken_and_gives_up_when_all_are() {
    let tried = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tried);
    let driver = Rigged::new(&MemoryDriver::new(), move |operation, id| {
        let mut seen = seen.lock().expect("no test panics here");
        seen.push(id.clone());
        match seen.len() {
            4 => Ok(()),
            _ => Err(fail(ErrorKind::AlreadyExists, operation)),
        }
    });
    let sessions = AsyncSessions::<u32, _>::new(driver);
    let session = sessions.create(7).await.expect("the fourth id is free");
    assert_eq!(
        tried.lock().expect("no test panics here").last(),
        Some(session.id())
    );
    let error = sessions.create(7).await.expect_err("none is free");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tasks_lose_none_of_640_updates() {
    let (sessions, _) = counters();
    let sessions = Arc::new(sessions);
    let id = sessions.create(0).await.expect("created").id().clone();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (sessions, id) = (Arc::clone(&sessions), id.clone());
            tokio::spawn(async move {
                for _ in 0..10 {
                    // On a busy machine an update may end with Conflict after its last try.
                    let updated = loop {
                        let updated = sessions.update(&id, |count| *count += 1).await;
                        match updated {
                            Err(error) if error.kind() == ErrorKind::Conflict => {}
                            updated => break updated,
                        }
                    };
                    assert_eq!(updated.expect("updated"), Some(()));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no task panics");
    }
    let found = sessions.retrieve(&id).await.expect("read");
    assert_eq!(*found.expect("live"), 640);
}

#[tokio::test(start_paused = true)]
async fn update_answers_with_what_the_saved_try_returned_and_gives_up_at_its_bound() {
    let memory = MemoryDriver::new();
    let rival = Sessions::<u32, _>::new(memory.clone());
    let id = rival.create(0).expect("created").id().clone();
    let left = AtomicUsize::new(5);
    let driver = Rigged::new(&memory, move |operation, id| {
        let take = |left: usize| left.checked_sub(1);
        if operation == Operation::Store
            && left
                .try_update(Ordering::SeqCst, Ordering::SeqCst, take)
                .is_ok()
        {
            rival.update(id, |count| *count += 10)?;
        }
        Ok(())
    });
    let sessions = AsyncSessions::<u32, _>::new(driver);
    let updated = sessions.update(&id, |count| {
        *count += 1;
        *count
    });
    assert_eq!(updated.await.expect("updated"), Some(51));

    let driver = Rigged::new(&memory, |operation, _| match operation {
        Operation::Store => Err(fail(ErrorKind::Conflict, operation)),
        _ => Ok(()),
    });
    let (sessions, mut tries) = (AsyncSessions::<u32, _>::new(driver), 0);
    let updated = sessions.update(&id, |_| tries += 1).await;
    let error = updated.expect_err("every try conflicts");
    assert_eq!((error.kind(), tries), (ErrorKind::Conflict, 100));
}

#[tokio::test]
async fn a_failed_save_leaves_version_and_deadline_and_can_be_repeated() {
    let fails = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&fails);
    let driver = Rigged::new(&MemoryDriver::new(), move |operation, _| {
        if told.swap(false, Ordering::SeqCst) {
            return Err(fail(ErrorKind::Busy, operation));
        }
        Ok(())
    });
    let sessions = AsyncSessions::<u32, _>::new(driver);
    let mut session = sessions.create(1).await.expect("created");
    let before = (session.version(), session.expires_at());
    session.set_expiry(Expiry::Never);
    fails.store(true, Ordering::SeqCst);
    let error = sessions.save(&mut session).await.expect_err("passed on");
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!((session.version(), session.expires_at()), before);
    sessions.save(&mut session).await.expect("saved");
    assert_eq!(session.expires_at(), None);
}

#[tokio::test]
async fn deadlines_follow_the_handles_rule_or_the_sessions_own() {
    let (sessions, _) = counters();
    let sessions = sessions.with_clock(now).with_ttl(MINUTE);
    let after = |ttl| now().checked_add(ttl);
    let mut session = sessions.create(0).await.expect("created");
    assert_eq!(session.expires_at(), after(MINUTE));
    session.set_expiry(Expiry::Ttl(10 * MINUTE));
    sessions.save(&mut session).await.expect("saved");

    advance(5 * MINUTE);
    assert!(sessions.touch(session.id()).await.expect("touched"));
    let found = sessions.retrieve(session.id()).await.expect("read");
    let found = found.expect("live");
    assert_eq!(found.expires_at(), after(10 * MINUTE));
    assert_eq!(found.expiry(), Some(Expiry::Ttl(10 * MINUTE)));

    let touched = sessions.touch_with(session.id(), Expiry::Ttl(MINUTE)).await;
    assert!(touched.expect("touched"));
    advance(MINUTE);
    assert!(
        sessions
            .retrieve(session.id())
            .await
            .expect("read")
            .is_none()
    );
    let never = sessions
        .create_with(0, Expiry::Never)
        .await
        .expect("created");
    assert_eq!(never.expires_at(), None);
    let endless = sessions.create_with(0, Expiry::Ttl(Duration::MAX)).await;
    assert_eq!(
        endless.expect_err("past the end").kind(),
        ErrorKind::InvalidDeadline
    );
}

#[tokio::test]
async fn touch_follows_a_rule_that_is_saved_in_between() {
    let memory = MemoryDriver::new();
    let rival = Sessions::<u32, _>::new(memory.clone()).with_clock(now);
    let id = rival.create(0).expect("created").id().clone();
    let (soon, once) = (now().saturating_add(MINUTE), AtomicBool::new(true));
    let driver = Rigged::new(&memory, move |operation, id| {
        if operation == Operation::Touch && once.swap(false, Ordering::SeqCst) {
            let mut session = rival.retrieve(id)?.expect("live");
            session.set_expiry(Expiry::At(soon));
            rival.save(&mut session)?;
        }
        Ok(())
    });
    let sessions = AsyncSessions::<u32, _>::new(driver).with_clock(now);
    assert!(sessions.touch(&id).await.expect("touched"));
    let found = sessions.retrieve(&id).await.expect("read");
    assert_eq!(found.expect("live").expires_at(), Some(soon));
}

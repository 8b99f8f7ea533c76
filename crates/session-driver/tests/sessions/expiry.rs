//! Deadlines: whose rule holds, and for how long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session_driver::{
    ErrorKind, Expiry, MemoryDriver, Operation, Session, SessionDriver, SessionId, Sessions,
    Timestamp,
};

use crate::clock::{advance, now};
use crate::rigged::Rigged;

const MINUTE: Duration = Duration::from_secs(60);
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

fn sessions() -> Sessions<u32, MemoryDriver> {
    Sessions::new(MemoryDriver::new())
        .with_clock(now)
        .with_ttl(MINUTE)
}

fn retrieve<D: SessionDriver>(sessions: &Sessions<u32, D>, id: &SessionId) -> Session<u32> {
    sessions.retrieve(id).expect("read").expect("live")
}

fn after(ttl: Duration) -> Option<Timestamp> {
    now().checked_add(ttl)
}

#[test]
fn sessions_live_14_days_unless_told_otherwise() {
    let sessions = Sessions::<u32, _>::new(MemoryDriver::new()).with_clock(now);
    let days = Duration::from_secs(14 * 24 * 60 * 60);
    assert_eq!(
        sessions.create(0).expect("created").expires_at(),
        after(days)
    );
    let sessions = sessions.with_ttl(MINUTE);
    assert_eq!(
        sessions.create(0).expect("created").expires_at(),
        after(MINUTE)
    );
    let sessions = sessions.without_expiry();
    assert_eq!(sessions.create(0).expect("created").expires_at(), None);
}

#[test]
fn a_session_is_gone_at_its_deadline_and_not_before() {
    let sessions = sessions();
    let id = sessions.create(0).expect("created").id().clone();
    advance(MINUTE - Duration::from_millis(1));
    assert!(sessions.retrieve(&id).expect("read").is_some());
    advance(Duration::from_millis(1));
    assert!(sessions.retrieve(&id).expect("read").is_none());
    assert!(!sessions.touch(&id).expect("read"));
}

#[test]
fn saves_and_touches_move_the_deadline() {
    let sessions = sessions();
    let mut session = sessions.create(0).expect("created");
    advance(MINUTE / 2);
    sessions.save(&mut session).expect("saved");
    assert_eq!(session.expires_at(), after(MINUTE));
    advance(MINUTE / 2);
    assert!(sessions.touch(session.id()).expect("touched"));
    let found = retrieve(&sessions, session.id());
    assert_eq!(found.expires_at(), after(MINUTE));
    assert_eq!(found.version(), session.version());
}

#[test]
fn remember_me_is_kept_by_later_requests() {
    let sessions = sessions();
    let mut login = sessions.create(0).expect("created");
    login.set_expiry(Expiry::Ttl(MONTH));
    sessions.save(&mut login).expect("saved");

    advance(2 * MINUTE);
    let mut later = retrieve(&sessions, login.id());
    assert_eq!(later.expiry(), Some(Expiry::Ttl(MONTH)));
    *later += 1;
    sessions.save(&mut later).expect("saved");
    assert_eq!(retrieve(&sessions, login.id()).expires_at(), after(MONTH));

    advance(2 * MINUTE);
    sessions
        .update(login.id(), |count| *count += 1)
        .expect("updated");
    assert_eq!(retrieve(&sessions, login.id()).expires_at(), after(MONTH));

    advance(2 * MINUTE);
    assert!(sessions.touch(login.id()).expect("touched"));
    let mut last = retrieve(&sessions, login.id());
    assert_eq!(last.expires_at(), after(MONTH));

    last.clear_expiry();
    sessions.save(&mut last).expect("saved");
    assert_eq!(retrieve(&sessions, login.id()).expiry(), None);
    assert_eq!(last.expires_at(), after(MINUTE));
}

#[test]
fn a_rule_may_be_there_from_the_start() {
    let sessions = sessions();
    let never = sessions.create_with(0, Expiry::Never).expect("created");
    let at = sessions
        .create_with(0, Expiry::At(after(MONTH).expect("in range")))
        .expect("created");
    advance(2 * MINUTE);
    assert!(sessions.touch(never.id()).expect("touched"));
    assert!(sessions.touch(at.id()).expect("touched"));
    assert_eq!(retrieve(&sessions, never.id()).expires_at(), None);
    assert_eq!(retrieve(&sessions, at.id()).expires_at(), at.expires_at());
}

#[test]
fn touch_with_moves_the_deadline_this_once() {
    let sessions = sessions();
    let id = sessions.create(0).expect("created").id().clone();
    assert!(
        sessions
            .touch_with(&id, Expiry::Ttl(MONTH))
            .expect("touched")
    );
    let found = retrieve(&sessions, &id);
    assert_eq!((found.expires_at(), found.expiry()), (after(MONTH), None));
    assert!(sessions.touch(&id).expect("touched"));
    assert_eq!(retrieve(&sessions, &id).expires_at(), after(MINUTE));
}

#[test]
fn touch_follows_a_rule_that_is_saved_in_between() {
    let memory = MemoryDriver::new();
    let sessions = Sessions::<u32, _>::new(memory.clone()).with_clock(now);
    let id = sessions.create(0).expect("created").id().clone();
    let soon = after(MINUTE).expect("in range");
    let (rival, once) = (sessions.clone(), AtomicBool::new(true));
    let driver = Rigged::new(&memory, move |operation, id| {
        if operation == Operation::Touch && once.swap(false, Ordering::SeqCst) {
            let mut session = rival.retrieve(id)?.expect("live");
            session.set_expiry(Expiry::At(soon));
            rival.save(&mut session)?;
        }
        Ok(())
    });
    let touching = Sessions::<u32, _>::new(driver)
        .with_clock(now)
        .with_ttl(MONTH);
    assert!(touching.touch(&id).expect("touched"));
    assert_eq!(retrieve(&sessions, &id).expires_at(), Some(soon));
}

#[test]
fn exp_3_a_save_with_a_deadline_that_has_passed_removes_the_session() {
    let sessions = sessions();
    for passed in [
        Expiry::Ttl(Duration::ZERO),
        Expiry::At(now()),
        Expiry::At(Timestamp::MIN),
    ] {
        let mut session = sessions.create(0).expect("created");
        session.set_expiry(passed);
        sessions.save(&mut session).expect("saved");
        assert!(sessions.retrieve(session.id()).expect("read").is_none());
        let error = sessions.save(&mut session).expect_err("it is gone");
        assert_eq!(error.kind(), ErrorKind::NotFound);

        let id = sessions.create(0).expect("created").id().clone();
        assert!(sessions.touch_with(&id, passed).expect("touched"));
        assert!(sessions.retrieve(&id).expect("read").is_none());
    }
}

#[test]
fn exp_4_a_deadline_past_the_end_of_time_is_refused_and_changes_nothing() {
    let sessions = sessions();
    let mut session = sessions.create(0).expect("created");
    let before = session.expires_at();
    let forever = Expiry::Ttl(Duration::MAX);
    session.set_expiry(forever);
    let refused = [
        sessions.save(&mut session).expect_err("past the end"),
        sessions
            .touch_with(session.id(), forever)
            .expect_err("past the end"),
        sessions.create_with(0, forever).expect_err("past the end"),
        sessions
            .clone()
            .with_ttl(Duration::MAX)
            .create(0)
            .expect_err("past the end"),
        sessions
            .clone()
            .with_ttl(Duration::MAX)
            .touch(session.id())
            .expect_err("past the end"),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::InvalidDeadline);
    }
    assert_eq!(session.expires_at(), before);
    assert_eq!(retrieve(&sessions, session.id()).expires_at(), before);
}

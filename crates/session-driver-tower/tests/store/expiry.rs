//! When sessions end, to the millisecond, and at the ends of time.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use super::tower_sessions::session::Record;
use super::tower_sessions::{ExpiredDeletion, SessionStore};
use session_driver_tower::DriverStore;
use session_driver_tower::session_driver::{ErrorKind, Timestamp};
use time::{Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::records::record;
use crate::double::Failing;
use crate::drivers::Place;

with_every_driver! {
    an_expired_session_is_not_loaded_though_nothing_was_swept,
    load_and_delete_expired_agree_on_the_instant_of_expiry,
    an_expired_session_is_not_renewed_by_a_save,
    a_save_with_a_date_that_has_passed_ends_the_session,
    dates_beyond_the_range_are_neither_errors_nor_early_ends,
    a_sweep_of_many_leaves_nothing_that_has_expired,
}

thread_local! {
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::MIN) };
}

/// A clock for each test, for a test and all it awaits run on one thread.
fn clock() -> Timestamp {
    NOW.get()
}

fn set_clock(millis: i128) {
    let millis = i64::try_from(millis).expect("within the range");
    NOW.set(Timestamp::from_millis(millis).expect("after 1970"));
}

fn millis(date: OffsetDateTime) -> i128 {
    date.unix_timestamp_nanos() / 1_000_000
}

async fn an_expired_session_is_not_loaded_though_nothing_was_swept(place: Place) {
    let store = place.store().with_clock(clock);
    let mut session = record("value", Duration::hours(1));
    let end = millis(session.expiry_date);
    set_clock(end - 1000);
    store.create(&mut session).await.expect("a create");
    set_clock(end);
    assert_eq!(store.load(&session.id).await.expect("a load"), None);
}

async fn load_and_delete_expired_agree_on_the_instant_of_expiry(place: Place) {
    let store = place.store().with_clock(clock);
    let mut session = record("value", Duration::hours(1));
    let end = millis(session.expiry_date);
    set_clock(end - 1000);
    store.create(&mut session).await.expect("a create");

    set_clock(end - 1);
    store.delete_expired().await.expect("a sweep");
    let loaded = store.load(&session.id).await.expect("a load");
    assert_eq!(loaded.as_ref(), Some(&session));

    set_clock(end);
    store.delete_expired().await.expect("a sweep");
    assert_eq!(store.load(&session.id).await.expect("a load"), None);
    if place.driver.capabilities().native_expiry.is_none() {
        assert!(place.stored().await.is_empty());
    }
}

async fn an_expired_session_is_not_renewed_by_a_save(place: Place) {
    let store = place.store().with_clock(clock);
    let mut session = record("value", Duration::hours(1));
    let end = millis(session.expiry_date);
    set_clock(end - 1000);
    store.create(&mut session).await.expect("a create");
    set_clock(end);
    session.expiry_date += Duration::hours(1);
    store.save(&session).await.expect_err("it has expired");
    assert_eq!(store.load(&session.id).await.expect("a load"), None);
}

async fn a_save_with_a_date_that_has_passed_ends_the_session(place: Place) {
    let store = place.store();
    let mut session = record("value", Duration::hours(1));
    store.create(&mut session).await.expect("a create");
    session.expiry_date = OffsetDateTime::now_utc() - Duration::seconds(1);
    store.save(&session).await.expect("a save");
    assert_eq!(store.load(&session.id).await.expect("a load"), None);
    assert!(place.stored().await.is_empty());
}

async fn dates_beyond_the_range_are_neither_errors_nor_early_ends(place: Place) {
    let store = place.store();
    let (first, last) = (PrimitiveDateTime::MIN, PrimitiveDateTime::MAX);
    let last_of_all = last.assume_utc();
    let west = UtcOffset::from_hms(-23, 0, 0).expect("within a day");
    let with = |expiry_date| Record {
        expiry_date,
        ..record("value", Duration::ZERO)
    };
    for late in [last_of_all, last.assume_offset(west)] {
        let mut session = with(late);
        store.create(&mut session).await.expect("a create");
        let loaded = store.load(&session.id).await.expect("a load");
        assert_eq!(loaded.expect("a session").expiry_date, last_of_all);
    }
    for early in [first.assume_utc(), OffsetDateTime::UNIX_EPOCH] {
        let mut session = with(early);
        store.create(&mut session).await.expect("a create");
        assert_eq!(store.load(&session.id).await.expect("a load"), None);
    }
}

async fn a_sweep_of_many_leaves_nothing_that_has_expired(place: Place) {
    let store = place.store().with_clock(clock);
    let mut live = record("live", Duration::hours(2));
    let end = millis(live.expiry_date) - 1000;
    set_clock(end - 3_600_000);
    store.create(&mut live).await.expect("a create");
    for _ in 0..250 {
        let mut expired = Record {
            expiry_date: live.expiry_date - Duration::seconds(1),
            ..record("expired", Duration::ZERO)
        };
        store.create(&mut expired).await.expect("a create");
    }
    assert_eq!(place.stored().await.len(), 251);
    set_clock(end);
    store.delete_expired().await.expect("a sweep");
    if place.driver.capabilities().native_expiry.is_none() {
        assert_eq!(place.stored().await.len(), 1);
    }
    let loaded = store.load(&live.id).await.expect("a load");
    assert_eq!(loaded, Some(live));
}

#[tokio::test]
async fn a_long_sweep_lets_other_tasks_run_between_its_steps() {
    let store = DriverStore::new(Failing {
        kind: ErrorKind::Unavailable,
        good_sweeps: 3,
        sweeps: AtomicU64::new(0),
    });
    let mut sweeping = pin!(store.delete_expired());
    for steps in 1..=3 {
        let polled = poll_fn(|context| Poll::Ready(sweeping.as_mut().poll(context))).await;
        assert!(polled.is_pending());
        assert_eq!(store.driver().sweeps.load(Ordering::Relaxed), steps);
    }
    sweeping.await.expect_err("the fourth step fails");
}

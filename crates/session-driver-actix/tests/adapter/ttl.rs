//! Every ttl that the type can express is kept or refused.

use super::actix_session::storage::{SaveError, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use session_driver_actix::session_driver::{Error, ErrorKind};

use super::storage::{HOUR, State, id, state};
use crate::clock;
use crate::subject::Subject;

with_every_driver!(
    a_ttl_of_zero_or_less_ends_the_session,
    a_ttl_past_the_end_of_time_is_refused_and_changes_nothing,
    a_ttl_of_ages_is_kept_to_the_millisecond,
    a_session_lives_to_the_last_millisecond_of_its_ttl,
);

fn sample() -> State {
    state(&[("a", "1")])
}

async fn a_ttl_of_zero_or_less_ends_the_session(subject: &Subject) {
    let store = subject.store();
    for ttl in [
        Duration::ZERO,
        Duration::microseconds(999),
        Duration::nanoseconds(-1),
        Duration::seconds(-1),
        Duration::MIN,
    ] {
        let key = store.save(sample(), &ttl).await.expect("a save");
        assert_eq!(store.load(&key).await.expect("a load"), None, "{ttl}");

        let key = store.save(sample(), &HOUR).await.expect("a save");
        let key = store.update(key, sample(), &ttl).await.expect("an update");
        assert_eq!(store.load(&key).await.expect("a load"), None, "{ttl}");

        let key = store.save(sample(), &HOUR).await.expect("a save");
        store.update_ttl(&key, &ttl).await.expect("a touch");
        assert_eq!(store.load(&key).await.expect("a load"), None, "{ttl}");
    }
    assert_eq!(subject.ids().await, []);
}

async fn a_ttl_past_the_end_of_time_is_refused_and_changes_nothing(subject: &Subject) {
    let store = subject.store();
    for ttl in [Duration::MAX, Duration::milliseconds(i64::MAX)] {
        let Err(SaveError::Other(refusal)) = store.save(sample(), &ttl).await else {
            panic!("a session that lives for {ttl}");
        };
        assert_is_invalid(&refusal);
    }
    assert_eq!(subject.ids().await, []);

    let key = store.save(sample(), &HOUR).await.expect("a save");
    let id = id(&key);
    let before = subject.record(&id).await;
    let refusal = store.update_ttl(&key, &Duration::MAX).await;
    assert_is_invalid(&refusal.expect_err("a touch of ages"));
    let changed = store.update(key, State::new(), &Duration::MAX).await;
    let Err(UpdateError::Other(refusal)) = changed else {
        panic!("a session that lives for ages");
    };
    assert_is_invalid(&refusal);
    assert_eq!(subject.record(&id).await, before);
}

fn assert_is_invalid(refusal: &anyhow::Error) {
    let kind = refusal.downcast_ref().map(Error::kind);
    assert_eq!(kind, Some(ErrorKind::InvalidDeadline));
}

/// Past 2038, 2106, 2262, 2446 and the year 10000.
async fn a_ttl_of_ages_is_kept_to_the_millisecond(subject: &Subject) {
    let store = subject.store();
    for years in [100, 1_000, 10_000, 1_000_000] {
        let ttl = Duration::days(365 * years) + Duration::MILLISECOND;
        let key = store.save(sample(), &ttl).await.expect("a save");
        let record = subject.record(&id(&key)).await.expect("a live record");
        let due = clock::now().checked_add(ttl.unsigned_abs());
        assert_eq!(record.expires_at, due, "{years} years");
    }
}

async fn a_session_lives_to_the_last_millisecond_of_its_ttl(subject: &Subject) {
    let store = subject.store();
    let key = store
        .save(sample(), &Duration::milliseconds(2))
        .await
        .expect("a save");
    clock::advance(1);
    assert_eq!(store.load(&key).await.expect("a load"), Some(sample()));
    clock::advance(1);
    assert_eq!(store.load(&key).await.expect("a load"), None);
}

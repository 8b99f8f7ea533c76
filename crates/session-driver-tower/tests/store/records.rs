//! What the published stores of tower-sessions ask of themselves: the tests at the end of
//! `tower-sessions-rusqlite-store` 0.15, and the same of records that hold something.

use super::tower_sessions::session::{Id, Record};
use super::tower_sessions::{ExpiredDeletion, SessionStore};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::drivers::Place;

with_every_driver! {
    a_created_record_can_be_loaded,
    a_saved_record_replaces_the_one_before,
    a_deleted_record_is_gone,
    an_id_that_was_never_stored_is_no_session,
    two_records_of_one_id_are_created_under_two,
    expired_records_are_deleted_and_live_ones_stay,
}

/// A record with this value, of a date that a deadline can hold: a whole millisecond.
pub(crate) fn record(value: impl Into<Value>, ends_in: Duration) -> Record {
    let date = OffsetDateTime::now_utc() + ends_in;
    let millis = date.millisecond();
    Record {
        id: Id::default(),
        data: [("value".to_owned(), value.into())].into(),
        expiry_date: date
            .replace_millisecond(millis)
            .expect("its own millisecond"),
    }
}

const HALF_AN_HOUR: Duration = Duration::minutes(30);

async fn a_created_record_can_be_loaded(place: Place) {
    let store = place.store();
    let values = json!({
        "text": "ünïcödé \u{1F36A} \0", "empty": "", "null": null, "list": [1, [], {"deep": [true]}],
        "least": i64::MIN, "most": u64::MAX, "float": 0.1, "tiny": 5e-324,
    });
    let mut created = record(values, HALF_AN_HOUR);
    store.create(&mut created).await.expect("a create");
    let loaded = store.load(&created.id).await.expect("a load");
    assert_eq!(loaded, Some(created));
}

async fn a_saved_record_replaces_the_one_before(place: Place) {
    let store = place.store();
    let mut first = record("first", HALF_AN_HOUR);
    store.create(&mut first).await.expect("a create");
    let second = Record {
        id: first.id,
        ..record("second", HALF_AN_HOUR * 2)
    };
    store.save(&second).await.expect("a save");
    let loaded = store.load(&first.id).await.expect("a load");
    assert_eq!(loaded, Some(second));
    assert_eq!(place.stored().await.len(), 1);
}

async fn a_deleted_record_is_gone(place: Place) {
    let store = place.store();
    let mut created = record("value", HALF_AN_HOUR);
    store.create(&mut created).await.expect("a create");
    store.delete(&created.id).await.expect("a delete");
    assert_eq!(store.load(&created.id).await.expect("a load"), None);
    store.delete(&created.id).await.expect("nothing to delete");
}

async fn an_id_that_was_never_stored_is_no_session(place: Place) {
    for id in [Id::default(), Id(0), Id(-1), Id(i128::MIN), Id(i128::MAX)] {
        assert_eq!(place.store().load(&id).await.expect("a load"), None);
    }
}

async fn two_records_of_one_id_are_created_under_two(place: Place) {
    let store = place.store();
    let mut first = record("first", HALF_AN_HOUR);
    store.create(&mut first).await.expect("a create");
    let mut second = Record {
        id: first.id,
        ..record("second", HALF_AN_HOUR)
    };
    store.create(&mut second).await.expect("a create");
    assert_ne!(first.id, second.id);
    for created in [first, second] {
        let loaded = store.load(&created.id).await.expect("a load");
        assert_eq!(loaded, Some(created));
    }
}

async fn expired_records_are_deleted_and_live_ones_stay(place: Place) {
    let store = place.store();
    let mut live = record("live", HALF_AN_HOUR);
    let mut expired = record("expired", -HALF_AN_HOUR);
    for record in [&mut live, &mut expired] {
        store.create(record).await.expect("a create");
    }
    store.delete_expired().await.expect("a sweep");
    assert_eq!(store.load(&expired.id).await.expect("a load"), None);
    let loaded = store.load(&live.id).await.expect("a load");
    assert_eq!(loaded, Some(live));
    assert_eq!(place.stored().await.len(), 1);
}

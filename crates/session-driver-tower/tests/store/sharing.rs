//! What is stored: read by others, encoded otherwise, and shown to nobody.

use super::tower_sessions::SessionStore;
use super::tower_sessions::session_store::Error;
use session_driver_tower::session_driver::{Json, MemoryDriver, SessionId};
use session_driver_tower::session_driver_async::AsyncSessions;
use session_driver_tower::{Data, DriverStore};
use time::Duration;

use super::records::record;
use crate::drivers::Place;

with_every_driver! {
    async_sessions_update_what_tower_sessions_stored_and_keep_its_date,
    a_session_of_another_codec_is_an_error,
}

async fn async_sessions_update_what_tower_sessions_stored_and_keep_its_date(place: Place) {
    let store = place.store();
    let mut session = record("before", Duration::days(90));
    store.create(&mut session).await.expect("a create");
    let sessions = AsyncSessions::<Data, _>::new(store.driver());
    let id = SessionId::parse(&session.id.to_string()).expect("an id");
    let updated = sessions.update(&id, |data| data.insert("value".into(), "after".into()));
    let before = updated.await.expect("an update").expect("a session");
    assert_eq!(before, Some("before".into()));

    session.data.insert("value".into(), "after".into());
    let loaded = store.load(&session.id).await.expect("a load");
    assert_eq!(loaded, Some(session));
}

async fn a_session_of_another_codec_is_an_error(place: Place) {
    let json = place.store().with_codec(Json);
    let mut session = record("value", Duration::hours(1));
    json.create(&mut session).await.expect("a create");
    let loaded = place.store().load(&session.id).await;
    assert!(matches!(loaded, Err(Error::Decode(_))), "{loaded:?}");
    let loaded = json.load(&session.id).await.expect("a load");
    assert_eq!(loaded, Some(session));
}

#[tokio::test]
async fn what_cannot_be_encoded_is_an_encode_error_and_changes_nothing() {
    let place = crate::drivers::memory().await.expect("memory");
    let store = place.store();
    let mut session = record("value", Duration::hours(1));
    store.create(&mut session).await.expect("a create");
    let kept = session.clone();
    let mut deep = serde_json::Value::from("hunter2");
    for _ in 0..2000 {
        deep = serde_json::Value::Array(vec![deep]);
    }
    session.data.insert("deep".into(), deep);
    let saved = store.save(&session).await;
    let Err(Error::Encode(message)) = saved else {
        panic!("what cannot be read back was stored: {saved:?}");
    };
    assert!(!message.contains("hunter2"), "{message}");
    let loaded = store.load(&kept.id).await.expect("a load");
    assert_eq!(loaded, Some(kept));
}

#[test]
fn debug_shows_the_driver_and_no_session() {
    let store = DriverStore::blocking(MemoryDriver::new());
    assert_eq!(
        format!("{store:?}"),
        "DriverStore { driver: Blocking { .. }, on_vanished: Error, .. }"
    );
}

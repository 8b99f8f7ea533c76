//! The store by itself: what it owes the middleware.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::actix_session::storage::{SessionKey, SessionStore, generate_session_key};
use actix_web::cookie::time;
use session_driver_actix::session_driver::SessionId;
use session_driver_actix::session_driver_async::AsyncSessions;

use crate::clock;
use crate::subject::{Driver, Subject};

pub(crate) const HOUR: time::Duration = time::Duration::HOUR;

pub(crate) type State = HashMap<String, String>;

pub(crate) fn state(pairs: &[(&str, &str)]) -> State {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

pub(crate) fn key(text: &str) -> SessionKey {
    text.to_owned().try_into().expect("short enough for a key")
}

pub(crate) fn id(key: &SessionKey) -> SessionId {
    SessionId::parse(key.as_ref()).expect("a key that is an id")
}

with_every_driver!(
    loading_a_missing_session_is_none,
    a_saved_state_comes_back,
    every_save_has_a_key_of_its_own,
    an_update_replaces_the_whole_state_under_the_same_key,
    an_update_moves_the_deadline,
    update_ttl_moves_the_deadline_both_ways_and_nothing_else,
    update_ttl_revives_nothing,
    a_deleted_session_is_gone_at_once,
    async_sessions_read_and_change_what_the_middleware_stored,
);

async fn loading_a_missing_session_is_none(subject: &Subject) {
    let loaded = subject.store().load(&generate_session_key()).await;
    assert_eq!(loaded.expect("no error"), None);
}

async fn a_saved_state_comes_back(subject: &Subject) {
    let store = subject.store();
    for saved in [
        State::new(),
        state(&[("", "")]),
        state(&[("user", "\"ferris\""), ("Größe", "\"\u{1F980}\\u0000\0\"")]),
        state(&[("large", &"x".repeat(60_000))]),
        (0..500)
            .map(|n| (n.to_string(), format!("[{n}]")))
            .collect(),
    ] {
        let key = store.save(saved.clone(), &HOUR).await.expect("a save");
        assert_eq!(store.load(&key).await.expect("a load"), Some(saved));
    }
}

async fn every_save_has_a_key_of_its_own(subject: &Subject) {
    let store = subject.store();
    let mut keys = HashSet::new();
    for _ in 0..50 {
        let key = store.save(state(&[("a", "1")]), &HOUR).await;
        keys.insert(id(&key.expect("a save")));
    }
    assert_eq!(keys.len(), 50);
    assert_eq!(
        subject.ids().await.into_iter().collect::<HashSet<_>>(),
        keys
    );
}

async fn an_update_replaces_the_whole_state_under_the_same_key(subject: &Subject) {
    let store = subject.store();
    let key = store
        .save(state(&[("a", "1"), ("b", "2")]), &HOUR)
        .await
        .expect("a save");
    let (text, changed) = (key.as_ref().to_owned(), state(&[("b", "3")]));
    let key = store
        .update(key, changed.clone(), &HOUR)
        .await
        .expect("an update");
    assert_eq!(key.as_ref(), text);
    assert_eq!(store.load(&key).await.expect("a load"), Some(changed));
    assert_eq!(subject.ids().await.len(), 1);
}

async fn an_update_moves_the_deadline(subject: &Subject) {
    let store = subject.store();
    let key = store
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    clock::advance(3_599_999);
    let changed = state(&[("a", "2")]);
    let key = store
        .update(key, changed.clone(), &time::Duration::MINUTE)
        .await
        .expect("an update");
    clock::advance(59_999);
    assert_eq!(store.load(&key).await.expect("a load"), Some(changed));
    clock::advance(1);
    assert_eq!(store.load(&key).await.expect("a load"), None);
}

async fn update_ttl_moves_the_deadline_both_ways_and_nothing_else(subject: &Subject) {
    let store = subject.store();
    let saved = state(&[("a", "1")]);
    let key = store.save(saved.clone(), &HOUR).await.expect("a save");
    let before = subject.record(&id(&key)).await.expect("a live record");
    for ttl in [time::Duration::DAY, time::Duration::MINUTE] {
        store.update_ttl(&key, &ttl).await.expect("a touch");
        let after = subject.record(&id(&key)).await.expect("a live record");
        let due = clock::now().checked_add(ttl.unsigned_abs());
        assert_eq!(after.expires_at, due);
        assert_eq!(
            (after.version, after.payload),
            (before.version, before.payload.clone())
        );
    }
    assert_eq!(store.load(&key).await.expect("a load"), Some(saved));
}

async fn update_ttl_revives_nothing(subject: &Subject) {
    let store = subject.store();
    let expired = store
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    let removed = store
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    store.delete(&removed).await.expect("a delete");
    clock::advance(3_600_000);
    for gone in [expired, removed, generate_session_key(), key("no id")] {
        store
            .update_ttl(&gone, &HOUR)
            .await
            .expect("nothing to touch");
        assert_eq!(store.load(&gone).await.expect("a load"), None);
    }
}

async fn a_deleted_session_is_gone_at_once(subject: &Subject) {
    let (store, other) = (subject.store(), subject.store());
    let key = store
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    store.delete(&key).await.expect("a delete");
    assert_eq!(other.load(&key).await.expect("a load"), None);
    assert_eq!(subject.ids().await, []);
}

async fn async_sessions_read_and_change_what_the_middleware_stored(subject: &Subject) {
    let store = subject.store();
    let sessions: AsyncSessions<State, Arc<Driver>> =
        AsyncSessions::new(Arc::clone(store.driver())).with_clock(clock::now);
    let key = store
        .save(state(&[("count", "1")]), &HOUR)
        .await
        .expect("a save");
    clock::advance(1_800_000);
    let changed = sessions
        .update(&id(&key), |state| state.insert("count".into(), "2".into()))
        .await;
    assert_eq!(changed.expect("an update"), Some(Some("1".into())));
    let loaded = store.load(&key).await.expect("a load");
    assert_eq!(loaded, Some(state(&[("count", "2")])));
    // The handle follows the ttl that the middleware gave, not its own.
    let record = subject.record(&id(&key)).await.expect("a live record");
    let due = clock::now().checked_add(Duration::from_secs(3_600));
    assert_eq!(record.expires_at, due);
}

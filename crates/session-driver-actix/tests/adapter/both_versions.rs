//! One store under two versions of actix-session at once.

use ::actix_session_0_10::storage as older;
use actix_session::storage as newer;

use crate::actix_session_0_11::storage::{HOUR, key, state};
use crate::subject::memory;

#[actix_web::test]
async fn what_one_version_stores_the_other_reads_and_changes() {
    let store = memory("").await.expect("memory").store();
    let stored = state(&[("a", "1")]);
    let older_key = older::SessionStore::save(&store, stored.clone(), &HOUR)
        .await
        .expect("a save");

    let newer_key = key(older_key.as_ref());
    let loaded = newer::SessionStore::load(&store, &newer_key).await;
    assert_eq!(loaded.expect("a load"), Some(stored));

    let changed = state(&[("a", "2")]);
    newer::SessionStore::update(&store, newer_key, changed.clone(), &HOUR)
        .await
        .expect("an update");
    let loaded = older::SessionStore::load(&store, &older_key).await;
    assert_eq!(loaded.expect("a load"), Some(changed));
}

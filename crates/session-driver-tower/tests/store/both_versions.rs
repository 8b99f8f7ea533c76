//! One store under two versions of tower-sessions at once.

use ::tower_sessions_0_14 as older;
use time::Duration;
use tower_sessions as newer;

use crate::drivers::memory;
use crate::tower_sessions_0_14::records::record;

#[tokio::test]
async fn what_one_version_stores_the_other_reads_and_changes() {
    let store = memory().await.expect("memory").store();
    let mut stored = record("older", Duration::hours(1));
    older::SessionStore::create(&store, &mut stored)
        .await
        .expect("a create");

    let id = newer::session::Id(stored.id.0);
    let mut loaded = newer::SessionStore::load(&store, &id)
        .await
        .expect("a load")
        .expect("a session");
    assert_eq!(loaded.data, stored.data);
    assert_eq!(loaded.expiry_date, stored.expiry_date);

    loaded.data.insert("value".into(), "newer".into());
    newer::SessionStore::save(&store, &loaded)
        .await
        .expect("a save");
    let changed = older::SessionStore::load(&store, &stored.id).await;
    let changed = changed.expect("a load").expect("a session");
    assert_eq!(changed.data, loaded.data);
}

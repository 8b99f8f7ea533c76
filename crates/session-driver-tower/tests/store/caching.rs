//! Why `CachingSessionStore` around the adapter is not supported: what its documentation says of it.

use super::tower_sessions::{CachingSessionStore, MemoryStore, SessionStore};
use session_driver_tower::DriverStore;
use session_driver_tower::session_driver::ErrorKind;
use time::Duration;

use super::records::record;
use crate::double::Failing;
use crate::drivers::memory;

#[tokio::test]
async fn a_cache_in_front_serves_what_another_instance_logged_out() {
    let place = memory().await.expect("memory");
    let [here, there] =
        [(); 2].map(|()| CachingSessionStore::new(MemoryStore::default(), place.store()));
    let mut session = record("value", Duration::hours(1));
    here.create(&mut session).await.expect("a create");
    there.delete(&session.id).await.expect("a delete");
    let served = here.load(&session.id).await.expect("a load");
    assert_eq!(served, Some(session.clone()));
    assert_eq!(there.load(&session.id).await.expect("a load"), None);
}

/// The two are asked at once: a refusal that takes a moment, as over a network, comes when the cache
/// has the record already.
#[tokio::test]
async fn a_cache_in_front_keeps_a_save_that_the_store_refused() {
    let refusing = DriverStore::new(Failing::with(ErrorKind::NotFound));
    let cached = CachingSessionStore::new(MemoryStore::default(), refusing);
    let session = record("value", Duration::hours(1));
    cached.save(&session).await.expect_err("it has vanished");
    let served = cached.load(&session.id).await.expect("a load");
    assert_eq!(served, Some(session));
}

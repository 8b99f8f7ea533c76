//! Faults of published stores, each with a test named for it.

use super::tower_sessions::session::{Id, Record};
use super::tower_sessions::session_store::Error;
use super::tower_sessions::{ExpiredDeletion, SessionStore};
use axum::http::StatusCode;
use session_driver_tower::session_driver::{
    ErrorKind, NewRecord, Precondition, SessionId, Timestamp,
};
use session_driver_tower::session_driver_async::AsyncSessionDriver;
use session_driver_tower::{DriverStore, OnVanished};
use time::Duration;
use tokio::join;

use super::app::{Browser, app, app_with_meeting};
use super::records::record;
use crate::double::Failing;
use crate::drivers::Place;

with_every_driver! {
    a_save_in_flight_does_not_bring_a_logged_out_session_back,
    a_save_in_flight_does_not_bring_a_cycled_id_back,
    when_a_save_and_a_logout_race_the_session_is_gone,
    a_create_with_the_id_of_a_live_session_leaves_that_one_alone,
    a_forged_cookie_and_clear_make_no_session,
    a_save_of_what_was_never_created_is_not_reported_as_kept,
    a_damaged_session_is_an_error_and_is_not_overwritten,
    a_backend_that_is_gone_is_not_an_absence_of_sessions,
}

const BOTH: [(OnVanished, StatusCode); 2] = [
    (OnVanished::Error, StatusCode::INTERNAL_SERVER_ERROR),
    (OnVanished::Discard, StatusCode::OK),
];

async fn a_save_in_flight_does_not_bring_a_logged_out_session_back(place: Place) {
    for (on_vanished, status) in BOTH {
        let (app, meeting) = app_with_meeting(place.store().on_vanished(on_vanished));
        let mut browser = Browser::new(&app);
        browser.open("/insert/42").await;
        let (mut slow_tab, mut visitor) = (browser.clone(), browser.clone());
        let (slow, ()) = join!(slow_tab.get("/edit_slowly"), async {
            meeting.wait().await;
            browser.open("/flush").await;
            meeting.wait().await;
        });
        assert_eq!(slow.status, status);
        assert!(place.stored().await.is_empty());
        assert_eq!(visitor.open("/show").await.text, "None");
    }
}

async fn a_save_in_flight_does_not_bring_a_cycled_id_back(place: Place) {
    for (on_vanished, status) in BOTH {
        let (app, meeting) = app_with_meeting(place.store().on_vanished(on_vanished));
        let mut browser = Browser::new(&app);
        browser.open("/insert/42").await;
        let (mut slow_tab, mut thief) = (browser.clone(), browser.clone());
        let (slow, ()) = join!(slow_tab.get("/edit_slowly"), async {
            meeting.wait().await;
            browser.open("/cycle_id").await;
            meeting.wait().await;
        });
        assert_eq!(slow.status, status);
        assert_eq!(thief.open("/show").await.text, "None");
        assert_eq!(browser.open("/show").await.text, "Some(Number(42))");
        browser.open("/flush").await;
    }
}

async fn when_a_save_and_a_logout_race_the_session_is_gone(place: Place) {
    let store = place.store().on_vanished(OnVanished::Discard);
    for _ in 0..50 {
        let mut session = record("value", Duration::hours(1));
        store.create(&mut session).await.expect("a create");
        let (saved, deleted) = join!(store.save(&session), store.delete(&session.id));
        saved.and(deleted).expect("both are done");
        assert_eq!(store.load(&session.id).await.expect("a load"), None);
    }
}

async fn a_create_with_the_id_of_a_live_session_leaves_that_one_alone(place: Place) {
    let store = place.store();
    let mut live = record("live", Duration::hours(1));
    store.create(&mut live).await.expect("a create");
    let mut planted = Record {
        id: live.id,
        ..record("planted", Duration::hours(2))
    };
    store.create(&mut planted).await.expect("a create");
    let loaded = store.load(&live.id).await.expect("a load");
    assert_eq!(loaded, Some(live));
}

/// One published store answers Ok to a create of an id that is taken, and drops the data.
#[tokio::test]
async fn a_create_that_keeps_nothing_is_an_error() {
    let store = DriverStore::new(Failing::with(ErrorKind::AlreadyExists));
    let mut session = record("value", Duration::hours(1));
    let id = session.id;
    let created = store.create(&mut session).await;
    assert!(matches!(created, Err(Error::Backend(_))), "{created:?}");
    assert_eq!(session.id, id, "no id that is somebody else's");
}

async fn a_forged_cookie_and_clear_make_no_session(place: Place) {
    for (on_vanished, status) in BOTH {
        let app = app(place.store().on_vanished(on_vanished));
        let forged = Id::default().to_string();
        let page = Browser::with_cookie(&app, &forged).get("/clear").await;
        assert_eq!(page.status, status);
        assert!(place.stored().await.is_empty());
    }
}

async fn a_save_of_what_was_never_created_is_not_reported_as_kept(place: Place) {
    let session = record("value", Duration::hours(1));
    let saved = place.store().save(&session).await;
    let Err(Error::Backend(message)) = saved else {
        panic!("a save that kept nothing: {saved:?}");
    };
    assert!(message.ends_with("there is no live session with this id"));
    assert!(!message.contains(&session.id.to_string()), "{message}");
    assert!(place.stored().await.is_empty());
}

async fn a_damaged_session_is_an_error_and_is_not_overwritten(place: Place) {
    let app = app(place.store());
    let mut browser = Browser::new(&app);
    browser.open("/insert/42").await;
    let id: Id = browser.id().parse().expect("an id");
    let key = SessionId::parse(browser.id()).expect("an id");
    let now = Timestamp::now();
    let whole = place.driver.retrieve(&key, now).await.expect("a retrieve");
    let whole = whole.expect("a record").payload;

    for damaged in [
        &whole[..whole.len() - 1],
        &whole[..1],
        b"{\"value\":42}",
        b"",
    ] {
        let record = NewRecord {
            payload: damaged,
            expires_at: None,
        };
        place
            .driver
            .store(&key, record, Precondition::Any, now)
            .await
            .expect("a store behind the adapter's back");
        let loaded = place.store().load(&id).await;
        assert!(matches!(loaded, Err(Error::Decode(_))), "{loaded:?}");
        for path in ["/show", "/insert/7", "/remove", "/cycle_id"] {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert_eq!(page.set_cookie, None, "{path}");
        }
        let kept = place.driver.retrieve(&key, now).await.expect("a retrieve");
        assert_eq!(kept.expect("a record").payload, damaged);
    }
    browser.open("/flush").await;
    assert!(place.stored().await.is_empty());
}

async fn a_backend_that_is_gone_is_not_an_absence_of_sessions(place: Place) {
    let store = place.another_store().await;
    let mut browser = Browser::new(&app(store.clone()));
    browser.open("/insert/42").await;
    store.driver().close().await;
    for path in ["/show", "/insert/7", "/remove", "/cycle_id", "/flush"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(page.set_cookie, None, "{path}");
    }
    let mut browser = Browser::with_cookie(&app(place.store()), browser.id());
    assert_eq!(browser.open("/show").await.text, "Some(Number(42))");
}

#[tokio::test]
async fn every_kind_of_failure_is_an_error_of_every_call() {
    use ErrorKind::*;

    for kind in [
        InvalidDeadline,
        PayloadTooLarge,
        AlreadyExists,
        NotFound,
        Conflict,
        Corrupt,
        Incompatible,
        Busy,
        Locked,
        Unavailable,
        Indeterminate,
        PermissionDenied,
        StorageFull,
        Unsupported,
        Other,
    ] {
        let store = DriverStore::new(Failing::with(kind));
        let mut session = record("hunter2", Duration::hours(1));
        for failed in [
            store.create(&mut session).await,
            store.save(&session).await,
            store.load(&session.id).await.map(drop),
            store.delete(&session.id).await,
            store.delete_expired().await,
        ] {
            let message = failed.expect_err("a failure").to_string();
            assert!(message.contains(&kind.to_string()), "{message}");
            assert!(message.ends_with("the cable is out"), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
        let discarding = store.on_vanished(OnVanished::Discard);
        let saved = discarding.save(&session).await;
        assert_eq!(saved.is_ok(), kind == NotFound, "{kind:?}");
    }
}

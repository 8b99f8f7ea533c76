//! What tower-sessions asks of a store in the tests of its own layer: `tests/common/mod.rs` there.

use super::tower_sessions::SessionManagerLayer;
use super::tower_sessions::cookie::SameSite;
use axum::http::StatusCode;
use time::Duration;

use super::app::{Browser, app, under};
use crate::drivers::Place;

with_every_driver! {
    no_session_is_made_where_none_is_used,
    a_bogus_cookie_is_replaced,
    a_malformed_cookie_is_taken_back,
    a_session_cookie_is_set,
    a_value_comes_back,
    a_value_that_was_never_set_is_none,
    the_last_value_can_be_removed,
    cycling_moves_the_session_to_another_id,
    a_visitor_without_a_session_can_cycle_the_id,
    flushing_ends_the_session_and_takes_the_cookie_back,
    a_second_logout_is_no_error,
    the_domain_is_that_of_the_layer,
    an_expiry_can_be_set_and_taken_away,
}

async fn no_session_is_made_where_none_is_used(place: Place) {
    let page = Browser::new(&app(place.store())).open("/").await;
    assert!(page.set_cookie.is_none());
    assert!(place.stored().await.is_empty());
}

async fn a_bogus_cookie_is_replaced(place: Place) {
    let bogus = "AAAAAAAAAAAAAAAAAAAAAA";
    let mut browser = Browser::with_cookie(&app(place.store()), bogus);
    browser.open("/insert/42").await;
    assert_ne!(browser.id(), bogus);
    assert_eq!(browser.open("/show").await.text, "Some(Number(42))");
}

async fn a_malformed_cookie_is_taken_back(place: Place) {
    let mut browser = Browser::with_cookie(&app(place.store()), "malformed");
    browser.open("/").await;
    assert_eq!(browser.cookie, None);
}

async fn a_session_cookie_is_set(place: Place) {
    let page = Browser::new(&app(place.store())).open("/insert/42").await;
    let cookie = page.set_cookie.expect("a cookie");
    assert_eq!(cookie.name(), "id");
    assert_eq!(cookie.value().len(), 22);
    assert_eq!(cookie.http_only(), Some(true));
    assert_eq!(cookie.same_site(), Some(SameSite::Strict));
    assert_eq!(cookie.secure(), Some(true));
    assert_eq!(cookie.path(), Some("/"));
    assert_eq!(cookie.max_age(), Some(Duration::hours(1)));

    let unlimited = under(SessionManagerLayer::new(place.store()));
    let page = Browser::new(&unlimited).open("/insert/42").await;
    assert_eq!(page.set_cookie.expect("a cookie").max_age(), None);
}

async fn a_value_comes_back(place: Place) {
    let app = app(place.store());
    let mut browser = Browser::new(&app);
    browser.open("/insert/42").await;
    assert_eq!(browser.open("/show").await.text, "Some(Number(42))");
    assert_eq!(Browser::new(&app).open("/show").await.text, "None");
}

async fn a_value_that_was_never_set_is_none(place: Place) {
    let page = Browser::new(&app(place.store())).open("/show").await;
    assert_eq!(page.text, "None");
}

async fn the_last_value_can_be_removed(place: Place) {
    let mut browser = Browser::new(&app(place.store()));
    browser.open("/insert/42").await;
    browser.open("/remove").await;
    assert_eq!(browser.open("/show").await.text, "None");
    assert_eq!(place.stored().await.len(), 1, "the session itself goes on");
}

async fn cycling_moves_the_session_to_another_id(place: Place) {
    let app = app(place.store());
    let mut browser = Browser::new(&app);
    browser.open("/insert/42").await;
    let before = browser.id().to_owned();
    browser.open("/cycle_id").await;
    assert_ne!(browser.id(), before);
    assert_eq!(browser.open("/show").await.text, "Some(Number(42))");

    let mut thief = Browser::with_cookie(&app, &before);
    assert_eq!(thief.open("/show").await.text, "None");
    assert_eq!(place.stored().await.len(), 1);
}

/// As a login does that comes first: what it deletes is an id that was never stored.
async fn a_visitor_without_a_session_can_cycle_the_id(place: Place) {
    let mut browser = Browser::new(&app(place.store()));
    browser.open("/cycle_id").await;
    assert!(place.stored().await.is_empty());
}

async fn flushing_ends_the_session_and_takes_the_cookie_back(place: Place) {
    let app = app(place.store());
    let mut browser = Browser::new(&app);
    browser.open("/insert/42").await;
    let mut other_tab = browser.clone();

    let page = browser.open("/flush").await;
    let cookie = page.set_cookie.expect("a cookie");
    assert_eq!((cookie.value(), cookie.path()), ("", Some("/")));
    assert_eq!(cookie.max_age(), Some(Duration::ZERO));
    assert!(place.stored().await.is_empty());
    assert_eq!(other_tab.open("/show").await.text, "None");
}

async fn a_second_logout_is_no_error(place: Place) {
    let mut browser = Browser::new(&app(place.store()));
    browser.open("/insert/42").await;
    let mut other_tab = browser.clone();
    browser.open("/flush").await;
    other_tab.open("/flush").await;
    assert_eq!(other_tab.cookie, None);
}

async fn the_domain_is_that_of_the_layer(place: Place) {
    let layer = SessionManagerLayer::new(place.store()).with_domain("localhost");
    let mut browser = Browser::new(&under(layer));
    browser.open("/insert/42").await;
    let cookie = browser.open("/flush").await.set_cookie.expect("a cookie");
    assert_eq!((cookie.value(), cookie.domain()), ("", Some("localhost")));
}

async fn an_expiry_can_be_set_and_taken_away(place: Place) {
    let mut browser = Browser::new(&app(place.store()));
    browser.open("/insert/42").await;
    let page = browser.open("/set_expiry").await;
    let age = page.set_cookie.and_then(|cookie| cookie.max_age());
    // The layer counts from a moment later than the handler did.
    assert!(age > Some(Duration::hours(23)) && age <= Some(Duration::days(1)));
    let page = browser.open("/remove_expiry").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.set_cookie.expect("a cookie").max_age(), None);
    assert_eq!(browser.open("/show").await.text, "Some(Number(42))");
}

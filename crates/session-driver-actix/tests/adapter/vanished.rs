//! Sessions that went while a request had them in hands, and keys that never named one.
//!
//! The published faults: an update of a removed session stores its data anew, under its key or
//! another; so does a renewal; a save overwrites a live session; an expired one is returned.

use super::actix_session::storage::{SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::http::StatusCode;
use session_driver_actix::session_driver::{Error, ErrorKind, SessionId};
use session_driver_actix::{DriverStore, OnVanished};

use super::shop::shop;
use super::storage::{HOUR, key, state};
use crate::clock;
use crate::rigged::{Fault, Rigged};
use crate::subject::Subject;

with_every_driver!(
    an_update_of_a_removed_session_does_not_resurrect_it,
    an_update_of_an_expired_session_does_not_resurrect_it,
    an_update_that_is_discarded_does_not_resurrect_the_session,
    a_change_in_flight_does_not_undo_a_logout,
    a_renewal_in_flight_does_not_undo_a_logout,
    a_change_in_flight_does_not_bring_back_what_was_renewed,
    a_look_in_flight_is_answered_and_does_not_undo_a_logout,
    two_logouts_that_meet_leave_nothing,
    a_discarded_logout_that_meets_another_succeeds,
    a_deleted_session_cannot_be_deleted_again_unless_that_is_discarded,
    an_expired_session_is_not_returned,
    a_save_never_overwrites_a_live_session,
    a_key_outside_the_grammar_is_no_session,
    a_visitor_with_a_key_outside_the_grammar_gets_a_fresh_one,
    no_session_is_created_under_a_key_that_a_client_chose,
);

/// An update of this key fails, for there is no session, and makes none under any key.
async fn assert_stays_gone(subject: &Subject, gone: SessionKey) {
    let store = subject.store();
    let again = key(gone.as_ref());
    let updated = store.update(gone, state(&[("a", "2")]), &HOUR).await;
    let Err(UpdateError::Other(error)) = updated else {
        panic!("an update of a session that is gone");
    };
    assert_eq!(
        error.downcast_ref().map(Error::kind),
        Some(ErrorKind::NotFound)
    );
    assert_eq!(store.load(&again).await.expect("a load"), None);
    assert_eq!(subject.ids().await, []);
}

async fn an_update_of_a_removed_session_does_not_resurrect_it(subject: &Subject) {
    let store = subject.store();
    let key = store
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    store.delete(&key).await.expect("a delete");
    assert_stays_gone(subject, key).await;
    assert_stays_gone(subject, generate_session_key()).await;
}

async fn an_update_of_an_expired_session_does_not_resurrect_it(subject: &Subject) {
    let store = subject.store();
    let key = store
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    clock::advance(3_600_000);
    let updated = store.update(key, state(&[("a", "2")]), &HOUR).await;
    assert!(matches!(updated, Err(UpdateError::Other(_))), "{updated:?}");
    for id in subject.ids().await {
        assert_eq!(subject.record(&id).await, None);
    }
}

async fn an_update_that_is_discarded_does_not_resurrect_the_session(subject: &Subject) {
    let store = subject.store().on_vanished(OnVanished::Discard);
    let (missing, no_id) = (generate_session_key(), key("no id"));
    for gone in [missing, no_id] {
        let text = gone.as_ref().to_owned();
        let updated = store.update(gone, state(&[("a", "2")]), &HOUR).await;
        assert_eq!(updated.expect("it is discarded").as_ref(), text);
    }
    assert_eq!(subject.ids().await, []);
}

async fn a_change_in_flight_does_not_undo_a_logout(subject: &Subject) {
    for vanished in [OnVanished::Error, OnVanished::Discard] {
        let shop = shop(subject.store().on_vanished(vanished)).await;
        let member = shop.get("/login", None).await;
        let (changed, left) = shop.race("count", "/logout", member.cookie()).await;
        assert_eq!(left.status, StatusCode::OK);
        assert_eq!(changed.is_opaque_error(), vanished == OnVanished::Error);
        // Whatever cookie the browser was left with, nobody is logged in with it.
        for cookie in [member.cookie.as_ref(), changed.cookie.as_ref()] {
            assert_eq!(shop.get("/look", cookie).await.body, "nobody 0");
        }
        assert_eq!(subject.ids().await, []);
    }
}

async fn a_renewal_in_flight_does_not_undo_a_logout(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let member = shop.get("/login", None).await;
    let (renewed, left) = shop.race("login", "/logout", member.cookie()).await;
    assert_eq!(left.status, StatusCode::OK);
    assert!(renewed.is_opaque_error());
    assert_eq!(subject.ids().await, []);
}

async fn a_change_in_flight_does_not_bring_back_what_was_renewed(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let visitor = shop.get("/count", None).await;
    let (changed, member) = shop.race("count", "/login", visitor.cookie()).await;
    assert!(changed.is_opaque_error());
    assert_eq!(
        shop.get("/look", visitor.cookie.as_ref()).await.body,
        "nobody 0"
    );
    assert_eq!(
        shop.get("/look", member.cookie.as_ref()).await.body,
        "ferris 1"
    );
    assert_eq!(subject.ids().await, [shop.id_in(member.cookie())]);
}

async fn a_look_in_flight_is_answered_and_does_not_undo_a_logout(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let member = shop.get("/login", None).await;
    let (looked, _) = shop.race("look", "/logout", member.cookie()).await;
    assert_eq!((looked.status, &*looked.body), (StatusCode::OK, "ferris 0"));
    assert_eq!(subject.ids().await, []);
}

async fn two_logouts_that_meet_leave_nothing(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let member = shop.get("/login", None).await;
    let (second, first) = shop.race("logout", "/logout", member.cookie()).await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(second.is_opaque_error());
    assert_eq!(subject.ids().await, []);
}

async fn a_discarded_logout_that_meets_another_succeeds(subject: &Subject) {
    let shop = shop(subject.store().on_vanished(OnVanished::Discard)).await;
    let member = shop.get("/login", None).await;
    let (second, first) = shop.race("logout", "/logout", member.cookie()).await;
    for left in [first, second] {
        assert_eq!(left.status, StatusCode::OK);
        assert_eq!(left.cookie().value(), "");
    }
    assert_eq!(subject.ids().await, []);
}

async fn a_deleted_session_cannot_be_deleted_again_unless_that_is_discarded(subject: &Subject) {
    let store = subject.store();
    let gone = store
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    store.delete(&gone).await.expect("a delete");
    for gone in [gone, generate_session_key(), key("no id")] {
        let error = store.delete(&gone).await.expect_err("nothing to delete");
        assert_eq!(
            error.downcast_ref().map(Error::kind),
            Some(ErrorKind::NotFound)
        );
        let discarding = store.clone().on_vanished(OnVanished::Discard);
        discarding.delete(&gone).await.expect("nothing to delete");
    }
}

async fn an_expired_session_is_not_returned(subject: &Subject) {
    let store = subject.store();
    let key = store
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    clock::advance(3_599_999);
    assert!(store.load(&key).await.expect("a load").is_some());
    clock::advance(1);
    assert_eq!(store.load(&key).await.expect("a load"), None);
}

async fn a_save_never_overwrites_a_live_session(subject: &Subject) {
    let rigged = Rigged::new(subject.driver.clone(), Fault::Taken(b"somebody else's"));
    let store = DriverStore::new(rigged).with_clock(clock::now);
    let saved = state(&[("a", "1")]);
    let key = store.save(saved.clone(), &HOUR).await.expect("a save");
    assert_eq!(store.load(&key).await.expect("a load"), Some(saved));

    let ours = SessionId::parse(key.as_ref()).expect("an id");
    let others: Vec<_> = subject
        .ids()
        .await
        .into_iter()
        .filter(|id| *id != ours)
        .collect();
    let [other] = &others[..] else {
        panic!("one other session, not {}", others.len());
    };
    let record = subject.record(other).await.expect("a live record");
    assert_eq!(record.payload, b"somebody else's");
}

async fn a_key_outside_the_grammar_is_no_session(subject: &Subject) {
    let store = subject.store();
    for text in [
        "",
        " ",
        "two words",
        "é",
        "a\0b",
        "\n",
        &"~".repeat(129),
        &"a".repeat(4064),
    ] {
        assert_eq!(
            store.load(&key(text)).await.expect("a load"),
            None,
            "{text:?}"
        );
        assert_stays_gone(subject, key(text)).await;
    }
}

async fn a_visitor_with_a_key_outside_the_grammar_gets_a_fresh_one(subject: &Subject) {
    let shop = shop(subject.store()).await;
    for text in ["", "two words", &"~".repeat(129)] {
        let counted = shop.get("/count", Some(&shop.sealed(text))).await;
        assert_eq!(
            (counted.status, &*counted.body),
            (StatusCode::OK, "nobody 1")
        );
        assert_eq!(
            shop.get("/look", counted.cookie.as_ref()).await.body,
            "nobody 1"
        );
    }
}

async fn no_session_is_created_under_a_key_that_a_client_chose(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let chosen = shop.sealed("chosen-by-an-attacker");
    let counted = shop.get("/count", Some(&chosen)).await;
    assert_eq!(counted.body, "nobody 1");
    assert_eq!(subject.ids().await, [shop.id_in(counted.cookie())]);
    assert_eq!(shop.get("/look", Some(&chosen)).await.body, "nobody 0");
}

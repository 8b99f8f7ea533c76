//! Records that cannot be read. The published fault: they are taken for an empty session, which the
//! next change writes over them.

use super::actix_session::storage::{LoadError, SessionStore};
use session_driver_actix::session_driver::{Error, ErrorKind, Json};

use super::shop::shop;
use super::storage::{HOUR, State, id, key, state};
use crate::clock;
use crate::subject::Subject;

with_every_driver!(
    a_corrupt_record_is_an_error_and_no_empty_session,
    a_corrupt_record_is_not_overwritten_by_a_visitor_who_changes_something,
    a_corrupt_record_can_be_removed,
    a_session_of_another_codec_is_an_error,
    sessions_of_another_codec_come_back_with_it,
);

/// A state that ends early, one of another type, another program's text, nothing at all.
const UNREADABLE: [(&[u8], ErrorKind); 4] = [
    (b"\xC1\x01\x00\x81", ErrorKind::Corrupt),
    (b"\xC1\x01\x00\x07", ErrorKind::Incompatible),
    (b"{\"user\":\"ferris\"}", ErrorKind::Incompatible),
    (b"", ErrorKind::Incompatible),
];

/// The kind of the error that a load ended in, if it was one that ends the request.
fn kind(loaded: Result<Option<State>, LoadError>) -> Option<ErrorKind> {
    match loaded {
        Err(LoadError::Other(error)) => error.downcast_ref().map(Error::kind),
        _ => None,
    }
}

async fn a_corrupt_record_is_an_error_and_no_empty_session(subject: &Subject) {
    let key = key("unreadable");
    for (payload, due) in UNREADABLE {
        subject.plant(&id(&key), payload).await;
        assert_eq!(
            kind(subject.store().load(&key).await),
            Some(due),
            "{payload:?}"
        );
    }
}

async fn a_corrupt_record_is_not_overwritten_by_a_visitor_who_changes_something(subject: &Subject) {
    let shop = shop(subject.store()).await;
    let member = shop.get("/login", None).await;
    let id = shop.id_in(member.cookie());
    for (payload, _) in UNREADABLE {
        subject.plant(&id, payload).await;
        let before = subject.record(&id).await;
        for path in ["/look", "/count", "/clear", "/login", "/logout"] {
            let answer = shop.get(path, member.cookie.as_ref()).await;
            assert!(answer.is_opaque_error(), "{path}: {}", answer.status);
        }
        assert_eq!(subject.record(&id).await, before);
    }
    assert_eq!(subject.ids().await, [id]);
}

async fn a_corrupt_record_can_be_removed(subject: &Subject) {
    let (store, key) = (subject.store(), key("unreadable"));
    subject.plant(&id(&key), b"\xC1\x01\x00\x81").await;
    store.delete(&key).await.expect("a delete");
    assert_eq!(store.load(&key).await.expect("a load"), None);
}

async fn a_session_of_another_codec_is_an_error(subject: &Subject) {
    let key = subject
        .store()
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    let loaded = subject.store().with_codec(Json).load(&key).await;
    assert_eq!(kind(loaded), Some(ErrorKind::Incompatible));
}

async fn sessions_of_another_codec_come_back_with_it(subject: &Subject) {
    let store = subject.store().with_codec(Json).with_clock(clock::now);
    let key = store
        .save(state(&[("a", "1")]), &HOUR)
        .await
        .expect("a save");
    let key = store
        .update(key, state(&[("a", "2")]), &HOUR)
        .await
        .expect("an update");
    assert_eq!(
        store.load(&key).await.expect("a load"),
        Some(state(&[("a", "2")]))
    );
}

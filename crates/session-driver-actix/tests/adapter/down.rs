//! Backends that fail. The published fault: "no session", so that everybody is logged out and the
//! next change begins a session over the old one.

use std::error::Error as _;
use std::sync::Arc;

use super::actix_session::storage::{LoadError, SaveError, SessionStore, UpdateError};
use redis_test_server::{Options, Server, installed_or_skip};
use session_driver_actix::DriverStore;
use session_driver_actix::session_driver::{
    Codec, CodecError, CodecErrorKind, Error, ErrorKind, MemoryDriver,
};
use session_driver_actix::session_driver_async::Blocking;
use session_driver_redis::{AsyncRedisDriver, RedisDriver};

use super::shop::{Answer, shop};
use super::storage::{HOUR, State, key, state};
use crate::clock;
use crate::rigged::{Fault, Rigged};
use crate::subject::{Driver, Subject, memory};

with_every_driver!(
    a_backend_that_is_down_is_not_no_session,
    whoever_comes_while_the_backend_is_down_is_told_nothing_and_loses_nothing,
);

const KINDS: [ErrorKind; 5] = [
    ErrorKind::Unavailable,
    ErrorKind::Busy,
    ErrorKind::Corrupt,
    ErrorKind::Indeterminate,
    ErrorKind::PermissionDenied,
];

fn down(subject: &Subject, kind: ErrorKind) -> DriverStore<Rigged> {
    let rigged = Rigged::new(subject.driver.clone(), Fault::Down(kind));
    DriverStore::new(rigged).with_clock(clock::now)
}

async fn a_backend_that_is_down_is_not_no_session(subject: &Subject) {
    let kept = state(&[("a", "1")]);
    let key_of_one = subject
        .store()
        .save(kept.clone(), &HOUR)
        .await
        .expect("a save");
    for kind in KINDS {
        let store = down(subject, kind);
        let one = || key(key_of_one.as_ref());
        let Err(LoadError::Other(load)) = store.load(&one()).await else {
            panic!("a load while {kind}");
        };
        let Err(SaveError::Other(save)) = store.save(State::new(), &HOUR).await else {
            panic!("a save while {kind}");
        };
        let Err(UpdateError::Other(update)) = store.update(one(), State::new(), &HOUR).await else {
            panic!("an update while {kind}");
        };
        let touch = store.update_ttl(&one(), &HOUR).await.expect_err("a touch");
        let delete = store.delete(&one()).await.expect_err("a delete");
        for error in [load, save, update, touch, delete] {
            assert_eq!(error.downcast_ref().map(Error::kind), Some(kind));
        }
    }
    let loaded = subject.store().load(&key_of_one).await;
    assert_eq!(loaded.expect("a load"), Some(kept));
}

async fn whoever_comes_while_the_backend_is_down_is_told_nothing_and_loses_nothing(
    subject: &Subject,
) {
    let up = shop(subject.store()).await;
    let member = up.get("/login", None).await;
    let id = up.id_in(member.cookie());
    let before = subject.record(&id).await;
    for kind in KINDS {
        let shop = shop(down(subject, kind)).await;
        let cookie = shop.sealed(id.as_str());
        for path in ["/look", "/count", "/login", "/logout"] {
            let answer = shop.get(path, Some(&cookie)).await;
            assert!(answer.is_opaque_error(), "{path} while {kind}");
        }
        let newcomer = shop.get("/count", None).await;
        assert!(newcomer.is_opaque_error(), "a newcomer while {kind}");
    }
    assert_eq!(subject.record(&id).await, before);
    assert_eq!(
        up.get("/look", member.cookie.as_ref()).await.body,
        "ferris 0"
    );
}

#[actix_web::test]
async fn a_redis_server_that_is_killed_logs_nobody_out() {
    if installed_or_skip("a killed Redis server under actix-session").is_none() {
        return;
    }
    let options = Options::new().append_only(redis_test_server::AppendFsync::Always);
    let mut server = Server::start(&options).expect("a server");
    let blocking = RedisDriver::open(&server.url()).expect("an open driver");
    let native = AsyncRedisDriver::open(&server.url()).await;
    let drivers: [Driver; 2] = [
        Arc::new(Blocking::new(blocking)),
        Arc::new(native.expect("an open driver")),
    ];
    let mut shops = Vec::new();
    for driver in drivers {
        shops.push(shop(DriverStore::new(driver)).await);
    }
    let mut members = Vec::new();
    for shop in &shops {
        members.push(shop.get("/login", None).await);
    }
    server.kill().expect("a kill");
    for (shop, member) in shops.iter().zip(&members) {
        for path in ["/look", "/count", "/logout"] {
            let answer = shop.get(path, member.cookie.as_ref()).await;
            assert!(Answer::is_opaque_error(&answer), "{path}");
        }
    }
    server.restart().expect("a restart");
    for (shop, member) in shops.iter().zip(&members) {
        assert_eq!(
            shop.get("/look", member.cookie.as_ref()).await.body,
            "ferris 0"
        );
    }
}

/// It can encode nothing.
#[derive(Clone, Debug)]
struct Mute;

impl<T> Codec<T> for Mute {
    const TAG: u8 = 200;

    fn encode(&self, _: &T, _: &mut Vec<u8>) -> Result<(), CodecError> {
        Err(CodecError::new(CodecErrorKind::Unencodable, "it is mute"))
    }

    fn decode(&self, _: &[u8]) -> Result<T, CodecError> {
        Err(CodecError::new(CodecErrorKind::Incompatible, "it is mute"))
    }
}

#[actix_web::test]
async fn a_state_that_cannot_be_encoded_is_a_serialization_error_and_changes_nothing() {
    let subject = memory("").await.expect("memory");
    let kept = state(&[("a", "1")]);
    let key = subject
        .store()
        .save(kept.clone(), &HOUR)
        .await
        .expect("a save");
    let store = subject.store().with_codec(Mute);
    let saved = store.save(State::new(), &HOUR).await;
    assert!(
        matches!(saved, Err(SaveError::Serialization(_))),
        "{saved:?}"
    );
    let again = super::storage::key(key.as_ref());
    let updated = store.update(again, State::new(), &HOUR).await;
    assert!(
        matches!(updated, Err(UpdateError::Serialization(_))),
        "{updated:?}"
    );
    assert_eq!(
        subject.store().load(&key).await.expect("a load"),
        Some(kept)
    );
    assert_eq!(subject.ids().await.len(), 1);
}

#[actix_web::test]
async fn neither_an_error_nor_the_store_shows_a_key_or_a_value() {
    let store = DriverStore::blocking(MemoryDriver::new());
    let saved = state(&[("hidden-name", "hidden-value")]);
    let key = store.save(saved.clone(), &HOUR).await.expect("a save");
    store.delete(&key).await.expect("a delete");
    let secret = key.as_ref().to_owned();
    let error = store
        .update(key, saved, &HOUR)
        .await
        .expect_err("it is gone");
    let mut shown = format!("{store:?} {error:?} {error}");
    let mut source = error.source();
    while let Some(error) = source {
        shown += &format!(" {error:?} {error}");
        source = error.source();
    }
    assert!(shown.contains("no live session"), "{shown}");
    for hidden in [&*secret, "hidden-name", "hidden-value"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

//! The layers around each other.

use std::fmt::Debug;
use std::ops::ControlFlow;

use session_driver_async::{AsyncSessionDriver, AsyncSessions, Blocking};
use session_driver_layers::session_driver::{
    ErrorKind, MemoryDriver, Precondition, Session, SessionDriver, Sessions,
};
use session_driver_layers::{Encrypted, Hashed, Key, KeyRing, Traced};
use tokio::runtime::Builder;

use crate::{NOW, forever, id};

fn keys() -> KeyRing {
    KeyRing::new(Key::new(1, b"a-secret-key-of-thirty-two-bytes"))
}

/// The stated order.
fn all<D>(driver: D) -> Traced<Hashed<Encrypted<D>>> {
    Traced::new(Hashed::new(Encrypted::new(driver, keys())), "beneath")
}

/// A session lives from its creation to its end, and nothing of it can be read beneath.
fn serves(driver: impl SessionDriver, beneath: &MemoryDriver) {
    let sessions = Sessions::<String, _>::new(driver);
    let mut session = sessions.create("of ana".into()).expect("a session");
    let first = session.id().clone();
    sessions
        .update(&first, |basket| basket.push('!'))
        .expect("an update");
    assert!(sessions.touch(&first).expect("a touch"));
    session = sessions.retrieve(&first).expect("a read").expect("live");
    sessions.rotate(&mut session).expect("a rotate");
    assert!(sessions.retrieve(&first).expect("a read").is_none());
    let found = sessions
        .retrieve(session.id())
        .expect("a read")
        .expect("live");
    assert_eq!(*found, "of ana!");
    let searched = sessions.find(|_, _| ControlFlow::Continue(()));
    assert_eq!(
        searched.expect_err("ids are hashed").kind(),
        ErrorKind::Unsupported
    );
    let mut visits = 0;
    let traversed = beneath.traverse(NOW, &mut |shown| {
        assert!(*shown != first && shown != session.id());
        let record = beneath.retrieve(shown, NOW).expect("a read").expect("live");
        assert!(!record.payload.windows(3).any(|window| window == b"ana"));
        visits += 1;
        ControlFlow::Continue(())
    });
    traversed.expect("the memory driver traverses");
    assert_eq!(visits, 1);
    assert!(sessions.remove(session.id()).expect("a remove"));
}

#[test]
fn all_layers_serve_a_session_and_hide_it_in_whatever_order() {
    let memory = MemoryDriver::new();
    let over = || memory.clone();
    serves(all(over()), &memory);
    serves(
        Hashed::new(Traced::new(Encrypted::new(over(), keys()), "t")),
        &memory,
    );
    serves(
        Hashed::new(Encrypted::new(Traced::new(over(), "t"), keys())),
        &memory,
    );
    serves(Encrypted::new(Hashed::new(over()), keys()), &memory);
    serves(
        Encrypted::new(Traced::new(Hashed::new(over()), "t"), keys()),
        &memory,
    );
    serves(
        Traced::new(Encrypted::new(Hashed::new(over()), keys()), "t"),
        &memory,
    );
}

#[test]
fn all_layers_serve_an_async_session() {
    let memory = MemoryDriver::new();
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let sessions = AsyncSessions::<String, _>::new(all(Blocking::new(memory.clone())));
        let mut session = sessions.create("of ana".into()).await.expect("a session");
        sessions.rotate(&mut session).await.expect("a rotate");
        assert!(sessions.touch(session.id()).await.expect("a touch"));
        // The blocking face of the layers finds what the async one stored.
        let blocking = Sessions::<String, _>::new(all(memory));
        let found = blocking.retrieve(session.id()).expect("a read");
        assert_eq!(found.map(Session::into_inner), Some("of ana".into()));
    });
}

#[test]
fn what_all_layers_declare_is_what_each_changes() {
    let memory = MemoryDriver::new();
    let (beneath, above) = (memory.capabilities(), all(memory.clone()).capabilities());
    assert!(above.hashed_ids && !above.readable_ids && !above.atomic_rotate);
    assert_eq!(above.max_payload_bytes + 56, beneath.max_payload_bytes);
    let bridged = all(Blocking::new(memory));
    assert_eq!(AsyncSessionDriver::capabilities(&bridged), above);
}

#[test]
fn a_payload_is_sealed_for_the_id_that_its_layer_is_given() {
    let memory = MemoryDriver::new();
    let hashed_outside = Hashed::new(Encrypted::new(memory.clone(), keys()));
    let hashed_inside = Encrypted::new(Hashed::new(memory), keys());
    let (who, record) = (id("ana"), forever(b"x"));
    let stored = hashed_outside.store(&who, record, Precondition::Any, NOW);
    stored.expect("it is stored");
    let found = hashed_inside.retrieve(&who, NOW);
    assert_eq!(found.expect_err("another order").kind(), ErrorKind::Corrupt);
}

#[test]
fn id_4_debug_shows_no_id_no_payload_and_no_key() {
    let driver = all(MemoryDriver::new());
    let stored = driver.store(
        &id("the-id"),
        forever(b"the payload"),
        Precondition::Any,
        NOW,
    );
    stored.expect("it is stored");
    let parts: [&dyn Debug; 3] = [&driver, &keys(), &driver.inner().inner().clone()];
    for part in parts {
        let shown = format!("{part:?} {part:#?}");
        for secret in ["the-id", "the payload", "secret", "115"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

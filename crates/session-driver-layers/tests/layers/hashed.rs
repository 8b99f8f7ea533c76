//! Hashed ids: what the driver beneath sees, and what is refused above.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use session_driver_layers::Hashed;
use session_driver_layers::session_driver::{
    Capabilities, ErrorKind, MemoryDriver, Precondition, SessionDriver, SessionId, Sessions,
};

use crate::{NOW, forever, id};

fn visited(driver: &impl SessionDriver) -> Vec<SessionId> {
    let mut visited = vec![];
    let traversed = driver.traverse(NOW, &mut |id| {
        visited.push(id.clone());
        ControlFlow::Continue(())
    });
    traversed.expect("the memory driver traverses");
    visited
}

#[test]
fn the_driver_beneath_sees_a_digest_of_43_characters() {
    let memory = MemoryDriver::new();
    let hashed = Hashed::new(memory.clone());
    let longest = "~".repeat(128);
    for plain in ["a", &longest] {
        let stored = hashed.store(&id(plain), forever(b"x"), Precondition::Absent, NOW);
        stored.expect("it was absent");
        assert_eq!(memory.retrieve(&id(plain), NOW).expect("a read"), None);
    }
    let shown = visited(&memory);
    assert_eq!(shown.len(), 2);
    for digest in &shown {
        assert_eq!(digest.as_str().len(), 43);
        assert!(memory.retrieve(digest, NOW).expect("a read").is_some());
    }
}

#[test]
fn a_digest_is_no_key_to_the_record_it_stands_for() {
    let hashed = Hashed::new(MemoryDriver::new());
    let stored = hashed.store(&id("ana"), forever(b"x"), Precondition::Absent, NOW);
    stored.expect("it was absent");
    for digest in visited(&hashed) {
        assert_eq!(hashed.retrieve(&digest, NOW).expect("a read"), None);
        assert!(!hashed.remove(&digest, NOW).expect("a remove"));
    }
    assert!(hashed.remove(&id("ana"), NOW).expect("a remove"));
}

#[test]
fn trv_6_find_is_unsupported_and_not_empty() {
    let sessions = Sessions::<String, _>::new(Hashed::new(MemoryDriver::new()));
    for _ in 0..2 {
        let found = sessions.find(|_, _| panic!("nothing is found"));
        assert_eq!(
            found.expect_err("ids cannot be read").kind(),
            ErrorKind::Unsupported
        );
        sessions.create("ana".into()).expect("a session");
    }
}

#[test]
fn trv_6_sessions_are_counted_and_remove_all_is_unsupported() {
    let sessions = Sessions::<String, _>::new(Hashed::new(MemoryDriver::new()));
    for _ in 0..3 {
        sessions.create("ana".into()).expect("a session");
    }
    let removed = sessions.remove_all(NonZeroUsize::MIN);
    assert_eq!(
        removed.expect_err("ids cannot be read").kind(),
        ErrorKind::Unsupported
    );
    assert_eq!(sessions.count().expect("a traversal"), 3);
}

#[test]
fn everything_else_is_declared_as_the_driver_beneath_declares_it() {
    let memory = MemoryDriver::new();
    let due = Capabilities {
        readable_ids: false,
        hashed_ids: true,
        ..memory.capabilities()
    };
    assert_eq!(Hashed::new(memory).capabilities(), due);
}

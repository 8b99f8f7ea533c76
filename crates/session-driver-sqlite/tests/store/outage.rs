//! A file that goes, or is replaced, under an open driver.

use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{ErrorKind, SessionDriver};

use crate::{NOW, Store, id, kind, put, read};

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        fs::remove_file(name).expect("the file");
    }
}

fn is_unavailable(store: &Store, when: &str) {
    let driver = &store.driver;
    let bound = driver.capabilities().outage_bound;
    let gone = Instant::now();
    // What is said to be absent, and every write, is looked after at once.
    assert_eq!(
        kind(read(driver, &id("absent"))),
        ErrorKind::Unavailable,
        "{when}"
    );
    assert_eq!(
        kind(put(driver, &id("a"), b"lost")),
        ErrorKind::Unavailable,
        "{when}"
    );
    assert_eq!(
        kind(driver.touch(&id("a"), None, NOW)),
        ErrorKind::Unavailable
    );
    assert_eq!(kind(driver.remove(&id("a"), NOW)), ErrorKind::Unavailable);
    assert_eq!(
        kind(driver.sweep(NOW, NonZeroUsize::MIN)),
        ErrorKind::Unavailable
    );
    let visits = driver.traverse(NOW, &mut |_| ControlFlow::Continue(()));
    assert_eq!(kind(visits), ErrorKind::Unavailable, "{when}");
    // What is there in the old file may be read for as long as is declared.
    loop {
        let late = gone.elapsed() > bound;
        match read(driver, &id("a")) {
            Ok(found) => assert_eq!(found.as_deref(), Some(&b"kept"[..]), "{when}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{when}");
                return;
            }
        }
        assert!(!late, "still read after {bound:?}, {when}");
    }
}

#[test]
fn a_file_that_was_removed_is_unavailable() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"kept").expect("a store");
    remove(&store.path());
    is_unavailable(&store, "when it was removed");
    assert!(!store.path().exists(), "it was made again");
}

#[test]
fn a_file_that_was_replaced_is_unavailable_and_the_new_one_stays() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"kept").expect("a store");
    remove(&store.path());
    let other = SqliteDriver::open(store.path()).expect("a new store");
    put(&other, &id("b"), b"new").expect("a store");
    is_unavailable(&store, "when it was replaced");
    assert_eq!(read(&other, &id("a")).expect("a read"), None);
    assert!(read(&other, &id("b")).expect("a read").is_some());
}

#[test]
fn a_traversal_ends_though_each_visit_stores_a_later_id() {
    let store = Store::new();
    put(&store.driver, &id("id-000000"), b"x").expect("a store");
    let mut visits = 0;
    let ended = store.driver.traverse(NOW, &mut |_| {
        visits += 1;
        put(&store.driver, &id(&format!("id-{visits:06}")), b"x").expect("a store");
        match visits < 10_000 {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    ended.expect("a traversal");
    assert_eq!(visits, 1);
}

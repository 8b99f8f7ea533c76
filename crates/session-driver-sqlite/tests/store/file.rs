//! Whose file it is, and who can read it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{Durability, ErrorKind, SessionDriver, Sharing};

use crate::{Store, id, kind, put, read};

#[test]
fn the_file_and_its_companions_are_private() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"x").expect("a store");
    let mut seen = 0;
    for entry in fs::read_dir(store.directory.path()).expect("the directory") {
        let status = entry.expect("an entry").metadata().expect("a status");
        assert_eq!(status.mode() & 0o7777, 0o600);
        seen += 1;
    }
    assert_eq!(seen, 3, "the database, its log and the log's index");
}

#[test]
fn a_link_or_a_directory_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let [link, target, inside] =
        ["link", "target", "inside"].map(|name| directory.path().join(name));
    symlink(&target, &link).expect("a link");
    assert_eq!(kind(SqliteDriver::open(&link)), ErrorKind::Incompatible);
    assert!(!target.exists(), "the link was followed");
    fs::create_dir(&inside).expect("a directory");
    assert_eq!(kind(SqliteDriver::open(&inside)), ErrorKind::Incompatible);
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("app.db");
    for mode in [0o666, 0o620, 0o602] {
        fs::write(&path, b"").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        assert_eq!(kind(SqliteDriver::open(&path)), ErrorKind::PermissionDenied);
    }
}

#[test]
fn a_missing_directory_is_unavailable() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("nowhere").join("app.db");
    assert_eq!(kind(SqliteDriver::open(&path)), ErrorKind::Unavailable);
}

#[test]
fn a_file_named_as_a_url_is_a_file() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("file:a?mode=memory");
    let driver = SqliteDriver::open(&path).expect("a new store");
    put(&driver, &id("a"), b"x").expect("a store");
    drop(driver);
    let driver = SqliteDriver::open(&path).expect("the store");
    assert_eq!(
        read(&driver, &id("a")).expect("a read").as_deref(),
        Some(&b"x"[..])
    );
}

#[test]
fn stores_in_memory_are_apart_and_promise_nothing() {
    let [one, other] = [(); 2].map(|()| SqliteDriver::in_memory().expect("a store"));
    put(&one, &id("a"), b"x").expect("a store");
    assert_eq!(
        read(&one, &id("a")).expect("a read").as_deref(),
        Some(&b"x"[..])
    );
    assert_eq!(read(&other, &id("a")).expect("a read"), None);
    let declared = one.capabilities();
    assert!(!declared.persistent);
    assert_eq!(declared.sharing, Sharing::Instance);
    assert_eq!(declared.durability, Durability::None);
}

#[test]
fn what_is_configured_is_declared() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (asked, given) in [
        (Durability::None, Durability::Process),
        (Durability::Process, Durability::Process),
        (Durability::Power, Durability::Power),
    ] {
        let builder = SqliteDriver::builder(directory.path().join("app.db"));
        let driver = builder.durability(asked).open().expect("a store");
        assert_eq!(driver.capabilities().durability, given);
    }
}

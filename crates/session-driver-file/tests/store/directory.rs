//! Whose directory is taken, and what happens when it goes.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::Instant;

use session_driver_file::FileDriver;
use session_driver_file::session_driver::{
    ErrorKind, NewRecord, Precondition, SessionDriver, Timestamp,
};

use crate::{NOW, Store, id, session_files};

fn refused(path: &Path) -> ErrorKind {
    FileDriver::open(path)
        .expect_err("a directory that must be refused")
        .kind()
}

#[test]
fn everything_is_private() {
    let store = Store::new();
    store.put(&id("a"), b"x").expect("a store");
    let mode = |path: &Path| fs::metadata(path).expect("a file").mode() & 0o7777;
    let file = store.file();
    assert_eq!(mode(&store.path()), 0o700);
    assert_eq!(mode(file.parent().expect("a shard")), 0o700);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(
        mode(&store.path().join("session-driver-file.format")),
        0o600
    );
}

#[test]
fn a_directory_that_others_can_write_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for mode in [0o777, 0o770, 0o702] {
        fs::set_permissions(directory.path(), Permissions::from_mode(mode)).expect("a mode");
        assert_eq!(
            refused(directory.path()),
            ErrorKind::PermissionDenied,
            "{mode:o}"
        );
    }
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("a mode");
    FileDriver::open(directory.path()).expect("an empty directory of one's own is taken");
}

#[test]
fn a_directory_with_foreign_files_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("thesis.tex"), b"important").expect("a file");
    assert_eq!(refused(directory.path()), ErrorKind::Incompatible);
    let names: Vec<_> = fs::read_dir(directory.path())
        .expect("a directory")
        .collect();
    assert_eq!(names.len(), 1);
}

#[test]
fn foreign_files_that_came_later_are_passed_over() {
    let store = Store::new();
    store.put(&id("a"), b"x").expect("a store");
    let shard = store.file().parent().expect("a shard").to_owned();
    for name in ["README", "NOTBASE32.txt", ".hidden"] {
        fs::write(shard.join(name), b"?").expect("a file");
        fs::write(store.path().join(name), b"?").expect("a file");
    }
    let reopened = FileDriver::open(store.path()).expect("a store");
    let mut visited = 0;
    let visit = &mut |_: &_| {
        visited += 1;
        std::ops::ControlFlow::Continue(())
    };
    reopened.traverse(NOW, visit).expect("a traversal");
    reopened
        .sweep(Timestamp::MAX, std::num::NonZeroUsize::MAX)
        .expect("a sweep");
    assert_eq!((visited, session_files(&store.path()).len()), (1, 4));
}

#[test]
fn a_store_within_a_store_is_refused() {
    let store = Store::new();
    store.put(&id("a"), b"x").expect("a store");
    let shard = store.file().parent().expect("a shard").to_owned();
    for inside in [
        store.path().join("inner"),
        shard.clone(),
        shard.join("inner"),
    ] {
        assert_eq!(refused(&inside), ErrorKind::Incompatible, "{inside:?}");
    }
}

#[test]
fn what_is_no_directory_or_has_no_parent_is_refused() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("file");
    fs::write(&file, b"").expect("a file");
    assert_eq!(refused(&file), ErrorKind::Incompatible);
    assert_eq!(
        refused(&directory.path().join("no/parent")),
        ErrorKind::Unavailable
    );
}

#[test]
fn a_newer_or_damaged_marker_is_told_apart() {
    let store = Store::new();
    let marker = store.path().join("session-driver-file.format");
    let text = fs::read_to_string(&marker).expect("the marker");
    fs::write(&marker, text.replace("format 1", "format 2")).expect("a marker");
    assert_eq!(refused(&store.path()), ErrorKind::Incompatible);
    let (other, short) = (text.replace("256", "254"), text.replace("256", "25"));
    for damaged in [
        "",
        "something else\n",
        "session-driver file store\nformat one\n",
        &other,
        &short,
        &text[..text.len() - 1],
    ] {
        fs::write(&marker, damaged).expect("a marker");
        assert_eq!(refused(&store.path()), ErrorKind::Corrupt, "{damaged:?}");
    }
    fs::remove_file(&marker).expect("a marker");
    symlink("elsewhere", &marker).expect("a link");
    assert_eq!(refused(&store.path()), ErrorKind::Corrupt);
}

#[test]
fn a_store_keeps_the_number_of_shards_it_was_made_with() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("store");
    let few = FileDriver::builder(&path)
        .shards(2)
        .open()
        .expect("a new store");
    let many = FileDriver::builder(&path)
        .shards(256)
        .open()
        .expect("the same store");
    for name in ["a", "b", "c", "d", "e", "f"] {
        let record = NewRecord {
            payload: b"x",
            expires_at: None,
        };
        let when = Precondition::Absent;
        many.store(&id(name), record, when, NOW).expect("a store");
        assert!(few.retrieve(&id(name), NOW).expect("a read").is_some());
    }
    for shards in [0, 257] {
        let opened = FileDriver::builder(&path).shards(shards).open();
        assert_eq!(
            opened.expect_err("out of range").kind(),
            ErrorKind::Unsupported
        );
    }
}

#[test]
fn a_removed_directory_is_unavailable_and_never_an_empty_store() {
    let store = Store::new();
    store.put(&id("a"), b"x").expect("a store");
    fs::remove_dir_all(store.path()).expect("the directory goes");
    let unavailable = |kind: ErrorKind| assert_eq!(kind, ErrorKind::Unavailable);
    unavailable(store.read(&id("a")).expect_err("gone").kind());
    unavailable(store.read(&id("never-stored")).expect_err("gone").kind());
    unavailable(store.put(&id("a"), b"y").expect_err("gone").kind());
    unavailable(store.put(&id("b"), b"y").expect_err("gone").kind());
    unavailable(
        store
            .driver
            .touch(&id("a"), None, NOW)
            .expect_err("gone")
            .kind(),
    );
    unavailable(store.driver.remove(&id("a"), NOW).expect_err("gone").kind());
    unavailable(
        store
            .driver
            .rotate(&id("a"), &id("b"), NOW)
            .expect_err("gone")
            .kind(),
    );
    let visit = &mut |_: &_| std::ops::ControlFlow::Continue(());
    unavailable(store.driver.traverse(NOW, visit).expect_err("gone").kind());
    let swept = store.driver.sweep(NOW, std::num::NonZeroUsize::MIN);
    unavailable(swept.expect_err("gone").kind());
    assert!(!store.path().exists(), "the directory came back");
}

#[test]
fn a_replaced_directory_is_unavailable_within_the_declared_bound() {
    let store = Store::new();
    store.put(&id("a"), b"x").expect("a store");
    fs::rename(store.path(), store.directory.path().join("moved")).expect("the directory goes");
    FileDriver::open(store.path()).expect("another store takes its place");
    assert_eq!(
        store.read(&id("b")).expect_err("replaced").kind(),
        ErrorKind::Unavailable
    );
    let (begin, bound) = (Instant::now(), store.driver.capabilities().outage_bound);
    while store.put(&id("a"), b"y").is_ok() {
        assert!(
            begin.elapsed() < bound,
            "stores into the moved directory go on"
        );
    }
    assert_eq!(
        store.put(&id("a"), b"y").expect_err("replaced").kind(),
        ErrorKind::Unavailable
    );
}

#[test]
fn a_store_that_may_not_be_made_is_unavailable_and_nothing_is_changed() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (missing, empty) = (
        directory.path().join("missing"),
        directory.path().join("empty"),
    );
    fs::create_dir(&empty).expect("a directory");
    for path in [&missing, &empty] {
        let error = FileDriver::builder(path).create(false).open();
        let error = error.expect_err("there is no store");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let source = std::error::Error::source(&error).expect("a reason");
        assert!(source.to_string().contains("no session store"), "{source}");
    }
    assert!(!missing.exists());
    assert_eq!(fs::read_dir(&empty).expect("a directory").count(), 0);
    drop(FileDriver::open(&empty).expect("a new store"));
    let opened = FileDriver::builder(&empty).create(false).open();
    opened.expect("a store that is there is opened");
}

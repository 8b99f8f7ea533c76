//! What lies on the disk.

use std::os::unix::fs::MetadataExt;

use session_driver_file::FileDriver;
use session_driver_file::session_driver::{
    Durability, ErrorKind, NewRecord, Precondition, SessionDriver, Timestamp,
};

use crate::{NOW, Store, id, session_files};

#[test]
fn an_overwrite_keeps_the_file_and_a_remove_takes_it() {
    let store = Store::new();
    store.put(&id("a"), b"one").expect("a store");
    let inode = std::fs::metadata(store.file()).expect("the file").ino();
    for payload in [b"two".as_slice(), b"three", b""] {
        store.put(&id("a"), payload).expect("a store");
        assert_eq!(
            std::fs::metadata(store.file()).expect("the file").ino(),
            inode
        );
    }
    assert!(store.driver.remove(&id("a"), NOW).expect("a remove"));
    assert!(session_files(&store.path()).is_empty());
}

#[test]
fn a_rotate_gives_the_session_another_file() {
    let store = Store::new();
    store.put(&id("a"), b"one").expect("a store");
    let held_open = std::fs::File::open(store.file()).expect("the file");
    store
        .driver
        .rotate(&id("a"), &id("b"), NOW)
        .expect("a rotate")
        .expect("a live session");
    let inode = |file: std::fs::Metadata| file.ino();
    let old = inode(held_open.metadata().expect("the old file"));
    assert_ne!(
        inode(std::fs::metadata(store.file()).expect("the file")),
        old
    );
}

/// The byte saves every further write a sync of the directory.
#[test]
fn a_file_says_that_its_name_was_synced_once_a_driver_for_power_has_written_it() {
    let store = Store::new();
    let says_so = || std::fs::read(store.file()).expect("the file")[16] == 1;
    let for_power = FileDriver::builder(store.path())
        .durability(Durability::Power)
        .open()
        .expect("the store");
    let record = NewRecord {
        payload: b"three",
        expires_at: None,
    };
    for payload in [b"one", b"two"] {
        store.put(&id("a"), payload).expect("a store");
        assert!(!says_so(), "nobody has synced the name");
    }
    assert!(for_power.touch(&id("a"), None, NOW).expect("a touch"));
    assert!(says_so(), "touched");
    store.put(&id("a"), b"new").expect("a store");
    assert!(says_so(), "and overwritten");
    for_power.remove(&id("a"), NOW).expect("a remove");
    for_power
        .store(&id("a"), record, Precondition::Absent, NOW)
        .expect("a store");
    assert!(says_so(), "created");
    for_power.remove(&id("a"), NOW).expect("a remove");
    store.put(&id("a"), b"one").expect("a store");
    for_power
        .store(&id("a"), record, Precondition::Present, NOW)
        .expect("a store");
    assert!(says_so(), "overwritten");
}

#[test]
fn a_growing_session_takes_a_few_times_its_size() {
    let store = Store::new();
    let mut length = 10;
    while length < 3_000_000 {
        let payload = vec![length as u8; length];
        store.put(&id("a"), &payload).expect("a store");
        assert_eq!(
            store.read(&id("a")).expect("a read"),
            Some(payload),
            "{length} bytes"
        );
        length += length / 7 + 1;
    }
    let factor = u64::from(store.driver.capabilities().space_factor);
    let on_disk = std::fs::metadata(store.file()).expect("the file").blocks() * 512;
    assert!(
        on_disk <= factor * (length as u64 + 4096),
        "{on_disk} bytes for {length}"
    );
}

#[test]
fn a_drained_sweep_leaves_no_file() {
    let store = Store::new();
    let until = Timestamp::from_millis(NOW.as_millis() + 1_000);
    for number in 0..300 {
        let record = NewRecord {
            payload: b"x",
            expires_at: until,
        };
        let id = id(&format!("session-{number}"));
        store
            .driver
            .store(&id, record, Precondition::Absent, NOW)
            .expect("a store");
    }
    let limit = std::num::NonZeroUsize::new(7).expect("seven");
    let mut removed = 0;
    loop {
        let swept = store.driver.sweep(Timestamp::MAX, limit).expect("a sweep");
        removed += swept.removed;
        if !swept.more {
            break;
        }
    }
    assert_eq!((removed, session_files(&store.path()).len()), (300, 0));
}

#[test]
fn a_stopped_holder_of_a_lock_makes_others_busy_and_not_wait_for_ever() {
    let store = Store::new();
    store.put(&id("a"), b"x").expect("a store");
    let impatient = FileDriver::builder(store.path())
        .wait_timeout(std::time::Duration::from_millis(20))
        .open()
        .expect("the store");
    let holder = std::fs::File::open(store.file()).expect("the file");
    holder.lock().expect("the lock");
    let record = NewRecord {
        payload: b"y",
        expires_at: None,
    };
    let stored = impatient.store(&id("a"), record, Precondition::Any, NOW);
    assert_eq!(stored.expect_err("locked").kind(), ErrorKind::Busy);
    let removed = impatient.remove(&id("a"), NOW);
    assert_eq!(removed.expect_err("locked").kind(), ErrorKind::Busy);
    // A read takes no lock.
    assert!(impatient.retrieve(&id("a"), NOW).expect("a read").is_some());
    holder.unlock().expect("the lock");
    impatient
        .store(&id("a"), record, Precondition::Any, NOW)
        .expect("a store");
}

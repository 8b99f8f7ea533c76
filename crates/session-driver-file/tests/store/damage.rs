//! Damaged, torn and foreign bytes at a session's place: never the payload before, never "no
//! session".

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use session_driver_file::session_driver::{
    Error, ErrorKind, Precondition, SessionDriver, SessionId, Timestamp,
};

use crate::{NOW, Store, id};

/// Changes a file in place, as damage does: its inode stays.
fn overwrite(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).expect("the file");
    file.write_all(bytes).expect("a write");
    file.set_len(bytes.len() as u64).expect("a length");
}

fn overwrite_at(path: &Path, offset: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).expect("the file");
    file.seek(SeekFrom::Start(offset)).expect("a seek");
    file.write_all(bytes).expect("a write");
}

/// A store whose one session was stored three times, so that both slots were used.
fn third_generation() -> (Store, Vec<u8>) {
    let store = Store::new();
    for payload in [b"first..".as_slice(), b"second.", b"current"] {
        store.put(&id("a"), payload).expect("a store");
    }
    let bytes = fs::read(store.file()).expect("the file");
    (store, bytes)
}

/// What a damaged file may answer: the current payload where the damage hit no part of it, or an
/// error that names the damage.
fn assert_current_or_damaged(store: &Store, what: &str) {
    match store.read(&id("a")) {
        Ok(Some(payload)) => assert_eq!(payload, b"current", "{what}"),
        Ok(None) => panic!("{what}: damage was taken for no session"),
        Err(error) => assert!(
            matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Incompatible),
            "{what}: {error:?}"
        ),
    }
}

#[test]
fn no_flipped_bit_brings_back_an_older_payload_or_no_session() {
    let (store, bytes) = third_generation();
    let path = store.file();
    let mut noticed = 0;
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let flipped = bytes[position] ^ 1 << bit;
            overwrite_at(&path, position as u64, &[flipped]);
            assert_current_or_damaged(&store, &format!("bit {bit} of byte {position}"));
            noticed += usize::from(store.read(&id("a")).is_err());
            overwrite_at(&path, position as u64, &bytes[position..=position]);
        }
    }
    // The headers and the current slot's payload at the least.
    assert!(noticed > 400, "only {noticed} flipped bits were noticed");
}

#[test]
fn no_truncation_brings_back_an_older_payload_or_no_session() {
    let (store, bytes) = third_generation();
    let path = store.file();
    for length in 0..bytes.len() {
        overwrite(&path, &bytes[..length]);
        assert_current_or_damaged(&store, &format!("cut to {length} bytes"));
    }
}

#[test]
fn no_garbage_makes_any_operation_panic_or_answer_no_session() {
    let (store, bytes) = third_generation();
    let path = store.file();
    // Capacities, lengths and sequences of all ones, in either slot.
    for position in (0..bytes.len() - 8).step_by(4) {
        let mut hostile = bytes.clone();
        hostile[position..position + 8].fill(0xFF);
        overwrite(&path, &hostile);
        assert_current_or_damaged(&store, &format!("all ones from byte {position}"));
        // Whatever a touch and a rotate answer, they do not say that there is no session.
        if let Ok(found) = store.driver.touch(&id("a"), None, NOW) {
            assert!(
                found,
                "a touch took all ones from byte {position} for no session"
            );
        }
        let rotated = store.driver.rotate(&id("a"), &id("a"), NOW);
        assert!(
            rotated.is_err(),
            "a rotate took all ones from byte {position} for no session"
        );
    }
}

/// A write that was cut short at each of its bytes, before the old slot was retired: the old record
/// stays, until the new one is whole.
#[test]
fn a_write_that_was_cut_short_leaves_the_old_record_or_the_new_one() {
    let (store, before) = third_generation();
    let path = store.file();
    store.put(&id("a"), b"newest!").expect("a store");
    let after = fs::read(&path).expect("the file");
    let differing: Vec<usize> = (0..before.len().min(after.len()))
        .filter(|&at| before[at] != after[at])
        .collect();
    // The first byte that differs, or the last, is the one that retires the other slot.
    let (slot, retired) = if differing[1] - differing[0] >= 64 {
        (&differing[1..], differing[0])
    } else {
        (
            &differing[..differing.len() - 1],
            differing[differing.len() - 1],
        )
    };
    assert_eq!(
        before[retired], !after[retired],
        "the retiring byte is the complement of live"
    );
    let (begin, end) = (slot[0], slot[slot.len() - 1] + 1);
    for cut in begin..=end {
        let mut torn = before.clone();
        torn[begin..cut].copy_from_slice(&after[begin..cut]);
        overwrite(&path, &torn);
        let due: &[u8] = if cut == end { b"newest!" } else { b"current" };
        assert_eq!(
            store.read(&id("a")).expect("a whole record").as_deref(),
            Some(due),
            "cut at {cut}"
        );
        store
            .put_when(&id("a"), b"goes on", Precondition::Present)
            .expect("a store after a crash");
        assert_eq!(
            store.read(&id("a")).expect("a whole record").as_deref(),
            Some(&b"goes on"[..])
        );
    }
}

#[test]
fn a_damaged_record_is_its_own_affair() {
    let (store, mut bytes) = third_generation();
    let path = store.file();
    store.put(&id("b"), b"whole").expect("a store");
    bytes.truncate(100);
    overwrite(&path, &bytes);
    let kind = |result: Result<_, Error>| result.map(|_: bool| ()).expect_err("damage").kind();
    assert_eq!(
        store.read(&id("a")).expect_err("damage").kind(),
        ErrorKind::Corrupt
    );
    assert_eq!(
        kind(store.driver.touch(&id("a"), None, NOW)),
        ErrorKind::Corrupt
    );
    assert_eq!(
        kind(store.driver.rotate(&id("a"), &id("c"), NOW).map(|_| true)),
        ErrorKind::Corrupt
    );
    for when in [Precondition::Present, Precondition::Absent] {
        let stored = store.put_when(&id("a"), b"x", when);
        assert_eq!(
            stored.expect_err("damage").kind(),
            ErrorKind::Corrupt,
            "{when:?}"
        );
    }
    let mut visited = Vec::new();
    let visit = &mut |id: &SessionId| {
        visited.push(id.as_str().to_owned());
        std::ops::ControlFlow::Continue(())
    };
    store.driver.traverse(NOW, visit).expect("a traversal");
    visited.sort();
    assert_eq!(visited, ["a", "b"]);
    let swept = store
        .driver
        .sweep(Timestamp::MAX, std::num::NonZeroUsize::MAX)
        .expect("a sweep");
    assert_eq!((swept.removed, swept.more), (0, false));
    assert_eq!(
        fs::read(&path).expect("the file"),
        bytes,
        "the damaged file was changed"
    );
    assert_eq!(
        store.read(&id("b")).expect("a read").as_deref(),
        Some(&b"whole"[..])
    );

    store
        .put(&id("a"), b"replaced")
        .expect("Any replaces a damaged record");
    assert_eq!(
        store.read(&id("a")).expect("a read").as_deref(),
        Some(&b"replaced"[..])
    );
    overwrite(&path, b"damaged again");
    assert!(
        store
            .driver
            .remove(&id("a"), NOW)
            .expect("remove works on a damaged record")
    );
    assert_eq!(store.read(&id("a")).expect("a read"), None);
}

#[test]
fn a_newer_format_stays_byte_for_byte_until_it_is_removed() {
    let (store, mut bytes) = third_generation();
    let path = store.file();
    // Format 2, with the check a newer driver would write.
    bytes[8] = 2;
    let check = crc32fast::hash(&bytes[..12]);
    bytes[12..16].copy_from_slice(&check.to_le_bytes());
    overwrite(&path, &bytes);
    assert_eq!(
        store.read(&id("a")).expect_err("newer").kind(),
        ErrorKind::Incompatible
    );
    for when in [
        Precondition::Any,
        Precondition::Absent,
        Precondition::Present,
    ] {
        let stored = store.put_when(&id("a"), b"x", when);
        assert_eq!(
            stored.expect_err("newer").kind(),
            ErrorKind::Incompatible,
            "{when:?}"
        );
    }
    let touched = store.driver.touch(&id("a"), Some(NOW), NOW);
    assert_eq!(touched.expect_err("newer").kind(), ErrorKind::Incompatible);
    store
        .driver
        .sweep(Timestamp::MAX, std::num::NonZeroUsize::MAX)
        .expect("a sweep");
    assert_eq!(fs::read(&path).expect("the file"), bytes);
    assert!(store.driver.remove(&id("a"), NOW).expect("a remove"));
}

#[test]
fn what_is_no_file_is_corrupt_and_is_neither_followed_nor_waited_for() {
    let store = Store::new();
    store.put(&id("a"), b"x").expect("a store");
    let path = store.file();
    let outside = store.directory.path().join("outside");
    fs::write(&outside, b"not ours").expect("a file");
    let plant: [(&str, &dyn Fn()); 3] = [
        ("a link", &|| symlink(&outside, &path).expect("a link")),
        ("a directory", &|| {
            fs::create_dir(&path).expect("a directory");
        }),
        ("a pipe", &|| {
            let made = Command::new("mkfifo").arg(&path).status();
            assert!(made.expect("mkfifo").success(), "a pipe");
        }),
    ];
    for (what, plant) in plant {
        assert!(store.driver.remove(&id("a"), NOW).expect("a remove"));
        plant();
        assert_eq!(
            store.read(&id("a")).expect_err(what).kind(),
            ErrorKind::Corrupt,
            "{what}"
        );
        let touched = store.driver.touch(&id("a"), None, NOW);
        assert_eq!(
            touched.expect_err(what).kind(),
            ErrorKind::Corrupt,
            "{what}"
        );
        assert!(
            store.driver.remove(&id("a"), NOW).expect("a remove"),
            "{what}"
        );
        plant();
        store
            .put(&id("a"), b"mended")
            .unwrap_or_else(|error| panic!("{what}: {error:?}"));
        assert_eq!(
            store.read(&id("a")).expect(what).as_deref(),
            Some(&b"mended"[..]),
            "{what}"
        );
    }
    assert_eq!(fs::read(&outside).expect("the file"), b"not ours");
}

/// What two crashes can leave: a write that was cut short, and beside it a whole one that was given
/// the same sequence.
#[test]
fn a_torn_slot_does_not_hide_a_whole_one_of_the_same_sequence() {
    let (store, mut bytes) = third_generation();
    let path = store.file();
    let capacity = u32::from_le_bytes(bytes[68..72].try_into().expect("four bytes")) as usize;
    let current = bytes[64..128].to_vec();
    bytes.resize(64 + 2 * (64 + capacity), 0);
    bytes.extend_from_slice(&current);
    bytes.extend_from_slice(b"torn...");
    overwrite(&path, &bytes);
    assert_eq!(
        store.read(&id("a")).expect("a read").as_deref(),
        Some(&b"current"[..])
    );
    store.put(&id("a"), b"next").expect("a store");
    assert_eq!(
        store.read(&id("a")).expect("a read").as_deref(),
        Some(&b"next"[..])
    );
}

#[test]
fn a_file_in_another_shard_than_its_ids_is_nobodys() {
    let store = Store::new();
    store.put(&id("a"), b"x").expect("a store");
    let file = store.file();
    let shard = file.parent().expect("a shard");
    let other = shard.with_file_name(if shard.ends_with("00") { "01" } else { "00" });
    fs::create_dir(&other).expect("a shard");
    fs::copy(&file, other.join(file.file_name().expect("a name"))).expect("a copy");
    let mut visits = 0;
    let visit = &mut |_: &SessionId| {
        visits += 1;
        std::ops::ControlFlow::Continue(())
    };
    store.driver.traverse(NOW, visit).expect("a traversal");
    assert_eq!(visits, 1);
    assert!(store.driver.remove(&id("a"), NOW).expect("a remove"));
    store
        .driver
        .traverse(NOW, &mut |_| panic!("the copy is visited"))
        .expect("a traversal");
}

/// A snapshot of hard links keeps the file linked when its name goes.
#[test]
fn a_store_that_waited_for_a_removed_file_does_not_write_to_its_hard_link() {
    for round in 0..20 {
        let store = Store::new();
        store.put(&id("a"), b"logged in").expect("a store");
        let (file, snapshot) = (store.file(), store.directory.path().join("snapshot"));
        fs::hard_link(&file, &snapshot).expect("a link");
        let holder = fs::File::open(&file).expect("the file");
        holder.lock().expect("the lock");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| store.put_when(&id("a"), b"late", Precondition::Present));
            // Time for the store to open the file, more of it in each round.
            (0..round * 20).for_each(|_| std::thread::yield_now());
            fs::remove_file(&file).expect("the name goes");
            holder.unlock().expect("the lock");
            let stored = waiting.join().expect("a store");
            assert_eq!(
                stored.expect_err("the session is gone").kind(),
                ErrorKind::NotFound
            );
        });
    }
}

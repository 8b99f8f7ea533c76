//! Who is let in, and what is made.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use session_driver_sled::SledDriver;
use session_driver_sled::session_driver::{Durability, ErrorKind, SessionDriver};

use crate::{NOW, Place, id, put, refusal};

#[test]
fn another_instance_in_the_process_is_locked_out_until_the_first_is_dropped() {
    let place = Place::new();
    let first = place.open();
    assert_eq!(refusal(&place.path()), Some(ErrorKind::Locked));
    put(&first, &id("a"), b"here").expect("a store");
    drop(first);
    let again = place.open().retrieve(&id("a"), NOW).expect("a read");
    assert_eq!(again.map(|record| record.payload), Some(b"here".to_vec()));
}

/// `flock` knows no difference between processes and open files, so a lock that this process took
/// by hand stands for that of another one.
#[test]
fn who_holds_the_marker_or_sleds_own_file_keeps_others_out() {
    let place = Place::filled(1);
    for file in ["session-driver-sled.format", "sled/db"] {
        let file = fs::File::open(place.path().join(file)).expect("a file");
        file.try_lock().expect("a lock");
        assert_eq!(refusal(&place.path()), Some(ErrorKind::Locked));
        file.unlock().expect("no lock");
        assert_eq!(refusal(&place.path()), None);
    }
}

#[test]
fn everything_is_enclosed_in_a_private_directory() {
    let place = Place::filled(1);
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o7777;
    assert_eq!(mode(&place.path()), 0o700);
    assert_eq!(mode(&place.path().join("sled")), 0o700);
    assert_eq!(
        mode(&place.path().join("session-driver-sled.format")),
        0o600
    );
}

#[test]
fn a_marker_that_is_newer_or_damaged_is_told_apart() {
    let place = Place::filled(1);
    let marker = place.path().join("session-driver-sled.format");
    let sound = fs::read_to_string(&marker).expect("the marker");
    for (text, kind) in [
        (sound.replace('1', "2"), ErrorKind::Incompatible),
        (sound.replace("format", "fromat"), ErrorKind::Corrupt),
        (sound[..sound.len() - 1].into(), ErrorKind::Corrupt),
        (String::new(), ErrorKind::Corrupt),
    ] {
        fs::write(&marker, &text).expect("a marker");
        assert_eq!(refusal(&place.path()), Some(kind), "{text:?}");
        assert_eq!(fs::read_to_string(&marker).expect("the marker"), text);
    }
    fs::write(&marker, sound).expect("a marker");
    assert_eq!(refusal(&place.path()), None);
}

#[test]
fn a_first_open_that_died_is_taken_up() {
    for written in ["", "session-driver sl"] {
        let place = Place::new();
        fs::create_dir(place.path()).expect("a directory");
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o700)).expect("a mode");
        fs::write(place.path().join("session-driver-sled.format"), written).expect("a marker");
        put(&place.open(), &id("a"), b"x").expect("a store");
    }
}

/// sled writes its configuration in two steps, and refuses what the first of them leaves.
#[test]
fn what_a_first_open_left_half_made_is_made_anew() {
    let place = Place::filled(1);
    let marker = place.path().join("session-driver-sled.format");
    fs::write(&marker, "session-driver sled store\nunopened\n").expect("a marker");
    let configuration = place.path().join("sled/conf");
    let whole = fs::read(&configuration).expect("sled's configuration");
    fs::write(&configuration, &whole[..whole.len() - 4]).expect("damage");
    let refused = SledDriver::builder(place.path()).create(false).open();
    assert_eq!(
        refused.map_err(|error| error.kind()).err(),
        Some(ErrorKind::Unavailable)
    );
    let left = fs::read(&configuration).expect("sled's configuration");
    assert_eq!(
        left,
        &whole[..whole.len() - 4],
        "who may not make it leaves it"
    );
    put(&place.open(), &id("a"), b"x").expect("a store");
    assert!(
        place
            .open()
            .retrieve(&id("a"), NOW)
            .expect("a read")
            .is_some(),
        "what was stored since is not made anew once more"
    );
}

#[test]
fn a_store_within_a_store_is_refused() {
    let place = Place::filled(1);
    for inner in ["sled", "inner", "sled/blobs"] {
        fs::create_dir_all(place.path().join(inner)).expect("a directory");
        let kind = refusal(&place.path().join(inner));
        assert_eq!(kind, Some(ErrorKind::Incompatible), "{inner}");
    }
}

#[test]
fn what_sled_cannot_do_is_refused() {
    let place = Place::new();
    let builder = || SledDriver::builder(place.path());
    for refused in [
        builder().durability(Durability::Power),
        builder().flush_every(Duration::ZERO),
        builder().max_payload_bytes(usize::MAX),
    ] {
        let kind = refused.open().expect_err("a refusal").kind();
        assert_eq!(kind, ErrorKind::Unsupported);
    }
    assert!(!place.path().exists());
}

#[test]
fn files_that_are_gone_make_the_store_unavailable() {
    let place = Place::new();
    let driver = place.open();
    put(&driver, &id("a"), b"x").expect("a store");
    fs::rename(place.path(), place.0.path().join("elsewhere")).expect("a rename");
    let begin = std::time::Instant::now();
    let bound = driver.capabilities().outage_bound;
    let kind = loop {
        match driver.retrieve(&id("a"), NOW) {
            Err(error) => break error.kind(),
            Ok(_) => assert!(begin.elapsed() < bound, "no error within {bound:?}"),
        }
    };
    assert_eq!(kind, ErrorKind::Unavailable);
    let stored = put(&driver, &id("b"), b"x").map_err(|error| error.kind());
    assert_eq!(stored, Err(ErrorKind::Unavailable));
}

//! Damage to sled's own files, and to what it keeps.

use std::fs;

use session_driver_sled::SledDriver;
use session_driver_sled::session_driver::{ErrorKind, SessionDriver, Timestamp};

use crate::{NOW, Place, id, put, refusal};

#[test]
fn a_damaged_configuration_is_an_error_and_not_an_empty_store() {
    let place = Place::filled(3);
    let file = place.path().join("sled/conf");
    let sound = fs::read(&file).expect("sled's configuration");
    let mut other = sound.clone();
    other[0] ^= 0x40;
    for (bytes, kind) in [
        (other, ErrorKind::Corrupt),
        (vec![0xFF; sound.len()], ErrorKind::Incompatible),
    ] {
        fs::write(&file, bytes).expect("damage");
        assert_eq!(refusal(&place.path()), Some(kind));
    }
    fs::write(&file, sound).expect("the configuration as it was");
    assert!(
        place
            .open()
            .retrieve(&id("0"), NOW)
            .expect("a read")
            .is_some()
    );
}

/// sled takes damage in its log for the log's end, and what was written after it is gone without a
/// word: that cannot be told here. But what is there is whole, and nothing panics or hangs.
#[test]
fn no_damage_to_the_log_makes_the_driver_panic_or_serve_torn_records() {
    for turn in 0..24_usize {
        let place = Place::filled(40);
        let file = place.path().join("sled/db");
        let mut bytes = fs::read(&file).expect("sled's log");
        let at = (turn * 7919 + 13) * 64 % bytes.len();
        match turn % 3 {
            0 => bytes[at] ^= 1 << (turn % 8),
            1 => bytes.truncate(at),
            _ => bytes[at..].iter_mut().take(512).for_each(|byte| *byte = 0),
        }
        fs::write(&file, bytes).expect("damage");
        let Ok(driver) = SledDriver::open(place.path()) else {
            continue;
        };
        for number in 0..40 {
            let who = id(&number.to_string());
            if let Ok(Some(record)) = driver.retrieve(&who, NOW) {
                assert_eq!(record.payload, [number as u8; 900], "turn {turn}");
            }
            let _ = put(&driver, &who, b"x");
        }
    }
}

#[test]
fn an_entry_that_stands_for_nothing_is_cleared_and_not_counted() {
    let place = Place::new();
    let driver = place.open();
    let expired = Timestamp::from_millis(600_000);
    put(&driver, &id("a"), b"x").expect("a store");
    drop(driver);
    let index = |key: &[u8]| {
        let db = loop {
            if let Ok(db) = sled::open(place.path().join("sled")) {
                break db;
            }
        };
        let tree = db.open_tree("sessions").expect("the tree");
        tree.insert(key, &[]).expect("an entry");
        tree.len()
    };
    index(b"\xFF\0\0\0\0\0\0\0\x01a");
    assert_eq!(index(b"\xFF\0\0\0\0\0\0\0\x01nobody"), 3);
    let driver = place.open();
    let all = std::num::NonZeroUsize::MAX;
    let swept = driver
        .sweep(expired.expect("an instant"), all)
        .expect("a sweep");
    assert_eq!((swept.removed, swept.more), (0, false));
    assert!(driver.retrieve(&id("a"), NOW).expect("a read").is_some());
    drop(driver);
    assert_eq!(index(b"z"), 2);
}

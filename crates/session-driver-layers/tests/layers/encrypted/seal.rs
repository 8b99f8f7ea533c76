//! What a seal shows, what it vouches for, and what it adds.

use session_driver_layers::session_driver::{ErrorKind, MemoryDriver, Precondition, SessionDriver};

use super::{at, found, is_refused, kind, payload, plant, sealed_over, store, until};
use crate::{NOW, forever, id};

const SECRET: &[u8] = b"the basket of ana";

#[test]
fn the_driver_beneath_sees_no_part_of_the_payload_and_never_the_same_bytes() {
    let memory = MemoryDriver::new();
    let driver = sealed_over(memory.clone());
    let who = id("ana");
    store(&driver, &who, forever(SECRET));
    let first = payload(&memory, &who).expect("a record");
    assert_eq!(first.len(), SECRET.len() + 56);
    let is_shown = |part: &[u8]| first.windows(part.len()).any(|window| window == part);
    assert!(SECRET.windows(4).all(|part| !is_shown(part)));
    store(&driver, &who, forever(SECRET));
    assert_ne!(payload(&memory, &who), Some(first));
    assert_eq!(payload(&driver, &who).as_deref(), Some(SECRET));
}

#[test]
fn records_that_were_swapped_are_corrupt() {
    let memory = MemoryDriver::new();
    let driver = sealed_over(memory.clone());
    let (ana, ben) = (id("ana"), id("ben"));
    store(&driver, &ana, forever(SECRET));
    store(&driver, &ben, forever(b"of ben"));
    let (of_ana, of_ben) = (payload(&memory, &ana), payload(&memory, &ben));
    plant(&memory, &ana, &of_ben.expect("a record"));
    plant(&memory, &ben, &of_ana.expect("a record"));
    is_refused(&driver, &memory, &ana, ErrorKind::Corrupt);
    is_refused(&driver, &memory, &ben, ErrorKind::Corrupt);
}

#[test]
fn a_deadline_that_was_moved_beneath_is_corrupt() {
    for (before, after) in [
        (None, Some(at(9))),
        (Some(at(5)), Some(at(6))),
        (Some(at(5)), None),
    ] {
        let memory = MemoryDriver::new();
        let driver = sealed_over(memory.clone());
        let who = id("ana");
        store(&driver, &who, forever(SECRET));
        driver.touch(&who, before, NOW).expect("a touch");
        assert_eq!(payload(&driver, &who).as_deref(), Some(SECRET));
        memory.touch(&who, after, NOW).expect("a touch");
        is_refused(&driver, &memory, &who, ErrorKind::Corrupt);
    }
}

#[test]
fn a_bit_that_was_changed_anywhere_is_noticed() {
    let memory = MemoryDriver::new();
    let driver = sealed_over(memory.clone());
    let who = id("ana");
    store(&driver, &who, until(SECRET, at(9)));
    let sound = payload(&memory, &who).expect("a record");
    for place in 0..sound.len() {
        let mut changed = sound.clone();
        changed[place] ^= 1 << (place % 8);
        plant(&memory, &who, &changed);
        // Byte 3 is the format's number, and 9 is a newer one than 1.
        let due = match place {
            3 => ErrorKind::Incompatible,
            _ => ErrorKind::Corrupt,
        };
        is_refused(&driver, &memory, &who, due);
    }
    plant(&memory, &who, &sound);
    assert_eq!(payload(&driver, &who).as_deref(), Some(SECRET));
}

#[test]
fn what_was_cut_or_never_sealed_is_corrupt_until_it_is_replaced_or_removed() {
    let memory = MemoryDriver::new();
    let driver = sealed_over(memory.clone());
    let who = id("ana");
    store(&driver, &who, forever(SECRET));
    let sound = payload(&memory, &who).expect("a record");
    let mut planted: Vec<Vec<u8>> = (0..sound.len()).map(|to| sound[..to].to_vec()).collect();
    planted.extend([SECRET.to_vec(), [&sound[..], b"x"].concat(), vec![0; 100]]);
    for bytes in planted {
        plant(&memory, &who, &bytes);
        is_refused(&driver, &memory, &who, ErrorKind::Corrupt);
        store(&driver, &who, forever(b"mended"));
        assert_eq!(payload(&driver, &who).as_deref(), Some(&b"mended"[..]));
        plant(&memory, &who, &bytes);
        assert!(driver.remove(&who, NOW).expect("a remove"));
        assert_eq!(found(&driver, &who), None);
    }
}

#[test]
fn err_6_a_newer_format_is_incompatible_and_stays_any_included() {
    let memory = MemoryDriver::new();
    let driver = sealed_over(memory.clone());
    let who = id("ana");
    store(&driver, &who, forever(SECRET));
    let mut newer = payload(&memory, &who).expect("a record");
    newer[3] = 2;
    plant(&memory, &who, &newer);
    is_refused(&driver, &memory, &who, ErrorKind::Incompatible);
    let replaced = driver.store(&who, forever(b"old"), Precondition::Any, NOW);
    assert_eq!(kind(replaced), Some(ErrorKind::Incompatible));
    assert_eq!(payload(&memory, &who), Some(newer));
    assert!(driver.remove(&who, NOW).expect("a remove"));
}

#[test]
fn cas_4_the_version_stays_over_a_touch_that_changes_the_one_beneath() {
    let memory = MemoryDriver::new();
    let driver = sealed_over(memory.clone());
    let who = id("ana");
    let version = store(&driver, &who, forever(SECRET));
    let beneath = found(&memory, &who).expect("a record").version;
    assert!(driver.touch(&who, Some(at(9)), NOW).expect("a touch"));
    let touched = found(&driver, &who).expect("a record");
    assert_eq!(
        (touched.version, touched.expires_at),
        (version, Some(at(9)))
    );
    assert_ne!(found(&memory, &who).expect("a record").version, beneath);
    let when = Precondition::Version(version);
    let saved = driver.store(&who, forever(b"saved"), when, NOW);
    assert_ne!(saved.expect("nobody stored meanwhile"), version);
    let again = driver.store(&who, forever(b"again"), when, NOW);
    assert_eq!(kind(again), Some(ErrorKind::Conflict));
}

#[test]
fn the_payload_maximum_is_lower_by_56_bytes_and_no_more() {
    let driver = sealed_over(MemoryDriver::new().with_max_payload_bytes(1_056));
    assert_eq!(driver.capabilities().max_payload_bytes, 1_000);
    let who = id("ana");
    store(&driver, &who, forever(&[1; 1_000]));
    for when in [
        Precondition::Any,
        Precondition::Present,
        Precondition::Absent,
    ] {
        let outcome = driver.store(&who, forever(&[2; 1_001]), when, NOW);
        assert_eq!(kind(outcome), Some(ErrorKind::PayloadTooLarge));
    }
    assert_eq!(payload(&driver, &who), Some(vec![1; 1_000]));
    // One that has no room for a seal.
    let narrow = sealed_over(MemoryDriver::new().with_max_payload_bytes(10));
    assert_eq!(narrow.capabilities().max_payload_bytes, 0);
}

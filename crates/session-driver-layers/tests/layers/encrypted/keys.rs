//! Keys that come and go.

use session_driver_layers::session_driver::{ErrorKind, MemoryDriver, SessionDriver};
use session_driver_layers::{Encrypted, Key, KeyRing};

use super::{found, is_refused, payload, store};
use crate::{NOW, forever, id};

fn old() -> Key {
    Key::new(2025, &[25; 32])
}

fn new() -> Key {
    Key::new(2026, &[26; 32])
}

#[test]
fn a_wrong_key_is_corrupt_whatever_its_number() {
    let memory = MemoryDriver::new();
    let who = id("ana");
    store(
        &Encrypted::new(&memory, KeyRing::new(old())),
        &who,
        forever(b"secret"),
    );
    for number in [2025, 2026] {
        let wrong = KeyRing::new(Key::new(number, &[99; 32]));
        let driver = Encrypted::new(&memory, wrong);
        is_refused(&driver, &memory, &who, ErrorKind::Corrupt);
    }
}

#[test]
fn the_old_key_opens_until_it_is_retired_and_every_save_seals_with_the_new_one() {
    let memory = MemoryDriver::new();
    let before = Encrypted::new(&memory, KeyRing::new(old()));
    let between = Encrypted::new(&memory, KeyRing::new(new()).opening(old()));
    let after = Encrypted::new(&memory, KeyRing::new(new()));
    let [saved, touched, rotated, idle] = ["saved", "touched", "rotated", "idle"].map(id);
    for who in [&saved, &touched, &rotated, &idle] {
        store(&before, who, forever(b"secret"));
        assert_eq!(payload(&between, who).as_deref(), Some(&b"secret"[..]));
        is_refused(&after, &memory, who, ErrorKind::Corrupt);
    }
    store(&between, &saved, forever(b"secret"));
    assert!(between.touch(&touched, None, NOW).expect("a touch"));
    let to = id("rotated-to");
    let moved = between.rotate(&rotated, &to, NOW).expect("a rotate");
    assert!(moved.is_some());
    for who in [&saved, &touched, &to] {
        assert_eq!(payload(&after, who).as_deref(), Some(&b"secret"[..]));
        is_refused(&before, &memory, who, ErrorKind::Corrupt);
    }
    is_refused(&after, &memory, &idle, ErrorKind::Corrupt);
    assert_eq!(payload(&between, &idle).as_deref(), Some(&b"secret"[..]));
}

#[test]
fn a_process_that_is_told_of_the_next_key_first_opens_what_others_seal_with_it() {
    let memory = MemoryDriver::new();
    let told = Encrypted::new(&memory, KeyRing::new(old()).opening(new()));
    let ahead = Encrypted::new(&memory, KeyRing::new(new()).opening(old()));
    let who = id("ana");
    for (writer, reader) in [(&told, &ahead), (&ahead, &told)] {
        store(writer, &who, forever(b"secret"));
        assert_eq!(found(writer, &who), found(reader, &who));
        assert_eq!(payload(reader, &who).as_deref(), Some(&b"secret"[..]));
    }
}

#[test]
fn of_two_keys_with_one_number_each_opens_what_it_sealed() {
    let memory = MemoryDriver::new();
    let one: fn() -> Key = || Key::new(0, &[1; 32]);
    let two: fn() -> Key = || Key::new(0, &[2; 32]);
    let who = id("ana");
    for sealing in [one, two] {
        store(
            &Encrypted::new(&memory, KeyRing::new(sealing())),
            &who,
            forever(b"secret"),
        );
        let both = Encrypted::new(&memory, KeyRing::new(one()).opening(two()));
        assert_eq!(payload(&both, &who).as_deref(), Some(&b"secret"[..]));
    }
}

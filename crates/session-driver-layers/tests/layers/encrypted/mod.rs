//! Encrypted payloads: what a seal vouches for, and what a rotate leaves behind however it ends.

mod drops;
mod keys;
mod rotate;
mod seal;

use session_driver_layers::session_driver::{
    ErrorKind, MemoryDriver, NewRecord, Precondition, Record, Result, SessionDriver, SessionId,
    Timestamp, Version,
};
use session_driver_layers::{Encrypted, Key, KeyRing};

use crate::NOW;

/// What a driver with this key, numbered 1, is over the store.
fn sealed_over<D>(beneath: D) -> Encrypted<D> {
    Encrypted::new(beneath, KeyRing::new(Key::new(1, &[1; 32])))
}

fn until(payload: &[u8], expires_at: Timestamp) -> NewRecord<'_> {
    NewRecord {
        payload,
        expires_at: Some(expires_at),
    }
}

/// So many milliseconds after [`NOW`].
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + millis).expect("it is after the epoch")
}

fn store(driver: &impl SessionDriver, id: &SessionId, record: NewRecord<'_>) -> Version {
    let stored = driver.store(id, record, Precondition::Any, NOW);
    stored.expect("it is stored")
}

fn found(driver: &impl SessionDriver, id: &SessionId) -> Option<Record> {
    driver.retrieve(id, NOW).expect("it can be read")
}

fn payload(driver: &impl SessionDriver, id: &SessionId) -> Option<Vec<u8>> {
    found(driver, id).map(|record| record.payload)
}

fn kind<T>(outcome: Result<T>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}

/// Puts bytes in the place of a record's, behind the layer's back.
fn plant(memory: &MemoryDriver, id: &SessionId, payload: &[u8]) {
    let expires_at = found(memory, id).and_then(|record| record.expires_at);
    store(
        memory,
        id,
        NewRecord {
            payload,
            expires_at,
        },
    );
}

/// Every operation that reads the record or judges it says this and leaves it; remove removes it.
fn is_refused(driver: &impl SessionDriver, memory: &MemoryDriver, id: &SessionId, due: ErrorKind) {
    let (before, other) = (found(memory, id), crate::id("another-id"));
    let version = Version::from_bits(0);
    let new = crate::forever(b"new");
    assert_eq!(kind(driver.retrieve(id, NOW)), Some(due));
    assert_eq!(kind(driver.touch(id, None, NOW)), Some(due));
    assert_eq!(kind(driver.rotate(id, &other, NOW)), Some(due));
    for when in [
        Precondition::Absent,
        Precondition::Present,
        Precondition::Version(version),
    ] {
        assert_eq!(
            kind(driver.store(id, new, when, NOW)),
            Some(due),
            "{when:?}"
        );
    }
    assert_eq!(found(driver, &other), None);
    store(driver, &other, new);
    assert_eq!(kind(driver.rotate(&other, id, NOW)), Some(due));
    assert_eq!(payload(driver, &other), Some(b"new".to_vec()));
    assert!(driver.remove(&other, NOW).expect("a remove"));
    assert_eq!(found(memory, id), before, "the record beneath is left");
}

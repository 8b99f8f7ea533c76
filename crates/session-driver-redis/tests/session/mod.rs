//! Sessions to lose.

#![allow(dead_code, reason = "each test binary uses some of these")]

use session_driver_redis::RedisDriver;
use session_driver_redis::session_driver::{
    Error, ErrorKind, NewRecord, Precondition, Result, SessionDriver, SessionId, Timestamp, Version,
};

pub(crate) const NOW: Timestamp = match Timestamp::from_millis(1_700_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

pub(crate) fn id(text: &str) -> SessionId {
    SessionId::parse(text).expect("a valid id")
}

pub(crate) fn forever(payload: &[u8]) -> NewRecord<'_> {
    NewRecord {
        payload,
        expires_at: None,
    }
}

pub(crate) fn put(driver: &RedisDriver, name: &str, payload: &[u8]) -> Result<Version> {
    driver.store(&id(name), forever(payload), Precondition::Any, NOW)
}

pub(crate) fn payload(driver: &RedisDriver, name: &str) -> Result<Option<Vec<u8>>> {
    let record = driver.retrieve(&id(name), NOW)?;
    Ok(record.map(|record| record.payload))
}

/// The kind of an error where one is due.
pub(crate) fn kind<T>(outcome: Result<T>) -> Option<ErrorKind> {
    outcome.err().as_ref().map(Error::kind)
}

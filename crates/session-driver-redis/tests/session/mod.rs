//! Sessions to lose.

#![allow(dead_code, reason = "each test binary uses some of these")]

#[cfg(feature = "async")]
#[path = "../bridge/mod.rs"]
mod bridge;

use session_driver_redis::RedisDriverBuilder;
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

pub(crate) fn put(driver: &dyn SessionDriver, name: &str, payload: &[u8]) -> Result<Version> {
    driver.store(&id(name), forever(payload), Precondition::Any, NOW)
}

pub(crate) fn payload(driver: &dyn SessionDriver, name: &str) -> Result<Option<Vec<u8>>> {
    let record = driver.retrieve(&id(name), NOW)?;
    Ok(record.map(|record| record.payload))
}

/// A driver of either face.
pub(crate) type Driver = Box<dyn SessionDriver>;

/// How a face is opened.
pub(crate) type Open = fn(RedisDriverBuilder) -> Result<Driver>;

/// Each face of the driver.
#[cfg(not(feature = "async"))]
pub(crate) const FACES: [Open; 1] = [blocking];
#[cfg(feature = "async")]
pub(crate) const FACES: [Open; 2] = [blocking, bridged];

fn blocking(builder: RedisDriverBuilder) -> Result<Driver> {
    Ok(Box::new(builder.open()?))
}

#[cfg(feature = "async")]
fn bridged(builder: RedisDriverBuilder) -> Result<Driver> {
    Ok(Box::new(bridge::open(builder)?))
}

/// An error and its causes, as a program shows them to people, and as `Debug` does.
pub(crate) fn shown(error: &Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| {
        error.source()
    });
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    format!("{}\n{error:?}", texts.join(": "))
}

/// The kind of an error where one is due.
pub(crate) fn kind<T>(outcome: Result<T>) -> Option<ErrorKind> {
    outcome.err().as_ref().map(Error::kind)
}

//! An operation as data: what is asked and what is answered, to be sent to a child process or
//! judged by the model.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use session_driver::{
    ErrorKind, NewRecord, Precondition, Record, SessionDriver, Timestamp, Version,
};

use crate::steps::UNLIMITED;
use crate::workload::{id, mark_of, marked};

/// An operation to perform. Instants are in milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Call {
    Retrieve {
        id: String,
        now: i64,
    },
    Store {
        id: String,
        payload: Payload,
        expires_at: Option<i64>,
        when: When,
        now: i64,
    },
    Touch {
        id: String,
        expires_at: Option<i64>,
        now: i64,
    },
    Remove {
        id: String,
        now: i64,
    },
    Rotate {
        from: String,
        to: String,
        now: i64,
    },
    Traverse {
        now: i64,
    },
    /// A sweep of at most so many records; `None`: without a limit.
    Sweep {
        now: i64,
        limit: Option<NonZeroUsize>,
    },
}

/// A payload of [`marked`] bytes. One without bytes has the mark 0, any other at least eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Payload {
    pub(crate) mark: u64,
    pub(crate) length: usize,
}

impl Payload {
    pub(crate) fn new(mark: u64, length: usize) -> Payload {
        match length {
            0 => Payload { mark: 0, length },
            _ => Payload {
                mark,
                length: length.max(8),
            },
        }
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        marked(self.mark, self.length)
    }

    /// What the bytes are, or `None` when nobody stored them like that.
    pub(crate) fn of(bytes: &[u8]) -> Option<Payload> {
        let mark = if bytes.is_empty() { 0 } else { mark_of(bytes)? };
        Some(Payload {
            mark,
            length: bytes.len(),
        })
    }
}

/// A precondition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum When {
    Any,
    Absent,
    Present,
    Version(u64),
}

/// What an operation answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// Of a retrieve.
    Found(Option<Seen>),
    /// Of a store.
    Stored(u64),
    /// Of a touch or a remove.
    Was(bool),
    /// Of a rotate.
    Rotated(Option<u64>),
    /// Of a traversal: the ids, sorted.
    Visited(Vec<String>),
    /// Of a sweep.
    Swept { removed: u64, more: bool },
    /// An error, and its text.
    Refused(Refusal, String),
}

/// A record that was read; `payload` is `None` when nobody stored these bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) payload: Option<Payload>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) version: u64,
}

impl From<Record> for Seen {
    fn from(record: Record) -> Seen {
        Seen {
            payload: Payload::of(&record.payload),
            expires_at: record.expires_at.map(Timestamp::as_millis),
            version: record.version.to_bits(),
        }
    }
}

/// The error kinds that the cases tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Refusal {
    AlreadyExists,
    NotFound,
    Conflict,
    Busy,
    Locked,
    Indeterminate,
    /// Any other.
    Fault,
}

impl From<ErrorKind> for Refusal {
    fn from(kind: ErrorKind) -> Refusal {
        match kind {
            ErrorKind::AlreadyExists => Refusal::AlreadyExists,
            ErrorKind::NotFound => Refusal::NotFound,
            ErrorKind::Conflict => Refusal::Conflict,
            ErrorKind::Busy => Refusal::Busy,
            ErrorKind::Locked => Refusal::Locked,
            ErrorKind::Indeterminate => Refusal::Indeterminate,
            _ => Refusal::Fault,
        }
    }
}

/// Performs the operation and says what came of it.
pub(crate) fn perform(driver: &dyn SessionDriver, call: &Call) -> Reply {
    let outcome =
        match call {
            Call::Retrieve { id: who, now } => driver
                .retrieve(&id(who), instant(*now))
                .map(|found| Reply::Found(found.map(Seen::from))),
            Call::Store {
                id: who,
                payload,
                expires_at,
                when,
                now,
            } => {
                let record = NewRecord {
                    payload: &payload.bytes(),
                    expires_at: expires_at.map(instant),
                };
                let when = match *when {
                    When::Any => Precondition::Any,
                    When::Absent => Precondition::Absent,
                    When::Present => Precondition::Present,
                    When::Version(bits) => Precondition::Version(Version::from_bits(bits)),
                };
                driver
                    .store(&id(who), record, when, instant(*now))
                    .map(|version| Reply::Stored(version.to_bits()))
            }
            Call::Touch {
                id: who,
                expires_at,
                now,
            } => driver
                .touch(&id(who), expires_at.map(instant), instant(*now))
                .map(Reply::Was),
            Call::Remove { id: who, now } => driver.remove(&id(who), instant(*now)).map(Reply::Was),
            Call::Rotate { from, to, now } => driver
                .rotate(&id(from), &id(to), instant(*now))
                .map(|version| Reply::Rotated(version.map(Version::to_bits))),
            Call::Traverse { now } => {
                let mut visited = vec![];
                let outcome = driver.traverse(instant(*now), &mut |id| {
                    visited.push(id.as_str().to_owned());
                    ControlFlow::Continue(())
                });
                visited.sort_unstable();
                outcome.map(|()| Reply::Visited(visited))
            }
            Call::Sweep { now, limit } => driver
                .sweep(instant(*now), limit.unwrap_or(UNLIMITED))
                .map(|swept| Reply::Swept {
                    removed: swept.removed,
                    more: swept.more,
                }),
        };
    outcome.unwrap_or_else(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let text = match cause {
            Some(cause) => format!("{:?}: {error}: {cause}", error.kind()),
            None => format!("{:?}: {error}", error.kind()),
        };
        Reply::Refused(error.kind().into(), text)
    })
}

fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap_or(Timestamp::MIN)
}

//! The steps that [`Sessions`](crate::Sessions) and `AsyncSessions` share.
//!
//! The two handles call their drivers in the same order, one of them awaiting. What they decide
//! between two calls is here, once: what a save's outcome means for an update, when a touch is
//! done, which version a rotated session has. A third handle, over another driver trait, takes the
//! same. An adapter needs this module only where it offers such operations itself.

use std::time::Duration;

use super::EncodedRecord;
use crate::capabilities::Capabilities;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::id::SessionId;
use crate::payload::failure;
use crate::record::{Record, Version};
use crate::session::Session;

/// How often a touch or an update starts over because others stored in between, before it ends in
/// Conflict.
const CONFLICT_TRIES: u32 = 100;

/// So many tries follow each other at once: most conflicts are two requests that met.
const EAGER_TRIES: u32 = 3;

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// The session that was stored under `id`, from what was encoded and the version that the driver
/// returned.
#[must_use]
pub fn created<T>(
    id: SessionId,
    value: T,
    encoded: &EncodedRecord,
    version: Version,
) -> Session<T> {
    Session {
        id,
        value,
        expiry: encoded.expiry,
        expires_at: encoded.expires_at,
        version,
    }
}

/// Gives a session the version and the deadline that it was saved with.
pub fn saved<T>(session: &mut Session<T>, encoded: &EncodedRecord, version: Version) {
    session.version = version;
    session.expires_at = encoded.expires_at;
}

/// Gives a session the id that its record was rotated to. Its version is that of
/// [`take_over_version`] where a rotate does not keep it.
pub fn rotated<T>(session: &mut Session<T>, to: SessionId) {
    session.id = to;
}

/// The error of an operation that needs a live session and finds none.
#[must_use]
pub fn not_found(operation: Operation) -> Error {
    failure(ErrorKind::NotFound, operation)
}

/// Checks that ids from a traversal can be passed to other operations (rule TRV-6).
///
/// # Errors
/// - Unsupported when they are digests ([`Capabilities::readable_ids`] is false).
pub fn require_readable_ids(capabilities: Capabilities) -> Result<()> {
    if capabilities.readable_ids {
        Ok(())
    } else {
        Err(failure(ErrorKind::Unsupported, Operation::Traverse))
    }
}

/// Counts the tries of an update, which starts over after a conflict: retrieve, change, save.
#[derive(Debug, Default)]
pub struct UpdateRetry {
    tries: u32,
}

/// What the outcome of a save means for its update.
#[derive(Clone, Copy, Debug)]
pub enum SaveOutcome {
    /// The change was stored: the update is done.
    Stored,
    /// The session was removed or has expired since it was retrieved: the update ends without it.
    Gone,
    /// Another caller stored in between: retrieve and save again after this pause.
    RetryAfter(Duration),
}

impl UpdateRetry {
    /// Judges the outcome of a save.
    ///
    /// The first retries follow at once, later ones after a random pause of at most 10 ms.
    ///
    /// # Errors
    /// - The save's own, but for NotFound and Conflict.
    /// - Conflict after the last of 100 tries.
    pub fn after_save(&mut self, saved: Result<()>) -> Result<SaveOutcome> {
        match saved.map_err(|error| (error.kind(), error)) {
            Ok(()) => Ok(SaveOutcome::Stored),
            Err((ErrorKind::NotFound, _)) => Ok(SaveOutcome::Gone),
            Err((ErrorKind::Conflict, _)) => {
                self.tries += 1;
                if self.tries == CONFLICT_TRIES {
                    return Err(failure(ErrorKind::Conflict, Operation::Store));
                }
                Ok(SaveOutcome::RetryAfter(pause_before(self.tries)))
            }
            Err((_, error)) => Err(error),
        }
    }
}

/// The pause before the next of several tries: none at first, then a random time below a bound that
/// doubles up to 10 ms.
fn pause_before(tries: u32) -> Duration {
    let Some(doublings) = tries.checked_sub(EAGER_TRIES) else {
        return Duration::ZERO;
    };
    let bound = LONGEST_PAUSE.min(Duration::from_micros(50) * (1 << doublings.min(8)));
    // Chance keeps callers that met from meeting again. Without randomness the pause is the bound.
    let share = getrandom::u32().unwrap_or(u32::MAX);
    bound.mul_f64(f64::from(share) / f64::from(u32::MAX))
}

/// A touch by the stored rule: retrieve, touch, retrieve again.
///
/// A save that brings another rule between the two reads must not have its deadline undone, so a
/// touch is repeated while the version changes.
#[derive(Debug)]
pub struct TouchRetry {
    record: Record,
    tries: u32,
}

impl TouchRetry {
    /// Begins with the record that was retrieved.
    #[must_use]
    pub fn new(record: Record) -> TouchRetry {
        TouchRetry { record, tries: 0 }
    }

    /// The record whose [rule](super::RecordCodec::stored_expiry) the next touch follows.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Whether the touch is done, given what is stored after it. If not, touch again.
    ///
    /// # Errors
    /// - Conflict after the last of 100 tries.
    pub fn is_done(&mut self, after: Option<Record>) -> Result<bool> {
        match after {
            Some(after) if after.version != self.record.version => {
                self.record = after;
                self.tries += 1;
                if self.tries == CONFLICT_TRIES {
                    return Err(failure(ErrorKind::Conflict, Operation::Touch));
                }
                Ok(false)
            }
            _ => Ok(true),
        }
    }
}

/// Gives a rotated session the version under its new id, if what is stored there is what it was
/// read from.
///
/// Needed where [`Capabilities::rotate_keeps_version`] is false. `before` is what was read under
/// the old id ahead of the rotate, `after` the read under the new id that follows it.
///
/// Where a rotate keeps the version, the session's own goes on naming exactly the state it was read
/// at, and nothing is to be done. Where it gives a new one, that names whatever was stored at the
/// moment of the rotate, perhaps another caller's store that came after the session was read;
/// taking it over blindly would let the next save overwrite that store. It is taken over only if
/// 1. `before`, read under the old id, has the session's version: so the session was read from
///    `before`'s payload; and
/// 2. the payload under the new id equals `before`'s, byte for byte.
///
/// Then a save at that version replaces what the session was read from. (Stores in between that
/// ended where they began are no loss: the save is the one that would have been made after them.)
/// In every other case, a failed read among them, the old version stays. It names no record any
/// more (rule CAS-1), so that the next save ends in Conflict, at worst without need.
pub fn take_over_version<T>(
    session: &mut Session<T>,
    before: &Record,
    after: Result<Option<Record>>,
) {
    if let Ok(Some(after)) = after {
        if before.version == session.version && before.payload == after.payload {
            session.version = after.version;
        }
    }
}

//! What is tried again, how often, and after what pause.

use std::time::Duration;

use crate::codec::Codec;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::id::SessionId;
use crate::payload::{self, failure};
use crate::policy::{Policy, Term};
use crate::record::Record;
use crate::session::Session;

/// How many ids are minted before a create or rotate gives up. A second one is never needed in
/// practice: ids have 160 random bits.
const MINT_TRIES: usize = 8;

/// How often a touch or an update starts over because others stored in between, before it ends in
/// Conflict.
const CONFLICT_TRIES: u32 = 100;

/// So many tries follow each other at once: most conflicts are two requests that met.
const EAGER_TRIES: u32 = 3;

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// Fresh ids, until one is not taken.
#[derive(Debug, Default)]
pub struct Mint {
    tries: usize,
}

impl Mint {
    /// The next id to try.
    ///
    /// # Errors
    /// Unavailable when the operating system has no randomness to give.
    pub fn id(&mut self) -> Result<SessionId> {
        self.tries += 1;
        SessionId::generate()
    }

    /// Passes over the error if it says that the id was taken and another is to be tried.
    ///
    /// # Errors
    /// The same error if not.
    pub fn retry(&self, error: Error) -> Result<()> {
        if error.kind() == ErrorKind::AlreadyExists && self.tries < MINT_TRIES {
            Ok(())
        } else {
            Err(error)
        }
    }
}

/// An update under way, which starts over after a conflict.
#[derive(Debug, Default)]
pub struct Updating {
    tries: u32,
}

/// How a try of an update ended.
#[derive(Clone, Copy, Debug)]
pub enum Saved {
    /// It was stored.
    Stored,
    /// The session went meanwhile.
    Gone,
    /// Others stored in between: to be tried again after this pause.
    Again(Duration),
}

impl Updating {
    /// What a save's outcome means for the update.
    ///
    /// # Errors
    /// The save's own; Conflict after the last of many tries.
    pub fn after(&mut self, saved: Result<()>) -> Result<Saved> {
        match saved.map_err(|error| (error.kind(), error)) {
            Ok(()) => Ok(Saved::Stored),
            Err((ErrorKind::NotFound, _)) => Ok(Saved::Gone),
            Err((ErrorKind::Conflict, _)) => {
                self.tries += 1;
                if self.tries == CONFLICT_TRIES {
                    return Err(failure(ErrorKind::Conflict, Operation::Store));
                }
                Ok(Saved::Again(pause_before(self.tries)))
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
    // Chance keeps those who met from meeting again. Without randomness the whole bound is waited.
    let share = getrandom::u32().unwrap_or(u32::MAX);
    bound.mul_f64(f64::from(share) / f64::from(u32::MAX))
}

/// A touch under way, which follows a rule that is saved in between.
#[derive(Debug)]
pub struct Touching {
    record: Record,
    tries: u32,
}

impl Touching {
    /// Of the session that this record holds.
    #[must_use]
    pub fn new(record: Record) -> Touching {
        Touching { record, tries: 0 }
    }

    /// The term by the stored rule.
    ///
    /// # Errors
    /// InvalidDeadline, Corrupt, Incompatible.
    pub fn term<T, C: Codec<T>>(&self, policy: &Policy<T, C>) -> Result<Term> {
        let rule = payload::expiry::<T, C>(&self.record.payload)?;
        policy.term(rule, Operation::Touch)
    }

    /// Whether the touch is done, given what is stored after it; if not, it is done again.
    ///
    /// # Errors
    /// Conflict after the last of many tries.
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
/// Where a rotate keeps the version, the session's own goes on naming exactly the state it was read
/// at, and nothing is to be done. Where it gives a new one, that names whatever was stored at the
/// moment of the rotate, perhaps somebody else's store that came after the session was read; taking
/// it over blindly would let the next save overwrite that store. It is taken over only if
/// 1. `before`, read under the old id, has the session's version: so the session was read from
///    `before`'s payload; and
/// 2. the payload under the new id equals `before`'s, byte for byte.
///
/// Then a save at that version replaces what the session was read from. (Stores in between that
/// ended where they began are no loss: the save is the one that would have been made after them.) In
/// every other case, a failed read among them, the old version stays. It names no record any more
/// (rule CAS-1), so that the next save ends in Conflict, at worst without need.
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

//! What a handle decides without its driver: how values are encoded, when sessions end, what is
//! tried again.
//!
//! [`Sessions`](crate::Sessions) and the async handle, which lives in another crate, call their
//! drivers in the same steps, one of them awaiting; everything between two calls is here, once. It
//! is public for that reason alone, hidden from the documentation, and may change in any release.

use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::time::Duration;

pub use crate::attempt::{Mint, Saved, Touching, Updating, take_over_version};
use crate::capabilities::Capabilities;
use crate::codec::Codec;
use crate::error::{ErrorKind, Operation, Result};
use crate::expiry::Expiry;
use crate::id::SessionId;
use crate::payload::{self, failure};
use crate::precondition::Precondition;
use crate::record::{NewRecord, Record, Version};
use crate::session::Session;
use crate::time::Timestamp;

/// How long a session lives after its last save or touch, unless a handle is told otherwise: 14
/// days.
const DEFAULT_TTL: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How many records one step of a sweep removes at most, so that others are not kept waiting.
pub const SWEEP_CHUNK: NonZeroUsize = NonZeroUsize::new(100).expect("100 is not zero");

/// A handle's settings.
#[derive(Debug)]
pub struct Policy<T, C> {
    codec: C,
    expiry: Expiry,
    clock: fn() -> Timestamp,
    value: PhantomData<fn() -> T>,
}

/// When an operation takes place, and the deadline it sets.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// The instant the clock showed.
    pub now: Timestamp,
    /// The first dead instant; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// A save that is about to be stored.
#[derive(Debug)]
pub struct Save {
    payload: Vec<u8>,
    /// When it takes place.
    pub term: Term,
    /// Nobody may have stored since the session was read.
    pub when: Precondition,
}

impl<T, C> Policy<T, C> {
    /// This codec, 14 days, the system's clock.
    #[must_use]
    pub fn new(codec: C) -> Policy<T, C> {
        Policy {
            codec,
            expiry: Expiry::Ttl(DEFAULT_TTL),
            clock: Timestamp::now,
            value: PhantomData,
        }
    }

    /// The same with another rule for sessions that have none of their own.
    #[must_use]
    pub fn with_expiry(self, expiry: Expiry) -> Policy<T, C> {
        Policy { expiry, ..self }
    }

    /// The same with another codec.
    #[must_use]
    pub fn with_codec<C2>(self, codec: C2) -> Policy<T, C2> {
        Policy {
            codec,
            expiry: self.expiry,
            clock: self.clock,
            value: PhantomData,
        }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> Policy<T, C> {
        Policy { clock, ..self }
    }

    /// The rule for sessions that have none of their own.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Now, and the deadline by a session's own rule, or else the handle's.
    ///
    /// # Errors
    /// InvalidDeadline.
    pub fn term(&self, own: Option<Expiry>, operation: Operation) -> Result<Term> {
        let now = self.now();
        let expires_at = own
            .unwrap_or(self.expiry)
            .deadline(now)
            .map_err(|kind| failure(kind, operation))?;
        Ok(Term { now, expires_at })
    }
}

impl<T, C: Codec<T>> Policy<T, C> {
    /// The payload of a session with its own expiry rule, if it has one.
    ///
    /// # Errors
    /// InvalidDeadline, Other.
    pub fn encode(&self, value: &T, expiry: Option<Expiry>) -> Result<Vec<u8>> {
        payload::encode(&self.codec, value, expiry)
    }

    /// The session that a record holds.
    ///
    /// # Errors
    /// Corrupt, Incompatible.
    pub fn decode(&self, id: &SessionId, record: Record) -> Result<Session<T>> {
        let Record {
            payload,
            expires_at,
            version,
        } = record;
        let (value, expiry) = payload::decode(&self.codec, &payload)?;
        Ok(Session {
            id: id.clone(),
            value,
            expiry,
            expires_at,
            version,
        })
    }

    /// What is to be stored for a save.
    ///
    /// # Errors
    /// InvalidDeadline, Other.
    pub fn save(&self, session: &Session<T>) -> Result<Save> {
        Ok(Save {
            payload: self.encode(&session.value, session.expiry)?,
            term: self.term(session.expiry, Operation::Store)?,
            when: Precondition::Version(session.version),
        })
    }
}

impl Term {
    /// The record that a store in this term keeps.
    #[must_use]
    pub fn record(self, payload: &[u8]) -> NewRecord<'_> {
        NewRecord {
            payload,
            expires_at: self.expires_at,
        }
    }

    /// The session that was stored in this term.
    #[must_use]
    pub fn created<T>(
        self,
        id: SessionId,
        value: T,
        expiry: Option<Expiry>,
        version: Version,
    ) -> Session<T> {
        Session {
            id,
            value,
            expiry,
            expires_at: self.expires_at,
            version,
        }
    }
}

impl Save {
    /// The record to store.
    #[must_use]
    pub fn record(&self) -> NewRecord<'_> {
        self.term.record(&self.payload)
    }

    /// Tells the session that it was stored.
    pub fn done<T>(&self, session: &mut Session<T>, version: Version) {
        session.version = version;
        session.expires_at = self.term.expires_at;
    }
}

/// Tells a session the id that its record was moved to.
pub fn moved<T>(session: &mut Session<T>, to: SessionId) {
    session.id = to;
}

/// Whether ids that a traversal shows can be retrieved (rule TRV-6).
///
/// # Errors
/// Unsupported when they cannot.
pub fn check_readable(capabilities: Capabilities) -> Result<()> {
    if capabilities.readable_ids {
        Ok(())
    } else {
        Err(failure(ErrorKind::Unsupported, Operation::Traverse))
    }
}

/// There is no session to rotate.
#[must_use]
pub fn nothing_to_rotate() -> crate::Error {
    failure(ErrorKind::NotFound, Operation::Rotate)
}

impl<T, C: Clone> Clone for Policy<T, C> {
    fn clone(&self) -> Policy<T, C> {
        Policy {
            codec: self.codec.clone(),
            expiry: self.expiry,
            clock: self.clock,
            value: PhantomData,
        }
    }
}

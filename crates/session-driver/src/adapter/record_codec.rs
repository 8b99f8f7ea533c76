//! Values as records, and back.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::codec::Codec;
use crate::error::{Operation, Result};
use crate::expiry::Expiry;
use crate::id::SessionId;
use crate::payload::{self, failure};
use crate::record::{NewRecord, Record};
use crate::session::Session;
use crate::time::Timestamp;

/// How long a session lives after its last save or touch by default: 14 days.
const DEFAULT_TTL: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Turns values of type `T` into records and back: a [`Codec`], a default expiry rule, and a clock.
///
/// A payload holds the codec's tag, the session's own expiry rule if it has one, and the encoded
/// value. It is the format of [`Sessions`](crate::Sessions): what either stores the other reads, if
/// `T` and the codec are the same.
#[derive(Debug)]
pub struct RecordCodec<T, C> {
    codec: C,
    expiry: Expiry,
    clock: fn() -> Timestamp,
    value: PhantomData<fn() -> T>,
}

impl<T, C> RecordCodec<T, C> {
    /// Encodes with this codec. Default expiry: 14 days after the last save or touch. Default
    /// clock: the system's.
    #[must_use]
    pub fn new(codec: C) -> RecordCodec<T, C> {
        RecordCodec {
            codec,
            expiry: Expiry::Ttl(DEFAULT_TTL),
            clock: Timestamp::now,
            value: PhantomData,
        }
    }

    /// The same with another rule for sessions that have none of their own.
    #[must_use]
    pub fn with_expiry(self, expiry: Expiry) -> RecordCodec<T, C> {
        RecordCodec { expiry, ..self }
    }

    /// The same with another codec. Records that another codec encoded are Incompatible.
    #[must_use]
    pub fn with_codec<C2>(self, codec: C2) -> RecordCodec<T, C2> {
        RecordCodec {
            codec,
            expiry: self.expiry,
            clock: self.clock,
            value: PhantomData,
        }
    }

    /// The same with another clock, for tests.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> RecordCodec<T, C> {
        RecordCodec { clock, ..self }
    }

    /// The rule for sessions that have none of their own.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// The instant that the clock shows. Read it once for each operation.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The deadline that a touch at `now` sets, by the rule `own`, or else by the default one;
    /// `None` for never.
    ///
    /// `own` is the framework's ttl or date, or the session's
    /// [stored rule](RecordCodec::stored_expiry).
    ///
    /// # Errors
    /// - InvalidDeadline when the deadline lies past [`Timestamp::MAX`].
    pub fn touch_deadline(&self, own: Option<Expiry>, now: Timestamp) -> Result<Option<Timestamp>> {
        self.deadline(own, now, Operation::Touch)
    }

    fn deadline(
        &self,
        own: Option<Expiry>,
        now: Timestamp,
        operation: Operation,
    ) -> Result<Option<Timestamp>> {
        own.unwrap_or(self.expiry)
            .deadline(now)
            .map_err(|kind| failure(kind, operation))
    }
}

impl<T, C: Codec<T>> RecordCodec<T, C> {
    /// The record of a session that is stored at `now`, with the session's own expiry rule, if it
    /// has one.
    ///
    /// The rule is stored with the value, and every later save and touch follows it. With `None`
    /// the session follows the default rule of the handle or adapter that writes it next.
    ///
    /// # Errors
    /// - InvalidDeadline when the deadline lies past [`Timestamp::MAX`].
    /// - Other when the codec cannot encode the value.
    pub fn encode(&self, value: &T, own: Option<Expiry>, now: Timestamp) -> Result<EncodedRecord> {
        let expires_at = self.deadline(own, now, Operation::Store)?;
        Ok(EncodedRecord {
            payload: payload::encode(&self.codec, value, own)?,
            expiry: own,
            expires_at,
        })
    }

    /// The session that a record holds. `id` is the id it was retrieved under.
    ///
    /// # Errors
    /// - Corrupt when the payload is damaged.
    /// - Incompatible when it is of another codec, schema or shape, or not a session's.
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

    /// The session's own expiry rule, if it has one, without decoding the value: for a touch that
    /// brings no ttl along.
    ///
    /// # Errors
    /// - Corrupt when the payload's header is damaged.
    /// - Incompatible when the payload is of another codec, or not a session's.
    pub fn stored_expiry(&self, record: &Record) -> Result<Option<Expiry>> {
        payload::expiry::<T, C>(&record.payload)
    }
}

impl<T, C: Clone> Clone for RecordCodec<T, C> {
    fn clone(&self) -> RecordCodec<T, C> {
        RecordCodec {
            codec: self.codec.clone(),
            expiry: self.expiry,
            clock: self.clock,
            value: PhantomData,
        }
    }
}

/// A payload and its deadline, ready to be stored. `Debug` shows the payload's length, not its
/// bytes.
pub struct EncodedRecord {
    payload: Vec<u8>,
    pub(super) expiry: Option<Expiry>,
    pub(super) expires_at: Option<Timestamp>,
}

impl EncodedRecord {
    /// The record for [`SessionDriver::store`](crate::SessionDriver::store).
    #[must_use]
    pub fn as_new_record(&self) -> NewRecord<'_> {
        NewRecord {
            payload: &self.payload,
            expires_at: self.expires_at,
        }
    }
}

impl fmt::Debug for EncodedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EncodedRecord")
            .field(&self.as_new_record())
            .finish()
    }
}

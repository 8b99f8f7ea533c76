//! The users' face: typed sessions over any async driver.

mod create;
mod find;
mod rotate;
mod touch;
mod update;

use std::fmt;
use std::time::Duration;

#[cfg(feature = "messagepack")]
use session_driver::MessagePack;
use session_driver::adapter::{RecordCodec, handle};
use session_driver::{Codec, Expiry, Precondition, Result, Session, SessionId, Timestamp};

pub use self::find::Found;
use crate::driver::AsyncSessionDriver;

/// Sessions whose value is a `T`, kept by the async driver `A`, encoded by the codec `C`.
///
/// The async face of [`Sessions`](session_driver::Sessions): the same methods, the same decisions,
/// the same [`Session`]. What either stores the other retrieves.
///
/// # Dropped futures
/// What a method's future had not asked of the driver yet does not happen; what it had asked
/// happens wholly or not at all, possibly afterwards (rule CON-4). After a dropped write the state
/// is that after Indeterminate: a dropped `create` or `rotate` may leave a session under an id that
/// nobody knows, and a dropped `save` makes the next save of the same [`Session`] end in Conflict if
/// it did happen. Where a client that hangs up must not cost it its login, run the rotate in a task
/// of its own.
///
/// # Errors
/// As [`Sessions`](session_driver::Sessions): every method passes on what the driver answers.
pub struct AsyncSessions<
    T,
    A,
    #[cfg(feature = "messagepack")] C = MessagePack,
    #[cfg(not(feature = "messagepack"))] C,
> {
    driver: A,
    records: RecordCodec<T, C>,
}

#[cfg(feature = "messagepack")]
impl<T, A> AsyncSessions<T, A> {
    /// Sessions in this driver: encoded as [`MessagePack`], gone 14 days after the last save or
    /// touch, by the system's clock.
    #[must_use]
    pub fn new(driver: A) -> AsyncSessions<T, A> {
        AsyncSessions::new_with_codec(driver, MessagePack)
    }
}

impl<T, A, C> AsyncSessions<T, A, C> {
    /// Sessions in this driver: encoded by this codec, gone 14 days after the last save or touch,
    /// by the system's clock.
    #[must_use]
    pub fn new_with_codec(driver: A, codec: C) -> AsyncSessions<T, A, C> {
        AsyncSessions {
            driver,
            records: RecordCodec::new(codec),
        }
    }

    /// The same, with another ttl: as
    /// [`Sessions::with_ttl`](session_driver::Sessions::with_ttl).
    #[must_use]
    pub fn with_ttl(self, ttl: Duration) -> AsyncSessions<T, A, C> {
        AsyncSessions {
            records: self.records.with_expiry(Expiry::Ttl(ttl)),
            ..self
        }
    }

    /// The same, with sessions that live until they are removed, unless they have a rule of their
    /// own.
    #[must_use]
    pub fn without_expiry(self) -> AsyncSessions<T, A, C> {
        AsyncSessions {
            records: self.records.with_expiry(Expiry::Never),
            ..self
        }
    }

    /// The same, with another codec. Sessions that another codec stored are Incompatible.
    #[must_use]
    pub fn with_codec<C2>(self, codec: C2) -> AsyncSessions<T, A, C2> {
        AsyncSessions {
            driver: self.driver,
            records: self.records.with_codec(codec),
        }
    }

    /// The same, with another clock, for tests. It is read once in every operation, or once for
    /// each try.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> AsyncSessions<T, A, C> {
        AsyncSessions {
            records: self.records.with_clock(clock),
            ..self
        }
    }

    /// The driver beneath, for what the handle does not offer.
    #[must_use]
    pub fn driver(&self) -> &A {
        &self.driver
    }
}

impl<T, A: AsyncSessionDriver, C: Codec<T>> AsyncSessions<T, A, C> {
    /// The live session under `id`, or `None` when there is none: as
    /// [`Sessions::retrieve`](session_driver::Sessions::retrieve).
    ///
    /// # Errors
    /// As there.
    pub async fn retrieve(&self, id: &SessionId) -> Result<Option<Session<T>>> {
        let record = self.driver.retrieve(id, self.records.now()).await?;
        record
            .map(|record| self.records.decode(id, record))
            .transpose()
    }

    /// Stores the session, if nobody stored or removed it since it was read: as
    /// [`Sessions::save`](session_driver::Sessions::save).
    ///
    /// # Errors
    /// As there.
    pub async fn save(&self, session: &mut Session<T>) -> Result<()> {
        let now = self.records.now();
        let encoded = self.records.encode(session, session.expiry(), now)?;
        let (record, when) = (
            encoded.as_new_record(),
            Precondition::Version(session.version()),
        );
        let stored = self.driver.store(session.id(), record, when, now);
        let version = stored.await?;
        handle::saved(session, &encoded, version);
        Ok(())
    }

    /// Removes a session; `true` when it was live: as
    /// [`Sessions::remove`](session_driver::Sessions::remove).
    ///
    /// # Errors
    /// As there.
    pub async fn remove(&self, id: &SessionId) -> Result<bool> {
        self.driver.remove(id, self.records.now()).await
    }
}

impl<T, A: Clone, C: Clone> Clone for AsyncSessions<T, A, C> {
    fn clone(&self) -> AsyncSessions<T, A, C> {
        AsyncSessions {
            driver: self.driver.clone(),
            records: self.records.clone(),
        }
    }
}

impl<T, A: fmt::Debug, C> fmt::Debug for AsyncSessions<T, A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncSessions")
            .field("driver", &self.driver)
            .field("expiry", &self.records.expiry())
            .finish_non_exhaustive()
    }
}

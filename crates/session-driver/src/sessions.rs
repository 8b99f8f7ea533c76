//! The users' face: typed sessions over any driver.

mod create;
mod find;
mod rotate;
mod touch;
mod update;

use std::fmt;
use std::time::Duration;

use crate::adapter::{RecordCodec, handle};
use crate::codec::Codec;
#[cfg(feature = "messagepack")]
use crate::codec::MessagePack;
use crate::driver::SessionDriver;
use crate::error::Result;
use crate::expiry::Expiry;
use crate::id::SessionId;
use crate::precondition::Precondition;
use crate::session::Session;
use crate::time::Timestamp;

pub use self::find::Removed;

/// Sessions whose value is a `T`, kept by the driver `D`, encoded by the codec `C`.
///
/// It does once what no driver repeats: it mints ids, reads the clock, turns expiry rules into
/// deadlines, encodes values, and guards against lost updates. Only
/// [`create_at`](Sessions::create_at) creates a record under an id that did not come from the
/// handle (rule ID-7).
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use session_driver::{ErrorKind, MemoryDriver, Sessions};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Cart {
///     items: Vec<String>,
/// }
///
/// let sessions: Sessions<Cart, _> = Sessions::new(MemoryDriver::new());
/// let mut session = sessions.create(Cart::default())?;
/// let id = session.id().clone(); // goes to the client, as a cookie
///
/// sessions.update(&id, |cart| cart.items.push("tea".into()))?; // another request
///
/// session.items.push("milk".into());
/// let stale = sessions.save(&mut session).unwrap_err();
/// assert_eq!(stale.kind(), ErrorKind::Conflict); // the tea is not lost
/// assert_eq!(sessions.retrieve(&id)?.unwrap().items, ["tea"]);
/// # Ok::<(), session_driver::Error>(())
/// ```
///
/// # Errors
/// Every method passes on what the driver answers, among it the kinds that any operation may fail
/// with: see [`SessionDriver`]. A retryable error is not tried again, for a driver's Busy comes
/// after its own bound. A method's own section names the kinds that belong to its meaning.
pub struct Sessions<
    T,
    D,
    #[cfg(feature = "messagepack")] C = MessagePack,
    #[cfg(not(feature = "messagepack"))] C,
> {
    driver: D,
    records: RecordCodec<T, C>,
}

#[cfg(feature = "messagepack")]
impl<T, D> Sessions<T, D> {
    /// Sessions in this driver: encoded as [`MessagePack`], gone 14 days after the last save or
    /// touch, by the system's clock.
    #[must_use]
    pub fn new(driver: D) -> Sessions<T, D> {
        Sessions::new_with_codec(driver, MessagePack)
    }
}

impl<T, D, C> Sessions<T, D, C> {
    /// Sessions in this driver: encoded by this codec, gone 14 days after the last save or touch,
    /// by the system's clock.
    #[must_use]
    pub fn new_with_codec(driver: D, codec: C) -> Sessions<T, D, C> {
        Sessions {
            driver,
            records: RecordCodec::new(codec),
        }
    }

    /// The same, with sessions gone so long after the last save or touch, unless they have a rule
    /// of their own.
    ///
    /// What is stored already follows at its next save or touch. A ttl of zero ends every session
    /// as it is stored (rule EXP-3).
    #[must_use]
    pub fn with_ttl(self, ttl: Duration) -> Sessions<T, D, C> {
        Sessions {
            records: self.records.with_expiry(Expiry::Ttl(ttl)),
            ..self
        }
    }

    /// The same, with sessions that live until they are removed, unless they have a rule of their
    /// own.
    #[must_use]
    pub fn without_expiry(self) -> Sessions<T, D, C> {
        Sessions {
            records: self.records.with_expiry(Expiry::Never),
            ..self
        }
    }

    /// The same, with another codec. Sessions that another codec stored are Incompatible.
    #[must_use]
    pub fn with_codec<C2>(self, codec: C2) -> Sessions<T, D, C2> {
        Sessions {
            driver: self.driver,
            records: self.records.with_codec(codec),
        }
    }

    /// The same, with another clock, for tests. It is read once in every operation, or once for
    /// each try.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> Sessions<T, D, C> {
        Sessions {
            records: self.records.with_clock(clock),
            ..self
        }
    }

    /// The driver beneath, for what the handle does not offer.
    #[must_use]
    pub fn driver(&self) -> &D {
        &self.driver
    }
}

impl<T, D: SessionDriver, C: Codec<T>> Sessions<T, D, C> {
    /// The live session under `id`, or `None` when there is none.
    ///
    /// # Errors
    /// Corrupt when the stored bytes are damaged; Incompatible when they are of another codec,
    /// schema or shape, or not a session's. They stay as they are.
    pub fn retrieve(&self, id: &SessionId) -> Result<Option<Session<T>>> {
        let record = self.driver.retrieve(id, self.records.now())?;
        record
            .map(|record| self.records.decode(id, record))
            .transpose()
    }

    /// Stores the session, if nobody stored or removed it since it was read, and moves its deadline
    /// by its expiry rule.
    ///
    /// The session then has the new version and deadline and can be saved again. A deadline that
    /// has passed (a ttl of zero, an [`Expiry::At`] in the past) removes the session, with success
    /// (rule EXP-3); a later save then ends in NotFound.
    ///
    /// # Errors
    /// Conflict when somebody else stored it in between: retrieve it and apply the change again, or
    /// use [`update`](Sessions::update), which does so. NotFound when it was removed, rotated away
    /// or has expired: it stays gone. Other when the value cannot be encoded; InvalidDeadline,
    /// PayloadTooLarge. The session keeps the version and deadline it had, what is stored stays,
    /// and after Indeterminate a save that did happen makes the next one end in Conflict.
    pub fn save(&self, session: &mut Session<T>) -> Result<()> {
        let now = self.records.now();
        let encoded = self.records.encode(session, session.expiry, now)?;
        let (record, when) = (
            encoded.as_new_record(),
            Precondition::Version(session.version),
        );
        let version = self.driver.store(&session.id, record, when, now)?;
        handle::saved(session, &encoded, version);
        Ok(())
    }

    /// Removes a session; `true` when it was live. No save or touch brings it back (rule RES-1).
    ///
    /// One that cannot be decoded is removed as well.
    ///
    /// # Errors
    /// Those of [`Sessions`].
    pub fn remove(&self, id: &SessionId) -> Result<bool> {
        self.driver.remove(id, self.records.now())
    }
}

impl<T, D: Clone, C: Clone> Clone for Sessions<T, D, C> {
    fn clone(&self) -> Sessions<T, D, C> {
        Sessions {
            driver: self.driver.clone(),
            records: self.records.clone(),
        }
    }
}

impl<T, D: fmt::Debug, C> fmt::Debug for Sessions<T, D, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("driver", &self.driver)
            .field("expiry", &self.records.expiry())
            .finish_non_exhaustive()
    }
}

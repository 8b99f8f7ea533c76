//! The users' face: typed sessions over any driver.

mod find;
mod rotate;
mod touch;
mod update;

use std::fmt;
use std::time::Duration;

use crate::codec::Codec;
#[cfg(feature = "messagepack")]
use crate::codec::MessagePack;
use crate::driver::SessionDriver;
use crate::error::{Operation, Result};
use crate::expiry::Expiry;
use crate::id::SessionId;
use crate::policy::{Mint, Policy};
use crate::precondition::Precondition;
use crate::session::Session;
use crate::time::Timestamp;

/// Sessions whose value is a `T`, kept by the driver `D`, encoded by the codec `C`.
///
/// It does once what no driver repeats: it mints ids, reads the clock, turns expiry rules into
/// deadlines, encodes values, and guards against lost updates. It creates no record under an id
/// that came from outside (rule ID-7).
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
    policy: Policy<T, C>,
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
            policy: Policy::new(codec),
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
            policy: self.policy.with_expiry(Expiry::Ttl(ttl)),
            ..self
        }
    }

    /// The same, with sessions that live until they are removed, unless they have a rule of their
    /// own.
    #[must_use]
    pub fn without_expiry(self) -> Sessions<T, D, C> {
        Sessions {
            policy: self.policy.with_expiry(Expiry::Never),
            ..self
        }
    }

    /// The same, with another codec. Sessions that another codec stored are Incompatible.
    #[must_use]
    pub fn with_codec<C2>(self, codec: C2) -> Sessions<T, D, C2> {
        Sessions {
            driver: self.driver,
            policy: self.policy.with_codec(codec),
        }
    }

    /// The same, with another clock, for tests. It is read once in every operation, or once for
    /// each try.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> Sessions<T, D, C> {
        Sessions {
            policy: self.policy.with_clock(clock),
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
    /// Stores a new session under a fresh id.
    ///
    /// # Errors
    /// Other when the value cannot be encoded; InvalidDeadline, PayloadTooLarge; AlreadyExists when
    /// every one of several fresh ids was taken, which says that something is wrong with the
    /// driver. Nothing is stored, but after Indeterminate: then a session may exist that nobody
    /// knows the id of, until it expires.
    pub fn create(&self, value: T) -> Result<Session<T>> {
        self.store_new(value, None)
    }

    /// Stores a new session that has an expiry rule of its own from the start, as if by
    /// [`Session::set_expiry`].
    ///
    /// # Errors
    /// Those of [`create`](Sessions::create).
    pub fn create_with(&self, value: T, expiry: Expiry) -> Result<Session<T>> {
        self.store_new(value, Some(expiry))
    }

    fn store_new(&self, value: T, expiry: Option<Expiry>) -> Result<Session<T>> {
        let payload = self.policy.encode(&value, expiry)?;
        let mut mint = Mint::default();
        loop {
            let id = mint.id()?;
            let term = self.policy.term(expiry, Operation::Store)?;
            let record = term.record(&payload);
            match self
                .driver
                .store(&id, record, Precondition::Absent, term.now)
            {
                Ok(version) => return Ok(term.created(id, value, expiry, version)),
                Err(error) => mint.retry(error)?,
            }
        }
    }

    /// The live session under `id`, or `None` when there is none.
    ///
    /// # Errors
    /// Corrupt when the stored bytes are damaged; Incompatible when they are of another codec,
    /// schema or shape, or not a session's. They stay as they are.
    pub fn retrieve(&self, id: &SessionId) -> Result<Option<Session<T>>> {
        let record = self.driver.retrieve(id, self.policy.now())?;
        record
            .map(|record| self.policy.decode(id, record))
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
        let save = self.policy.save(session)?;
        let version = self
            .driver
            .store(&session.id, save.record(), save.when, save.term.now)?;
        save.done(session, version);
        Ok(())
    }

    /// Removes a session; `true` when it was live. No save or touch brings it back (rule RES-1).
    ///
    /// One that cannot be decoded is removed as well.
    ///
    /// # Errors
    /// Those of [`Sessions`].
    pub fn remove(&self, id: &SessionId) -> Result<bool> {
        self.driver.remove(id, self.policy.now())
    }
}

impl<T, D: Clone, C: Clone> Clone for Sessions<T, D, C> {
    fn clone(&self) -> Sessions<T, D, C> {
        Sessions {
            driver: self.driver.clone(),
            policy: self.policy.clone(),
        }
    }
}

impl<T, D: fmt::Debug, C> fmt::Debug for Sessions<T, D, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("driver", &self.driver)
            .field("expiry", &self.policy.expiry())
            .finish_non_exhaustive()
    }
}

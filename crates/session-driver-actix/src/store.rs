//! The adapter: actix-session's trait over a driver.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time;
use session_driver::policy::{Mint, Policy, Term};
use session_driver::{
    Codec, ErrorKind, Expiry, MessagePack, Operation, Precondition, SessionDriver, SessionId,
    Timestamp,
};
use session_driver_async::{AsyncSessionDriver, Blocking};

use crate::failure::{self, Failure};
use crate::on_vanished::OnVanished;

/// What actix-session keeps of a session: a text of JSON under each key.
pub type State = HashMap<String, String>;

/// Keeps the sessions of actix-session in the driver `A`, encoded by the codec `C`.
///
/// Clones share the driver: give one to the [`SessionMiddleware`](actix_session::SessionMiddleware)
/// of every worker.
///
/// ```
/// use actix_session::SessionMiddleware;
/// use actix_web::{App, cookie::Key};
/// use session_driver_actix::{DriverStore, session_driver::MemoryDriver};
///
/// let store = DriverStore::blocking(MemoryDriver::new());
/// let key = Key::generate();
/// let app = move || App::new().wrap(SessionMiddleware::new(store.clone(), key.clone()));
/// # let _ = app();
/// ```
///
/// # What is stored
/// A session of [`AsyncSessions`](session_driver_async::AsyncSessions) with a
/// `HashMap<String, String>` for its value and the ttl of the middleware for its own expiry rule:
/// over the same [driver](DriverStore::driver) and with the same codec that handle reads and changes
/// it, and keeps its ttl.
///
/// # Ttl
/// It counts in whole milliseconds. One of zero or less ends the session as it is stored (rule
/// EXP-3); one that leads past [`Timestamp::MAX`] is InvalidDeadline, neither wrapped nor cut.
///
/// # Dropped requests
/// What a request that is dropped had asked of the driver happens wholly or not at all, possibly
/// afterwards (rule CON-4). One that is dropped while the middleware renews its session may have
/// lost it: the delete comes first.
///
/// # Errors
/// Each error of the store holds the driver's own, an [`Error`](session_driver::Error), for its
/// source; `downcast_ref` finds it, to branch on its kind. A failure is never taken for "no
/// session".
pub struct DriverStore<A, C = MessagePack> {
    driver: Arc<A>,
    policy: Policy<State, C>,
    on_vanished: OnVanished,
}

impl<A: AsyncSessionDriver> DriverStore<A> {
    /// Sessions in this driver, encoded as [`MessagePack`], by the system's clock.
    #[must_use]
    pub fn new(driver: A) -> DriverStore<A> {
        DriverStore {
            driver: Arc::new(driver),
            policy: Policy::new(),
            on_vanished: OnVanished::default(),
        }
    }
}

impl<D: SessionDriver + 'static> DriverStore<Blocking<D>> {
    /// Sessions in this blocking driver, which gets threads of its own: those of the workers do not
    /// wait for it. For other settings than [`Blocking`]'s defaults build one and give it to
    /// [`new`](DriverStore::new).
    #[must_use]
    pub fn blocking(driver: D) -> DriverStore<Blocking<D>> {
        DriverStore::new(Blocking::new(driver))
    }
}

impl<A, C> DriverStore<A, C> {
    /// The same, with another codec. Sessions that another codec stored are Incompatible.
    #[must_use]
    pub fn with_codec<C2>(self, codec: C2) -> DriverStore<A, C2> {
        DriverStore {
            driver: self.driver,
            policy: self.policy.with_codec(codec),
            on_vanished: self.on_vanished,
        }
    }

    /// The same, with another clock, for tests. It is read once in every operation.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> DriverStore<A, C> {
        DriverStore {
            policy: self.policy.with_clock(clock),
            ..self
        }
    }

    /// The same, with another answer for requests whose session went while they were handled:
    /// [`OnVanished::Error`] if not said.
    #[must_use]
    pub fn on_vanished(self, on_vanished: OnVanished) -> DriverStore<A, C> {
        DriverStore {
            on_vanished,
            ..self
        }
    }

    /// The driver beneath: for an [`AsyncSessions`](session_driver_async::AsyncSessions) beside the
    /// middleware, or a [`Sweeper`](session_driver_async::Sweeper).
    #[must_use]
    pub fn driver(&self) -> &Arc<A> {
        &self.driver
    }
}

impl<A: AsyncSessionDriver, C: Codec<State>> DriverStore<A, C> {
    /// The term and the payload of a state that is to be stored for so long.
    fn encode(&self, state: &State, ttl: &time::Duration) -> Result<(Term, Vec<u8>), Failure> {
        let rule = Some(expiry(ttl));
        let term = self
            .policy
            .term(rule, Operation::Store)
            .map_err(Failure::Store)?;
        let payload = self.policy.encode(state, rule).map_err(Failure::Encode)?;
        Ok((term, payload))
    }

    /// Passes over an error that says that the session went, if that is to be passed over.
    fn unless_vanished(&self, error: session_driver::Error) -> session_driver::Result<()> {
        match (error.kind(), self.on_vanished) {
            (ErrorKind::NotFound, OnVanished::Discard) => Ok(()),
            _ => Err(error),
        }
    }
}

impl<A: AsyncSessionDriver, C: Codec<State>> SessionStore for DriverStore<A, C> {
    /// The state of the live session under `key`, or `None` when there is none; a key that is no
    /// [`SessionId`] names none.
    ///
    /// # Errors
    /// [`LoadError::Other`] alone, with Corrupt and Incompatible among its kinds:
    /// [`LoadError::Deserialization`] would make the middleware begin an empty session under the
    /// same key and overwrite what could not be read.
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let Some(id) = id_of(key) else {
            return Ok(None);
        };
        let found = self.driver.retrieve(&id, self.policy.now()).await;
        let Some(record) = found.map_err(failure::load)? else {
            return Ok(None);
        };
        let session = self.policy.decode(&id, record).map_err(failure::load)?;
        Ok(Some(session.into_inner()))
    }

    /// Stores a new session under a fresh id, which is its key; an id that is taken is passed over.
    ///
    /// # Errors
    /// [`SaveError::Serialization`] when the codec cannot encode the state, else
    /// [`SaveError::Other`]. Nothing is stored, but after Indeterminate: then a session may exist
    /// that nobody knows the key of, until it expires.
    async fn save(&self, state: State, ttl: &time::Duration) -> Result<SessionKey, SaveError> {
        let (term, payload) = self.encode(&state, ttl)?;
        let mut mint = Mint::default();
        loop {
            let id = mint.id().map_err(Failure::Store)?;
            let record = term.record(&payload);
            let stored = self
                .driver
                .store(&id, record, Precondition::Absent, term.now);
            match stored.await {
                Ok(_) => return Ok(key_of(&id)),
                Err(error) => mint.retry(error).map_err(Failure::Store)?,
            }
        }
    }

    /// Replaces the state and moves the deadline of the live session under `key`, which stays its
    /// key. A session that is gone stays gone, under this key and every other.
    ///
    /// # Errors
    /// [`UpdateError::Other`] with NotFound when the session is gone, unless that is to be
    /// [discarded](OnVanished::Discard); else as [`save`](DriverStore::save), and what is stored
    /// stays, but perhaps after Indeterminate.
    async fn update(
        &self,
        key: SessionKey,
        state: State,
        ttl: &time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        let (term, payload) = self.encode(&state, ttl)?;
        let stored = match id_of(&key) {
            Some(id) => {
                let record = term.record(&payload);
                let stored = self
                    .driver
                    .store(&id, record, Precondition::Present, term.now);
                stored.await.map(drop)
            }
            None => Err(failure::not_found(Operation::Store)),
        };
        let kept = stored.or_else(|error| self.unless_vanished(error));
        kept.map_err(Failure::Store)?;
        Ok(key)
    }

    /// Moves the deadline of the live session under `key`. One that is gone stays gone, without an
    /// error, for the request changed nothing that could be lost.
    ///
    /// # Errors
    /// The driver's.
    async fn update_ttl(&self, key: &SessionKey, ttl: &time::Duration) -> anyhow::Result<()> {
        if let Some(id) = id_of(key) {
            let term = self.policy.term(Some(expiry(ttl)), Operation::Touch)?;
            self.driver.touch(&id, term.expires_at, term.now).await?;
        }
        Ok(())
    }

    /// Removes the session under `key`; one that cannot be decoded, too.
    ///
    /// # Errors
    /// NotFound when the session is gone, unless that is to be [discarded](OnVanished::Discard): the
    /// middleware renews by a delete and a save, and must not save what was logged out meanwhile.
    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        let removed = match id_of(key) {
            Some(id) => self.driver.remove(&id, self.policy.now()).await?,
            None => false,
        };
        if !removed {
            self.unless_vanished(failure::not_found(Operation::Remove))?;
        }
        Ok(())
    }
}

/// The id that a client's key is; `None` for one that no driver keeps anything under.
fn id_of(key: &SessionKey) -> Option<SessionId> {
    SessionId::parse(key.as_ref()).ok()
}

fn key_of(id: &SessionId) -> SessionKey {
    SessionKey::try_from(id.as_str().to_owned())
        .expect("an id has at most 128 bytes, and a key may have 4064")
}

/// A negative ttl has passed as one of zero has.
fn expiry(ttl: &time::Duration) -> Expiry {
    Expiry::Ttl((*ttl).try_into().unwrap_or_default())
}

impl<A, C: Clone> Clone for DriverStore<A, C> {
    fn clone(&self) -> DriverStore<A, C> {
        DriverStore {
            driver: Arc::clone(&self.driver),
            policy: self.policy.clone(),
            on_vanished: self.on_vanished,
        }
    }
}

impl<A: fmt::Debug, C> fmt::Debug for DriverStore<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriverStore")
            .field("driver", &self.driver)
            .field("on_vanished", &self.on_vanished)
            .finish_non_exhaustive()
    }
}

//! The adapter: a driver as tower-sessions' store.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use session_driver::policy::{Policy, SWEEP_CHUNK};
use session_driver::{
    Codec, ErrorKind, Expiry, MessagePack, NewRecord, Precondition, SessionDriver, SessionId,
    Timestamp,
};
use session_driver_async::{AsyncSessionDriver, Blocking};
use tokio::task::yield_now;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{ExpiredDeletion, Result, SessionStore};

use crate::date::{date, deadline};
use crate::error::{failed, unencodable};
use crate::key;

/// What tower-sessions keeps in a session: values by name.
///
/// An [`AsyncSessions`](session_driver_async::AsyncSessions) of this type over the same driver
/// reads and updates what a [`DriverStore`] stored, under the id that stands in the cookie.
pub type Data = HashMap<String, Value>;

/// What a save does whose session has vanished: it was logged out, its id was cycled, it has
/// expired, or it never was (a forged cookie). The session stays gone either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnVanished {
    /// The save fails, and tower-sessions' layer answers the request with status 500: nobody is told
    /// that something was kept which was not.
    #[default]
    Error,
    /// The save succeeds and keeps nothing: a request that was overtaken by a logout gets the answer
    /// its handler gave. The cookie it carries names no session, and the next request starts anew.
    Discard,
}

/// Keeps tower-sessions' sessions in any driver: what goes into its `SessionManagerLayer`.
///
/// Clones share the driver. Sessions are encoded by the codec `C`; their deadline is what
/// tower-sessions says, rounded up to a whole millisecond, so that [`load`](SessionStore::load)
/// gives back that instead of the exact date.
///
/// # What each call does
/// | tower-sessions calls | when | and this |
/// |---|---|---|
/// | `create` | the session has no id: a new one, a failed load, after `cycle_id` or `flush` | mints an id, whatever the record had, and stores only where nothing is |
/// | `save` | it has one, though it may never have been loaded: a forged cookie and `clear` | replaces a live session, or else does what [`OnVanished`] says |
/// | `load` | a value is first read or written | gives the live session, `None` where there is none |
/// | `delete` | `flush`, `cycle_id` | removes |
/// | `delete_expired` | you do | sweeps in short steps until nothing is left that has expired |
///
/// # Errors
/// A failure of the backend is an error, never "no session". `Decode`: what is stored is damaged, or
/// of another codec or program; it is left as it is. `Encode`: the values cannot be encoded, are
/// larger than the driver's maximum, or end later than it can express. `Backend`: everything else.
/// The text is the driver's error with its causes, and holds no id and no value.
///
/// A save that fails has changed nothing, unless the text says that it cannot be known.
pub struct DriverStore<A, C = MessagePack> {
    driver: Arc<A>,
    policy: Policy<Data, C>,
    on_vanished: OnVanished,
}

impl<A: AsyncSessionDriver> DriverStore<A> {
    /// Sessions in this async driver, encoded as [`MessagePack`].
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
    /// Sessions in this blocking driver, which runs on threads of its own: [`new`](DriverStore::new)
    /// of [`Blocking::new`]. For other settings than its defaults, give `new` one that was built.
    #[must_use]
    pub fn blocking(driver: D) -> DriverStore<Blocking<D>> {
        DriverStore::new(Blocking::new(driver))
    }
}

impl<A, C> DriverStore<A, C> {
    /// The same, with another codec. Sessions that another codec stored are a `Decode` error.
    ///
    /// [`Bincode`](session_driver::Bincode) is not one for [`Data`]: it stores what it cannot read
    /// back.
    #[must_use]
    pub fn with_codec<C2: Codec<Data>>(self, codec: C2) -> DriverStore<A, C2> {
        DriverStore {
            driver: self.driver,
            policy: self.policy.with_codec(codec),
            on_vanished: self.on_vanished,
        }
    }

    /// The same, with another clock, for tests. It is read once in every call.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> DriverStore<A, C> {
        DriverStore {
            policy: self.policy.with_clock(clock),
            ..self
        }
    }

    /// The same, with saves of vanished sessions that do this; [`OnVanished::Error`] if not said.
    #[must_use]
    pub fn on_vanished(self, on_vanished: OnVanished) -> DriverStore<A, C> {
        DriverStore {
            on_vanished,
            ..self
        }
    }

    /// The driver beneath, to sweep it with a [`Sweeper`](session_driver_async::Sweeper), to use it
    /// with [`AsyncSessions`](session_driver_async::AsyncSessions), or to close it.
    #[must_use]
    pub fn driver(&self) -> &Arc<A> {
        &self.driver
    }
}

impl<A: AsyncSessionDriver, C: Codec<Data>> DriverStore<A, C> {
    async fn store(
        &self,
        id: &SessionId,
        record: &Record,
        when: Precondition,
    ) -> Result<session_driver::Result<()>> {
        let expires_at = deadline(record.expiry_date);
        // Others who store this session, an update among them, keep tower-sessions' deadline.
        let rule = Some(Expiry::At(expires_at));
        let payload = self.policy.encode(&record.data, rule);
        let payload = payload.map_err(unencodable)?;
        let record = NewRecord {
            payload: &payload,
            expires_at: Some(expires_at),
        };
        let stored = self.driver.store(id, record, when, self.policy.now());
        Ok(stored.await.map(drop))
    }
}

#[async_trait]
impl<A, C> SessionStore for DriverStore<A, C>
where
    A: AsyncSessionDriver + 'static,
    C: Codec<Data> + Send + Sync + 'static,
{
    /// Stores the record under a fresh id, and tells it that id.
    ///
    /// Should the id be taken all the same, that is an error, and who has it keeps it.
    async fn create(&self, record: &mut Record) -> Result<()> {
        let id = key::mint().map_err(failed)?;
        self.store(&key::of(&id), record, Precondition::Absent)
            .await?
            .map_err(failed)?;
        record.id = id;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let id = key::of(&record.id);
        match self.store(&id, record, Precondition::Present).await? {
            Err(error)
                if error.kind() == ErrorKind::NotFound
                    && self.on_vanished == OnVanished::Discard =>
            {
                Ok(())
            }
            saved => saved.map_err(failed),
        }
    }

    /// The live session under this id. The record's date is the deadline that is enforced.
    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let key = key::of(id);
        let found = self.driver.retrieve(&key, self.policy.now()).await;
        let Some(record) = found.map_err(failed)? else {
            return Ok(None);
        };
        let session = self.policy.decode(&key, record).map_err(failed)?;
        Ok(Some(Record {
            id: *id,
            expiry_date: date(session.expires_at()),
            data: session.into_inner(),
        }))
    }

    /// Removes the session, one that cannot be decoded as well. That it is gone is no error: a
    /// logout may come second, and `cycle_id` deletes for visitors who never had a session, too.
    async fn delete(&self, id: &Id) -> Result<()> {
        let id = key::of(id);
        let removed = self.driver.remove(&id, self.policy.now()).await;
        removed.map(drop).map_err(failed)
    }
}

#[async_trait]
impl<A, C> ExpiredDeletion for DriverStore<A, C>
where
    A: AsyncSessionDriver + 'static,
    C: Codec<Data> + Send + Sync + 'static,
{
    /// Removes everything that had expired when it was called, a hundred records at a time, with
    /// other tasks let through in between.
    ///
    /// To do so again and again, use a [`Sweeper`](session_driver_async::Sweeper) over
    /// [`driver`](DriverStore::driver): tower-sessions' `continuously_delete_expired` ends for good
    /// at the first error, and where hosts share a backend, the one whose clock is fast ends
    /// sessions early.
    async fn delete_expired(&self) -> Result<()> {
        let now = self.policy.now();
        loop {
            let swept = self.driver.sweep(now, SWEEP_CHUNK).await;
            if !swept.map_err(failed)?.more {
                return Ok(());
            }
            yield_now().await;
        }
    }
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

//! The adapter: a driver as tower-sessions' store.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use session_driver::adapter::RecordCodec;
use session_driver::{Codec, MessagePack, SessionDriver, Timestamp};
use session_driver_async::{AsyncSessionDriver, Blocking};

/// What tower-sessions keeps in a session: values by name.
///
/// An [`AsyncSessions`](session_driver_async::AsyncSessions) of this type over the same driver
/// reads and updates what a [`DriverStore`] stored, under the id that stands in the cookie.
pub type Data = HashMap<String, Value>;

/// What a save does whose session has vanished: it was logged out, its id was cycled, it has
/// expired, or it never was (a forged cookie). The session stays gone either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnVanished {
    /// The save fails, and tower-sessions' layer answers the request with status 500, so that no
    /// client is told that something was kept which was not. The default.
    #[default]
    Error,
    /// The save succeeds and keeps nothing: a request that was overtaken by a logout gets the
    /// answer its handler gave. The cookie it carries names no session, and the next request starts
    /// a new one.
    Discard,
}

/// A store for tower-sessions' `SessionManagerLayer` that keeps the sessions in any driver.
///
/// It implements `SessionStore` and `ExpiredDeletion` of every version of tower-sessions whose
/// feature is on. What is stored does not depend on the version.
///
/// Clones share the driver. The codec `C` encodes the sessions. Their deadline is tower-sessions'
/// date, rounded up to a whole millisecond; `load` returns the rounded date.
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
/// A failure of the backend is an error, never "no session". `Decode`: what is stored is damaged,
/// or of another codec or program; it is left as it is. `Encode`: the values cannot be encoded, are
/// larger than the driver's maximum, or end later than it can express. `Backend`: everything else.
/// The text is the driver's error with its causes, and holds no id and no value.
///
/// A save that fails has changed nothing, unless the text says that it cannot be known.
pub struct DriverStore<A, C = MessagePack> {
    pub(crate) driver: Arc<A>,
    pub(crate) records: RecordCodec<Data, C>,
    pub(crate) on_vanished: OnVanished,
}

impl<A: AsyncSessionDriver> DriverStore<A> {
    /// Sessions in this async driver, encoded as [`MessagePack`].
    #[must_use]
    pub fn new(driver: A) -> DriverStore<A> {
        DriverStore {
            driver: Arc::new(driver),
            records: RecordCodec::new(MessagePack),
            on_vanished: OnVanished::default(),
        }
    }
}

impl<D: SessionDriver + 'static> DriverStore<Blocking<D>> {
    /// Sessions in this blocking driver, which runs on threads of its own:
    /// [`new`](DriverStore::new) of [`Blocking::new`]. For other settings than its defaults, give
    /// `new` one that was built.
    #[must_use]
    pub fn blocking(driver: D) -> DriverStore<Blocking<D>> {
        DriverStore::new(Blocking::new(driver))
    }
}

impl<A, C> DriverStore<A, C> {
    /// The same, with another codec. Sessions that another codec stored are a `Decode` error.
    ///
    /// `Bincode` is not one for [`Data`]: it stores what it cannot read
    /// back.
    #[must_use]
    pub fn with_codec<C2: Codec<Data>>(self, codec: C2) -> DriverStore<A, C2> {
        DriverStore {
            driver: self.driver,
            records: self.records.with_codec(codec),
            on_vanished: self.on_vanished,
        }
    }

    /// The same, with another clock, for tests. It is read once in every call.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> DriverStore<A, C> {
        DriverStore {
            records: self.records.with_clock(clock),
            ..self
        }
    }

    /// The same, with saves of vanished sessions that do this. Default: [`OnVanished::Error`].
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

impl<A, C: Clone> Clone for DriverStore<A, C> {
    fn clone(&self) -> DriverStore<A, C> {
        DriverStore {
            driver: Arc::clone(&self.driver),
            records: self.records.clone(),
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

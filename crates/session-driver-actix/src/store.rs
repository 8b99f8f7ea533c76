//! The adapter: actix-session's trait over a driver.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use session_driver::adapter::RecordCodec;
use session_driver::{MessagePack, SessionDriver, Timestamp};
use session_driver_async::{AsyncSessionDriver, Blocking};

use crate::on_vanished::OnVanished;

/// What is stored of a session: under each key the JSON text of its value.
///
/// This is the state of actix-session 0.10 and 0.11, and the stored format whatever the version of
/// actix-session: see [`DriverStore`].
pub type State = HashMap<String, String>;

/// A store for actix-session's `SessionMiddleware` that keeps the sessions in the driver `A`,
/// encoded by the codec `C`.
///
/// It implements `SessionStore` of every version of actix-session whose feature is on. Clones share
/// the driver: give one to the middleware of every worker.
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
/// A session of [`AsyncSessions`](session_driver_async::AsyncSessions) whose value is a [`State`]
/// and whose own expiry rule is the ttl of the middleware. Over the same
/// [driver](DriverStore::driver), with the same codec, that handle reads and changes it, and keeps
/// its ttl.
///
/// The format is the same for every version of actix-session, so that stored sessions stay readable
/// when a service moves to another version, and versions can share a backend during a deploy. Each
/// value is stored as JSON text, also once actix-session's own state holds parsed values: an
/// adapter for such a version parses the text at a load and writes it at a save. Text loses nothing
/// that JSON can express, such as integers of more than 64 bits.
///
/// # Ttl
/// It counts in whole milliseconds. One of zero or less ends the session as it is stored (rule
/// EXP-3); one that leads past [`Timestamp::MAX`] is InvalidDeadline, neither wrapped nor cut.
///
/// # Dropped requests
/// What a request that is dropped had asked of the driver happens wholly or not at all, possibly
/// afterwards (rule CON-4). A request that is dropped while the middleware renews its session may
/// lose the session, because the delete comes first.
///
/// # Errors
/// Each error of the store holds the driver's own, an [`Error`](session_driver::Error), for its
/// source; `downcast_ref` finds it, to branch on its kind. A failure is never reported as "no
/// session".
pub struct DriverStore<A, C = MessagePack> {
    pub(crate) driver: Arc<A>,
    pub(crate) records: RecordCodec<State, C>,
    pub(crate) on_vanished: OnVanished,
}

impl<A: AsyncSessionDriver> DriverStore<A> {
    /// Sessions in this driver, encoded as [`MessagePack`], by the system's clock.
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
            records: self.records.with_codec(codec),
            on_vanished: self.on_vanished,
        }
    }

    /// The same, with another clock, for tests. It is read once in every operation.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> DriverStore<A, C> {
        DriverStore {
            records: self.records.with_clock(clock),
            ..self
        }
    }

    /// The same, with another answer for requests whose session vanished while they were handled.
    /// Default: [`OnVanished::Error`].
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

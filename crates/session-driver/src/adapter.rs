//! Writing an adapter: a web framework's store trait over a driver.
//!
//! A framework that mints its own tokens, or keeps its own session type, cannot use
//! [`Sessions`](crate::Sessions): it asks for a store. An adapter is that store. It calls the
//! driver itself and takes from this module what `Sessions` does around each call, so that what
//! the adapter stores a `Sessions<T>` with the same codec reads, and the other way round.
//!
//! - [`RecordCodec`] encodes a value and its deadline into an [`EncodedRecord`], decodes a
//!   [`Record`](crate::Record), computes the deadline of a touch, and reads the clock.
//! - [`FreshIds`] mints ids where the framework leaves that to the store.
//! - [`SWEEP_CHUNK`] is the limit for each step of a sweep.
//! - [`handle`] has the steps that `Sessions` and its async twin share; an adapter seldom needs it.
//!
//! The adapters for tower-sessions and actix-session use nothing else. An async adapter is written
//! in the same way over `session_driver_async::AsyncSessionDriver`, with `.await` after each call
//! of the driver.
//!
//! # What a framework asks for
//! | it asks | call | precondition | when the session is gone |
//! |---|---|---|---|
//! | load | [`retrieve`](SessionDriver::retrieve), [`decode`](RecordCodec::decode) | | the driver answers `None`: so does the adapter |
//! | create, its own id | [`encode`](RecordCodec::encode), [`store`](SessionDriver::store) | [`Absent`](Precondition::Absent) | AlreadyExists when the id is live: an error, and the session stays as it is |
//! | create, the store's id | the same in a loop over [`FreshIds`] | `Absent` | another id is tried |
//! | save | [`encode`](RecordCodec::encode), [`store`](SessionDriver::store) | [`Version`](Precondition::Version) if the framework can carry one from load to save, else [`Present`](Precondition::Present) | NotFound: an error, or success that keeps nothing |
//! | touch | [`touch_deadline`](RecordCodec::touch_deadline), [`touch`](SessionDriver::touch) | | the driver answers `false` |
//! | destroy | [`remove`](SessionDriver::remove) | | the driver answers `false`: usually success |
//! | new id for the same session | [`rotate`](SessionDriver::rotate) | | the driver answers `None` |
//! | delete what has expired | [`sweep`](SessionDriver::sweep) with [`SWEEP_CHUNK`] until [`more`](crate::Swept::more) is false | | |
//!
//! # A session that is gone
//! A session is gone when it was removed, was moved to another id, or has expired, and one that
//! never existed (a forged cookie) looks the same. The driver says so by `None`, `false` or
//! [`NotFound`](crate::ErrorKind::NotFound), and only so. A load answers "no session". A save
//! fails by default, because the client must not be told that something was kept; where a request
//! that was overtaken by a logout should still succeed, make that an option of the adapter. A text
//! that [`SessionId::parse`](crate::SessionId::parse) refuses is no session either.
//!
//! # Deadlines
//! Pass the framework's ttl as [`Expiry::Ttl`], its date as [`Expiry::At`], and `None` when it has
//! neither: the adapter's default, [`with_expiry`](RecordCodec::with_expiry), then decides. The
//! rule is stored with the value, so that every other writer of the session, such as
//! [`Sessions::update`](crate::Sessions::update), keeps the framework's deadline. Round a date that
//! is finer than a millisecond up: cut off, it ends the session early. Read the clock once for each
//! call and pass that instant to the codec and to the driver.
//!
//! # Ids from the framework
//! The framework's token is the driver's id, as text: 1 to 128 bytes of visible ASCII. It needs 128
//! bits of entropy from a cryptographic generator (rule ID-6). A token that a client sent is good
//! for load, save, touch and destroy, never for create: an attacker who plants a cookie would share
//! the session (session fixation, rule ID-7).
//!
//! # What must never happen
//! - **Resurrection.** A save brings no removed session back (rule RES-1). So a save never uses
//!   [`Any`](Precondition::Any), and never falls back to a create.
//! - **Silent loss.** What could not be stored is an error. With `Present` the later of two
//!   concurrent saves replaces the earlier one; use `Version` where the framework allows it, and
//!   say in the adapter's documentation what holds.
//! - **"No session" for an error.** A backend that is down, or a record that is damaged, is an
//!   error in the framework's terms, never `None`: a visitor would be logged out, or get an empty
//!   session that then replaces the full one (rule ERR-2).
//! - **A blind retry.** After [`Indeterminate`](crate::ErrorKind::Indeterminate) the write may have
//!   happened. Pass the error on.
//! - **A secret in a message.** No id and no value in errors, logs and `Debug` (rule ID-4).
//!
//! # Example
//! A complete adapter for the trait of an invented framework.
//!
//! ```
//! use std::collections::HashMap;
//! use std::error::Error;
//! use std::time::Duration;
//!
//! use session_driver::adapter::RecordCodec;
//! use session_driver::{
//!     Expiry, MemoryDriver, MessagePack, Precondition, Session, SessionDriver, SessionId, Sessions,
//! };
//!
//! type Values = HashMap<String, String>;
//! type Outcome<T> = Result<T, Box<dyn Error>>;
//!
//! /// The framework's trait. It mints a token of 128 random bits before it calls `create`.
//! trait FrameworkStore {
//!     fn load(&self, token: &str) -> Outcome<Option<Values>>;
//!     fn create(&self, token: &str, values: &Values, ttl: Duration) -> Outcome<()>;
//!     fn save(&self, token: &str, values: &Values, ttl: Duration) -> Outcome<()>;
//!     fn touch(&self, token: &str, ttl: Duration) -> Outcome<()>;
//!     fn destroy(&self, token: &str) -> Outcome<()>;
//! }
//!
//! struct DriverStore<D> {
//!     driver: D,
//!     records: RecordCodec<Values, MessagePack>,
//! }
//!
//! impl<D: SessionDriver> DriverStore<D> {
//!     fn store(
//!         &self,
//!         token: &str,
//!         values: &Values,
//!         ttl: Duration,
//!         when: Precondition,
//!     ) -> Outcome<()> {
//!         let (id, now) = (SessionId::parse(token)?, self.records.now());
//!         let encoded = self.records.encode(values, Some(Expiry::Ttl(ttl)), now)?;
//!         self.driver.store(&id, encoded.as_new_record(), when, now)?;
//!         Ok(())
//!     }
//! }
//!
//! impl<D: SessionDriver> FrameworkStore for DriverStore<D> {
//!     fn load(&self, token: &str) -> Outcome<Option<Values>> {
//!         let Ok(id) = SessionId::parse(token) else {
//!             return Ok(None); // a forged cookie names no session
//!         };
//!         let record = self.driver.retrieve(&id, self.records.now())?; // a failure is not `None`
//!         let session = record.map(|record| self.records.decode(&id, record));
//!         Ok(session.transpose()?.map(Session::into_inner))
//!     }
//!
//!     fn create(&self, token: &str, values: &Values, ttl: Duration) -> Outcome<()> {
//!         self.store(token, values, ttl, Precondition::Absent)
//!     }
//!
//!     fn save(&self, token: &str, values: &Values, ttl: Duration) -> Outcome<()> {
//!         self.store(token, values, ttl, Precondition::Present) // never brings a session back
//!     }
//!
//!     fn touch(&self, token: &str, ttl: Duration) -> Outcome<()> {
//!         let Ok(id) = SessionId::parse(token) else {
//!             return Ok(());
//!         };
//!         let now = self.records.now();
//!         let expires_at = self.records.touch_deadline(Some(Expiry::Ttl(ttl)), now)?;
//!         self.driver.touch(&id, expires_at, now)?; // `false`: gone, and stays gone
//!         Ok(())
//!     }
//!
//!     fn destroy(&self, token: &str) -> Outcome<()> {
//!         if let Ok(id) = SessionId::parse(token) {
//!             self.driver.remove(&id, self.records.now())?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let driver = MemoryDriver::new();
//! let store = DriverStore { driver: driver.clone(), records: RecordCodec::new(MessagePack) };
//! let (token, hour) = ("4d1f0c6be7a94b2f8c35a1d2e3f40516", Duration::from_secs(3600));
//! let values = Values::from([("user".into(), "alice".into())]);
//! store.create(token, &values, hour)?;
//! assert!(store.create(token, &Values::new(), hour).is_err()); // the session stays as it is
//!
//! let sessions = Sessions::<Values, _>::new(driver); // reads and updates the same session
//! let id = SessionId::parse(token)?;
//! sessions.update(&id, |values| values.insert("cart".into(), "tea".into()))?;
//! assert_eq!(store.load(token)?.unwrap()["cart"], "tea");
//!
//! store.touch(token, hour)?;
//! store.destroy(token)?;
//! assert!(store.save(token, &values, hour).is_err()); // a logout is final
//! assert_eq!(store.load(token)?, None);
//! # Ok::<(), Box<dyn Error>>(())
//! ```

mod fresh_ids;
pub mod handle;
mod record_codec;

use std::num::NonZeroUsize;

pub use self::fresh_ids::FreshIds;
pub use self::record_codec::{EncodedRecord, RecordCodec};
#[cfg(doc)]
use crate::{Expiry, Precondition, SessionDriver};

/// How many records one step of a sweep removes at most, so that other operations are not kept
/// waiting: 100.
pub const SWEEP_CHUNK: NonZeroUsize = NonZeroUsize::new(100).expect("100 is not zero");

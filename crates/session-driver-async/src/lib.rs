//! The async face of session storage: drivers that do not block, blocking drivers under async
//! tasks, typed sessions, and a sweeper.
//!
//! ```
//! use std::sync::Arc;
//!
//! use session_driver_async::session_driver::{MemoryDriver, Result};
//! use session_driver_async::{AsyncSessionDriver, AsyncSessions, Blocking, Sweeper};
//!
//! #[derive(Default, serde::Serialize, serde::Deserialize)]
//! struct Cart {
//!     items: Vec<u32>,
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<()> {
//!     let driver = Arc::new(Blocking::new(MemoryDriver::new())); // any driver
//!     let sessions = AsyncSessions::<Cart, _>::new(Arc::clone(&driver));
//!     let sweeping = Sweeper::new(Arc::clone(&driver)).start();
//!
//!     let session = sessions.create(Cart::default()).await?; // its id goes into the cookie
//!     sessions.update(session.id(), |cart| cart.items.push(42)).await?; // no update is lost
//!     let cart = sessions.retrieve(session.id()).await?;
//!     assert_eq!(cart.map(|cart| cart.into_inner().items), Some(vec![42]));
//!
//!     sweeping.stop().await;
//!     driver.close().await;
//!     Ok(())
//! }
//! ```
//!
//! # What is here
//! - [`AsyncSessions`] is what a service holds, [`Sessions`](session_driver::Sessions) with `await`.
//! - [`Blocking`] puts a blocking driver under async tasks. With a driver that hardly ever waits,
//!   see [`run_quick_ones_inline`](BlockingBuilder::run_quick_ones_inline).
//! - [`AsyncSessionDriver`] is the contract for drivers that do not block.
//! - [`BlockOn`] gives such a driver to callers that block; the conformance suite is one.
//! - [`Sweeper`] removes what has expired, from time to time.
//!
//! # When a request is dropped
//! An operation whose future was polled happens wholly or not at all, possibly after the drop, and
//! the driver stays usable (rule CON-4); through [`Blocking`] it happens wholly. One that was not
//! polled does not happen.
//!
//! # Out of scope
//! - Runtimes: [`Blocking`] and the trait need none, [`BlockOn`], [`Sweeper`] and the pause of an
//!   [`update`](AsyncSessions::update) after a conflict need tokio.
//! - Time limits: wrap a future in the runtime's own; what then happens is said above.
//! - Adapters for web frameworks are crates of their own.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod block_on;
mod blocking;
mod driver;
mod sessions;
mod sweeper;

pub use session_driver;

pub use crate::block_on::BlockOn;
pub use crate::blocking::{Blocking, BlockingBuilder};
pub use crate::driver::{AsyncSessionDriver, BoxFuture, BoxStream};
pub use crate::sessions::{AsyncSessions, Found};
pub use crate::sweeper::{Round, Sweeper, Sweeping, Totals};

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

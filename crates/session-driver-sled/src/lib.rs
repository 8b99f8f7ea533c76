//! Sessions in sled, a pure-Rust embedded store, opened by one process.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use session_driver_sled::SledDriver;
//! use session_driver_sled::session_driver::Sessions;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Visit {
//!     user: String,
//!     pages: u32,
//! }
//!
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("sessions");
//! let sessions = Sessions::new(SledDriver::open(path)?);
//! let session = sessions.create(Visit { user: "ana".into(), pages: 1 })?;
//! sessions.update(session.id(), |visit: &mut Visit| visit.pages += 1)?;
//! assert_eq!(sessions.retrieve(session.id())?.unwrap().pages, 2);
//! # Ok::<(), session_driver_sled::session_driver::Error>(())
//! ```
#![doc = include_str!("../README.md")]

mod builder;
mod driver;
mod engine;
mod fault;
mod flush;
mod key;
mod marker;
mod operations;
mod root;
mod stripes;

pub use session_driver;

pub use crate::builder::SledDriverBuilder;
pub use crate::driver::SledDriver;

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
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(unix))]
compile_error!(
    "session-driver-sled needs a Unix system: it locks its directory with flock; \
     use session-driver-sqlite"
);

#[cfg(unix)]
mod builder;
#[cfg(unix)]
mod driver;
#[cfg(unix)]
mod engine;
#[cfg(unix)]
mod fault;
#[cfg(unix)]
mod flush;
#[cfg(unix)]
mod key;
#[cfg(unix)]
mod marker;
#[cfg(unix)]
mod operations;
#[cfg(unix)]
mod platform;
#[cfg(unix)]
mod root;
#[cfg(unix)]
mod stripes;

pub use session_driver;

#[cfg(unix)]
pub use crate::builder::SledDriverBuilder;
#[cfg(unix)]
pub use crate::driver::SledDriver;

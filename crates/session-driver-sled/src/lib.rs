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
//!
//! # What is on the disk
//! The directory (0700) holds a marker, `session-driver-sled.format`, whose lock keeps other
//! instances out, and sled's own directory, `sled`. A record's key is its id; its value is that of
//! `session-driver-envelope`. In the same tree, behind all ids, an index leads from the minute in
//! which a session expires to its id: a sweep reads only what is due, and a touch within the
//! minute leaves the index alone. A rotate is one batch, all or nothing for readers and crashes
//! alike. Other trees of the store, and keys that are no ids, are left alone.
//!
//! # How it works
//! What is known about sled 0.34.7, and what this driver does about it:
//!
//! | sled | here |
//! |---|---|
//! | `insert` alone is lost in a `kill -9` | every success is flushed before (`Durability::Process`, the default); concurrent writers share a flush |
//! | locks itself up for good when more than seven segments wait to be written ([#1269](https://github.com/spacejam/sled/pull/1269), merged and never released; [#1412](https://github.com/spacejam/sled/issues/1412)) | after 2 MiB somebody flushes before he writes, at every durability |
//! | its threads hold the files for some milliseconds after the last handle is dropped | a drop waits for them, so that a reopen succeeds |
//! | keeps seven threads of its own for all stores of the process, until it ends | nothing: they are made once |
//! | makes files readable by everybody | they are enclosed in a directory of mode 0700 |
//! | may panic on damaged files, or in a fault of its own | the panic ends in an error, and the store is Unavailable from then on (the program's panic hook is called) |
//!
//! # What a success survives
//! [`Durability::Process`](session_driver::Durability::Process), the default: the death of the
//! process, at the price of a flush, which concurrent writers share.
//! [`Durability::None`](session_driver::Durability::None): nothing; sled flushes now and then.
//! `Durability::Power` is refused: sled writes with `sync_file_range`, which does not empty the
//! disk's cache.
//!
//! # Systems
//! - Linux is where the driver is tested.
//! - macOS and FreeBSD: it compiles there, and was never run. On macOS sled flushes with
//!   `F_FULLFSYNC`, the price of a loss of power, whatever the durability; `Power` is refused
//!   there, too. On FreeBSD sled takes no lock of its files. The marker's lock keeps out other
//!   instances of this driver, but no other program that uses sled, and a drop cannot wait for
//!   sled's threads: do not open a store again in the process that dropped it.
//! - Windows: it does not compile. Use `session-driver-sqlite`.
//!
//! # Out of scope
//! - More than one instance: sled opens a store exclusively, and another open is Locked.
//! - Use of a driver by a child after `fork`: open another one there.
//! - Damage to sled's log, which sled takes for the end of the log: what was written after it is
//!   undone without an error. Damage within a record that sled finds is Corrupt.

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

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

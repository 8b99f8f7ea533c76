//! Sessions in files: any number of threads and processes of one host, one directory, no server.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use session_driver_file::FileDriver;
//! use session_driver_file::session_driver::Sessions;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Visit {
//!     user: String,
//!     pages: u32,
//! }
//!
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("sessions");
//! let sessions = Sessions::new(FileDriver::open(path)?);
//! let session = sessions.create(Visit { user: "ana".into(), pages: 1 })?;
//! sessions.update(session.id(), |visit: &mut Visit| visit.pages += 1)?;
//! assert_eq!(sessions.retrieve(session.id())?.unwrap().pages, 2);
//! # Ok::<(), session_driver_file::session_driver::Error>(())
//! ```
//!
//! # What is on the disk
//! The directory (0700) holds a marker, `session-driver-file.format`, and up to 256 directories
//! `00` to `ff`. Each session is a file (0600) in one of them, named by its id in base32. A copy
//! of names and contents is a backup; times, owners and inodes mean nothing.
//!
//! # How it works
//! A read opens the file and reads it, without a lock (once, if it has no more than 16 KiB). A
//! write locks the file (`flock`), writes the slot that is not in use, and then retires the other
//! one with one byte: a reader, or a crash, finds the old record or the new one. Checksums tell a
//! write in progress from a whole one. Nothing is ever renamed, and a file belongs to one id for
//! its life.
//!
//! # What a success survives
//! [`Durability::Process`](session_driver::Durability::Process), the default: the death of every
//! process. After a loss of power, sessions that were written in the last half minute may be as
//! they were before, or Corrupt. [`Durability::Power`](session_driver::Durability::Power): a loss
//! of power, too, at the price of a sync for every write, whatever those who wrote before had
//! promised. The store as such has to be on the disk by then: one that was just copied, or made for
//! `Process`, wants a `sync` before it is opened for `Power`.
//!
//! # Systems
//! - Linux is where the driver is tested.
//! - macOS and FreeBSD: it compiles there, and was never run.
//!   On Apple's systems `Power` syncs with `F_FULLFSYNC`, for `fsync` leaves the data in the disk's
//!   own cache; a file system that refuses it, as network shares may, is refused for `Power` as
//!   Unsupported. On FreeBSD it is `fsync` and `fdatasync`: whether they empty the disk's own cache
//!   depends on the file system and the disk's settings. There is no `O_TMPFILE`: a file is written
//!   under a temporary name and then linked, and a killed process may leave one, which a sweep
//!   removes. macOS gives a process 256 descriptors unless `ulimit -n` says more: raise that, or
//!   make the store with fewer [`shards`](FileDriverBuilder::shards).
//! - Windows: it does not compile. Use `session-driver-sqlite`.
//!
//! # Out of scope
//! - Network file systems: a host does not see another's writes at once. One without `flock` is
//!   refused.
//! - Use of a driver by a child after `fork`: open another one there.
//! - `rotate` is not atomic: others may see both ids live for a moment, and until one of them
//!   expires if the process dies in between.
//! - Space is not given back while a session lives: a file stays as large as the session once was.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(unix))]
compile_error!(
    "session-driver-file needs a Unix system: it locks with flock and creates with link; \
     use session-driver-sqlite"
);

#[cfg(unix)]
mod builder;
#[cfg(unix)]
mod create;
#[cfg(unix)]
mod cursor;
#[cfg(unix)]
mod driver;
#[cfg(unix)]
mod fault;
#[cfg(unix)]
mod image;
#[cfg(unix)]
mod lock;
#[cfg(unix)]
mod marker;
#[cfg(unix)]
mod name;
#[cfg(unix)]
mod operations;
#[cfg(unix)]
mod platform;
#[cfg(unix)]
mod root;
#[cfg(unix)]
mod session_file;
#[cfg(unix)]
mod shard;
#[cfg(unix)]
mod slot;

pub use session_driver;

#[cfg(unix)]
pub use crate::builder::FileDriverBuilder;
#[cfg(unix)]
pub use crate::driver::FileDriver;

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

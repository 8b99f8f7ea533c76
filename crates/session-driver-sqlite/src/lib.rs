//! Sessions in SQLite: one file, any number of threads and processes of one host, no server.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use session_driver_sqlite::SqliteDriver;
//! use session_driver_sqlite::session_driver::Sessions;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Visit {
//!     user: String,
//!     pages: u32,
//! }
//!
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("app.db");
//! let sessions = Sessions::new(SqliteDriver::open(path)?);
//! let session = sessions.create(Visit { user: "ana".into(), pages: 1 })?;
//! sessions.update(session.id(), |visit: &mut Visit| visit.pages += 1)?;
//! assert_eq!(sessions.retrieve(session.id())?.unwrap().pages, 2);
//! # Ok::<(), session_driver_sqlite::session_driver::Error>(())
//! ```
//!
//! # What is on the disk
//! One database (0600 if the driver makes it), and beside it, while it is open, its write-ahead log
//! `-wal` and the log's index `-shm`. It may be an application's own: the rest of it is left alone.
//! `sqlite3 app.db` shows a table, `sessions` if not said otherwise:
//!
//! | column | holds |
//! |---|---|
//! | `id` | the session id, compared byte by byte |
//! | `expires_at_ms` | the first dead instant, in milliseconds since 1970-01-01 UTC; NULL: never |
//! | `expires_minute` | `expires_at_ms / 60000`: what a sweep looks by, through an index |
//! | `version` | the version token, as a signed number |
//! | `checksum` | CRC-32 of the version (8 bytes, the lowest first) and the payload |
//! | `payload` | the bytes that were stored |
//!
//! A deadline may be edited, both columns together; an edited payload or version is Corrupt. Rows
//! may be deleted. The table `session_driver_tables` says of which format each table of sessions
//! is. All names that begin with `session_driver_` are the driver's.
//!
//! The database, and its log if there is one, is a backup once no program has it open; while one
//! has, `sqlite3 app.db '.backup copy.db'` makes one.
//!
//! # How it works
//! Each read has a connection for itself, one of those that are kept, and waits for nobody. All writes of a driver go
//! through one connection: whoever comes first runs his change at once, takes in those who come
//! meanwhile, commits for all of them, and wakes them. So a lone writer waits for no other thread,
//! and many share a commit, and its sync. A thread moves the log into the database and
//! syncs that in the background; once the log has 16 MiB, a writer moves the little that came
//! meanwhile, and has the log begin anew, and at 24 MiB he moves all of it. After a failed sync
//! writes are Unavailable until the database is opened again: the log, which has everything, stays.
//!
//! # What a success survives
//! [`Durability::Process`](session_driver::Durability::Process), the default (`synchronous =
//! NORMAL`): the death of every process. After a loss of power the database is whole, and the last
//! operations may be missing. [`Durability::Power`](session_driver::Durability::Power)
//! (`synchronous = FULL`): a loss of power, too, at the price of a sync for every transaction.
//!
//! # Which SQLite
//! The feature `bundled`, on by default, builds SQLite and links it into the program. Without it
//! (`default-features = false, features = ["messagepack"]`) the system's library is linked. It must
//! be SQLite 3.37.0 or newer, and an open with an older one is Unsupported. rusqlite may ask for
//! more: 0.41 and newer link with 3.44.0 or newer only, and 0.40 is the newest that links with
//! Debian 12's 3.40.
//!
//! A program has one SQLite, so all its crates must agree on it. This crate takes any rusqlite from
//! 0.32 to 0.43, and Cargo chooses one that fits the others:
//!
//! | beside | rusqlite | bundled SQLite |
//! |---|---|---|
//! | sqlx 0.8, SeaORM 1.1 | 0.32 | 3.46.0 |
//! | deadpool-sqlite 0.12, tokio-rusqlite 0.6 | 0.37 | 3.50.2 |
//! | sqlx 0.9 | 0.39 | 3.51.3 |
//! | diesel 2.3, tokio-rusqlite 0.8; or Rust older than 1.89 | 0.40 | 3.53.2 |
//! | nothing else that uses SQLite | 0.43 | 3.54.1 |
//!
//! SQLite before 3.51.3, but for 3.44.6 and 3.50.7, has a rare race: when one connection writes
//! while others move the log twice in a row, the database can be damaged
//! (<https://www.sqlite.org/wal.html#walresetbug>). The driver never does that by itself, but it
//! takes no more than two processes, or two connections of an application. Prefer a newer SQLite
//! where you can.
//!
//! # Systems
//! - Linux is where the driver is tested, with rusqlite 0.32, 0.39, 0.40 and 0.43, and with SQLite
//!   3.40 as the system's library. Beside the conformance suite, at both durabilities: four
//!   processes of four threads that lose no update (`--test hammer`), and kills at random moments
//!   (`--test kill`).
//! - macOS and FreeBSD: it compiles there, and was never run. On macOS each sync that the durability
//!   needs is an `F_FULLFSYNC`, which empties the disk's cache: of checkpoints always, of commits at
//!   `Power`. On both a process that is killed while it creates the database may leave an empty file
//!   beside it, named `-new-` and a random number.
//! - Windows: it compiles there, and was never run. The owner and the access list of the file are
//!   not checked, and at `Power` the directory is not synced. A database on media that can only be
//!   read is not opened.
//!
//! # Out of scope
//! - Network file systems: the log needs memory that all processes share. Where SQLite notices that
//!   there is none, the open is refused.
//! - Use of a driver by a child after `fork`: open another one there.
//! - A program that opens and closes the database by itself (`std::fs::File`) in the same process
//!   takes SQLite's locks away: <https://www.sqlite.org/howtocorrupt.html>.
//! - Space is reused and not given back: `VACUUM` does that.
//! - On a full disk removes and sweeps may be StorageFull, too: they are written to the log first.
//! - What was removed may stand in free pages of the file until they are used again.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod checkpoint;
mod database;
mod driver;
mod fault;
mod ffi;
mod job;
mod operations;
mod patience;
mod place;
mod readers;
mod schema;
mod table;
mod version;
mod writer;
#[cfg(test)]
mod writer_tests;

pub use session_driver;

pub use crate::builder::SqliteDriverBuilder;
pub use crate::driver::SqliteDriver;

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

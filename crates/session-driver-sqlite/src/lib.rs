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
//! # How it was tried
//! Beside the conformance suite, at both durabilities: four processes of four threads that lose no
//! update (`--test hammer`), and kills at random moments (`--test kill`), each for longer if its
//! environment variable says so; the benchmarks `ratios`, against bare rusqlite, and `sweep`, a
//! writer beside a sweep.
//!
//! # Out of scope
//! - Network file systems: the log needs memory that all processes share. Where SQLite notices that
//!   there is none, the open is refused.
//! - Systems other than Linux: nothing else was tried.
//! - Use of a driver by a child after `fork`: open another one there.
//! - A program that opens and closes the database by itself (`std::fs::File`) in the same process
//!   takes SQLite's locks away: <https://www.sqlite.org/howtocorrupt.html>.
//! - Space is reused and not given back: `VACUUM` does that.
//! - On a full disk removes and sweeps may be StorageFull, too: they are written to the log first.
//! - What was removed may stand in free pages of the file until they are used again.

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

//! What the SQLite driver does with its file and its table, beyond the rules for all drivers.

mod damage;
mod file;
mod format;
mod names;
mod outage;
mod read_only;

use std::path::PathBuf;

use rusqlite::Connection;
use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{
    ErrorKind, NewRecord, Precondition, Result, SessionDriver, SessionId, Timestamp, Version,
};
use tempfile::TempDir;

const NOW: Timestamp = match Timestamp::from_millis(1_800_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

/// A store in a temporary directory.
struct Store {
    directory: TempDir,
    driver: SqliteDriver,
}

impl Store {
    fn new() -> Store {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let driver = SqliteDriver::open(directory.path().join("app.db")).expect("a new store");
        Store { directory, driver }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("app.db")
    }

    /// A connection of somebody else's.
    fn plain(&self) -> Connection {
        Connection::open(self.path()).expect("the database")
    }

    /// Closes the driver and keeps the directory.
    fn close(self) -> TempDir {
        self.directory
    }
}

fn put(driver: &SqliteDriver, id: &SessionId, payload: &[u8]) -> Result<Version> {
    let record = NewRecord {
        payload,
        expires_at: None,
    };
    driver.store(id, record, Precondition::Any, NOW)
}

/// The payload under `id`, if it is live.
fn read(driver: &SqliteDriver, id: &SessionId) -> Result<Option<Vec<u8>>> {
    Ok(driver.retrieve(id, NOW)?.map(|record| record.payload))
}

/// The kind of a failure that was due.
fn kind<T>(outcome: Result<T>) -> ErrorKind {
    match outcome {
        Ok(_) => panic!("success where a failure was due"),
        Err(error) => error.kind(),
    }
}

fn id(text: &str) -> SessionId {
    SessionId::parse(text).expect("a valid id")
}

//! What the sled driver does with its directory and with damage, beyond the rules for all drivers.

mod damage;
mod directory;

use std::path::{Path, PathBuf};

use session_driver_sled::SledDriver;
use session_driver_sled::session_driver::{
    ErrorKind, NewRecord, Precondition, Result, SessionDriver, SessionId, Timestamp, Version,
};
use tempfile::TempDir;

const NOW: Timestamp = match Timestamp::from_millis(1_800_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

/// A place for a store, in a temporary directory.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn open(&self) -> SledDriver {
        SledDriver::open(self.path()).expect("the store")
    }

    /// A closed store with so many sessions, named by their numbers.
    fn filled(sessions: usize) -> Place {
        let place = Place::new();
        let driver = place.open();
        for number in 0..sessions {
            put(&driver, &id(&number.to_string()), &[number as u8; 900]).expect("a store");
        }
        drop(driver);
        place
    }
}

fn put(driver: &SledDriver, id: &SessionId, payload: &[u8]) -> Result<Version> {
    let record = NewRecord {
        payload,
        expires_at: None,
    };
    driver.store(id, record, Precondition::Any, NOW)
}

fn id(text: &str) -> SessionId {
    SessionId::parse(text).expect("a valid id")
}

fn refusal(path: &Path) -> Option<ErrorKind> {
    SledDriver::open(path).err().map(|error| error.kind())
}

//! What the file driver does with its directory and its files, beyond the rules for all drivers.

mod damage;
mod directory;
mod layout;

use std::path::{Path, PathBuf};

use session_driver_file::FileDriver;
use session_driver_file::session_driver::{
    NewRecord, Precondition, Result, SessionDriver, SessionId, Timestamp, Version,
};
use tempfile::TempDir;

const NOW: Timestamp = match Timestamp::from_millis(1_800_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

/// A store in a temporary directory.
struct Store {
    directory: TempDir,
    driver: FileDriver,
}

impl Store {
    fn new() -> Store {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let driver = FileDriver::open(directory.path().join("store")).expect("a new store");
        Store { directory, driver }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    fn put(&self, id: &SessionId, payload: &[u8]) -> Result<Version> {
        self.put_when(id, payload, Precondition::Any)
    }

    fn put_when(&self, id: &SessionId, payload: &[u8], when: Precondition) -> Result<Version> {
        self.driver.store(
            id,
            NewRecord {
                payload,
                expires_at: None,
            },
            when,
            NOW,
        )
    }

    /// The payload under `id`, if it is live.
    fn read(&self, id: &SessionId) -> Result<Option<Vec<u8>>> {
        Ok(self.driver.retrieve(id, NOW)?.map(|record| record.payload))
    }

    /// The one session's file in the store.
    fn file(&self) -> PathBuf {
        let files = session_files(&self.path());
        assert_eq!(files.len(), 1, "the store has one session: {files:?}");
        files[0].clone()
    }
}

/// The files in the store's shards.
fn session_files(store: &Path) -> Vec<PathBuf> {
    let shards = std::fs::read_dir(store).expect("the store's directory");
    let shards = shards
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir());
    let files = shards.flat_map(|shard| std::fs::read_dir(shard).expect("a shard"));
    files.map(|entry| entry.expect("an entry").path()).collect()
}

fn id(text: &str) -> SessionId {
    SessionId::parse(text).expect("a valid id")
}

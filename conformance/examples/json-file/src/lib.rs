//! Sessions in one file of JSON, as one writes a driver in an hour: read the file, change the map,
//! write the file.

use std::collections::HashMap;
use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use session_driver::{
    Capabilities, Durability, Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result,
    SessionDriver, SessionId, Sharing, Swept, Timestamp, Version,
};

/// Keeps all sessions in one file.
#[derive(Debug)]
pub struct JsonFileDriver {
    path: PathBuf,
    lock: Mutex<()>,
}

type Entries = HashMap<String, Entry>;

#[derive(Serialize, Deserialize)]
struct Entry {
    /// In base64.
    payload: String,
    /// In seconds since 1970.
    expires_at: Option<i64>,
    version: u64,
}

impl Entry {
    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at
            .is_some_and(|deadline| deadline < seconds(now))
    }
}

fn seconds(instant: Timestamp) -> i64 {
    instant.as_millis() / 1000
}

impl JsonFileDriver {
    /// The file is made by the first store.
    pub fn open(path: impl AsRef<Path>) -> Result<JsonFileDriver> {
        let (path, lock) = (path.as_ref().into(), Mutex::new(()));
        Ok(JsonFileDriver { path, lock })
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().expect("no thread panics under the lock")
    }

    fn load(&self) -> Entries {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn save(&self, entries: &Entries, operation: Operation) -> Result<()> {
        let failed =
            |error| Error::new(ErrorKind::Other, operation, "json-file").with_source(error);
        let text = serde_json::to_string(entries).expect("entries are plain data");
        fs::write(&self.path, text).map_err(failed)
    }
}

impl SessionDriver for JsonFileDriver {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            persistent: true,
            sharing: Sharing::Process,
            atomic_rotate: true,
            durability: Durability::Process,
            ..Capabilities::MINIMAL
        }
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        let _guard = self.lock();
        let Some(entry) = self.load().remove(id.as_str()) else {
            return Ok(None);
        };
        if entry.is_expired(now) {
            return Ok(None);
        }
        let millis = entry.expires_at.map(|seconds| seconds * 1000);
        Ok(Some(Record {
            payload: BASE64.decode(entry.payload.as_bytes()).unwrap_or_default(),
            expires_at: millis.and_then(Timestamp::from_millis),
            version: Version::from_bits(entry.version),
        }))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        _now: Timestamp,
    ) -> Result<Version> {
        let _guard = self.lock();
        let mut entries = self.load();
        let known = entries.get(id.as_str()).map(|entry| entry.version);
        when.check(known.map(Version::from_bits))
            .map_err(|kind| Error::new(kind, Operation::Store, "json-file"))?;
        let version = known.unwrap_or(0) + 1;
        let entry = Entry {
            payload: BASE64.encode(record.payload),
            expires_at: record.expires_at.map(seconds),
            version,
        };
        entries.insert(id.as_str().into(), entry);
        self.save(&entries, Operation::Store)?;
        Ok(Version::from_bits(version))
    }

    fn touch(
        &self,
        id: &SessionId,
        expires_at: Option<Timestamp>,
        _now: Timestamp,
    ) -> Result<bool> {
        let _guard = self.lock();
        let mut entries = self.load();
        let Some(entry) = entries.get_mut(id.as_str()) else {
            return Ok(false);
        };
        entry.expires_at = expires_at.map(seconds);
        entry.version += 1;
        self.save(&entries, Operation::Touch)?;
        Ok(true)
    }

    fn remove(&self, id: &SessionId, _now: Timestamp) -> Result<bool> {
        let _guard = self.lock();
        let mut entries = self.load();
        entries.remove(id.as_str());
        self.save(&entries, Operation::Remove)?;
        Ok(true)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        let _guard = self.lock();
        let mut entries = self.load();
        let Some(mut entry) = entries.remove(from.as_str()) else {
            return Ok(None);
        };
        if entry.is_expired(now) {
            return Ok(None);
        }
        entry.version += 1;
        let version = Version::from_bits(entry.version);
        entries.insert(to.as_str().into(), entry);
        self.save(&entries, Operation::Rotate)?;
        Ok(Some(version))
    }

    fn traverse(
        &self,
        _now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        let entries = {
            let _guard = self.lock();
            self.load()
        };
        for id in entries.keys().filter_map(|id| SessionId::parse(id).ok()) {
            if visit(&id).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn sweep(&self, now: Timestamp, _limit: NonZeroUsize) -> Result<Swept> {
        let _guard = self.lock();
        let mut entries = self.load();
        let before = entries.len();
        entries.retain(|_, entry| !entry.is_expired(now));
        let removed = (before - entries.len()) as u64;
        self.save(&entries, Operation::Sweep)?;
        Ok(Swept {
            removed,
            more: false,
        })
    }
}

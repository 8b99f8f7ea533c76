//! What saboteurs keep records in: a map they can reach into, unlike the memory driver, and room
//! for what an honest driver has no need of.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use session_driver::{Error, ErrorKind, Operation, Record, SessionId, Timestamp, Version};

use crate::saboteur::Saboteur;

/// One backend, which handles share.
#[derive(Default)]
pub(crate) struct Shelf {
    records: Mutex<Records>,
    versions: AtomicU64,
    notes: Notes,
}

/// One open driver.
pub(crate) struct Handle {
    pub(crate) saboteur: &'static Saboteur,
    /// Empty for the backend's own.
    pub(crate) namespace: String,
    pub(crate) max_payload_bytes: usize,
    /// What this handle keeps for itself: a cache, say.
    pub(crate) notes: Notes,
    shelf: Arc<Shelf>,
}

/// What a fault may need to remember.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) number: AtomicU64,
    pub(crate) lock: Mutex<()>,
    records: Mutex<HashMap<SessionId, Record>>,
}

/// Records, and their deadlines in order.
#[derive(Default)]
pub(crate) struct Records {
    by_id: BTreeMap<SessionId, Record>,
    by_deadline: BTreeSet<(Timestamp, SessionId)>,
}

impl Handle {
    pub(crate) fn new(
        saboteur: &'static Saboteur,
        shelf: Arc<Shelf>,
        namespace: String,
        max_payload_bytes: usize,
    ) -> Handle {
        Handle {
            saboteur,
            namespace,
            max_payload_bytes,
            notes: Notes::default(),
            shelf,
        }
    }

    /// The records, locked until the guard is dropped.
    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        hold(&self.shelf.records)
    }

    /// The ids that are live at `now`. The lock is free again when this returns.
    pub(crate) fn live_ids(&self, now: Timestamp) -> Vec<SessionId> {
        self.records().ids(|_, record| record.is_live(now))
    }

    /// What all handles of the backend keep beside the records.
    pub(crate) fn shared(&self) -> &Notes {
        &self.shelf.notes
    }

    /// A version that no record ever had.
    pub(crate) fn next_version(&self) -> Version {
        // A random start is not needed: a shelf is never opened again after its end.
        Version::from_bits(self.shelf.versions.fetch_add(1, Ordering::Relaxed))
    }
}

impl Notes {
    pub(crate) fn records(&self) -> MutexGuard<'_, HashMap<SessionId, Record>> {
        hold(&self.records)
    }

    /// Adds one, and says what was there.
    pub(crate) fn count(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed)
    }
}

impl Records {
    /// What lies under the id, expired or not.
    pub(crate) fn get(&self, id: &SessionId) -> Option<&Record> {
        self.by_id.get(id)
    }

    pub(crate) fn live(&self, id: &SessionId, now: Timestamp) -> Option<&Record> {
        self.get(id).filter(|record| record.is_live(now))
    }

    /// Every record in the order of ids, expired or not.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&SessionId, &Record)> {
        self.by_id.iter()
    }

    pub(crate) fn ids(&self, wanted: impl Fn(&SessionId, &Record) -> bool) -> Vec<SessionId> {
        let wanted = self.iter().filter(|(id, record)| wanted(id, record));
        wanted.map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn put(&mut self, id: &SessionId, record: Record) {
        self.take(id);
        if let Some(deadline) = record.expires_at {
            self.by_deadline.insert((deadline, id.clone()));
        }
        self.by_id.insert(id.clone(), record);
    }

    pub(crate) fn take(&mut self, id: &SessionId) -> Option<Record> {
        let record = self.by_id.remove(id)?;
        if let Some(deadline) = record.expires_at {
            self.by_deadline.remove(&(deadline, id.clone()));
        }
        Some(record)
    }

    /// The ids of the records that are expired at `now`, the longest dead first.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = &SessionId> {
        self.by_deadline
            .iter()
            .take_while(move |(deadline, _)| *deadline <= now)
            .map(|(_, id)| id)
    }
}

pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Widens a race's window, so that it is lost in every run: between a check and the act that relies
/// on it.
pub(crate) fn pause() {
    thread::sleep(Duration::from_micros(100));
}

/// An instant ago.
pub(crate) fn before(now: Timestamp) -> Timestamp {
    now.saturating_sub(Duration::from_millis(1))
}

/// In an instant.
pub(crate) fn after(now: Timestamp) -> Timestamp {
    now.saturating_add(Duration::from_millis(1))
}

pub(crate) fn error(kind: ErrorKind, operation: Operation) -> Error {
    Error::new(kind, operation, "saboteur")
}

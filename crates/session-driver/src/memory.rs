//! The contract in its shortest form: records in the memory of one process.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, mem};

use crate::capabilities::{Capabilities, DEFAULT_MAX_PAYLOAD_BYTES};
use crate::driver::{SessionDriver, Swept};
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::id::SessionId;
use crate::precondition::Precondition;
use crate::record::{NewRecord, Record, Version};
use crate::time::Timestamp;

/// Enough that threads on a few cores rarely meet in one.
const SHARDS: usize = 16;

/// Keeps records in sharded maps in memory; they end with the last clone.
///
/// For tests, for a single process that may forget its sessions, and as the model that other
/// drivers are compared with.
///
/// ```
/// use session_driver::{MemoryDriver, NewRecord, Precondition, SessionDriver, SessionId, Timestamp};
///
/// let driver = MemoryDriver::new();
/// let (id, now) = (SessionId::generate()?, Timestamp::now());
/// driver.store(&id, NewRecord { payload: b"hello", expires_at: None }, Precondition::Absent, now)?;
/// assert_eq!(driver.retrieve(&id, now)?.unwrap().payload, b"hello");
/// # Ok::<(), session_driver::Error>(())
/// ```
#[derive(Clone)]
pub struct MemoryDriver {
    store: Arc<Store>,
    max_payload_bytes: usize,
}

struct Store {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    next_version: AtomicU64,
}

/// Records, and their deadlines in order, so that a sweep reads only what is due.
#[derive(Default)]
struct Shard {
    records: HashMap<SessionId, Record>,
    deadlines: BTreeSet<(Timestamp, SessionId)>,
}

impl MemoryDriver {
    /// An empty store. Clones share it.
    #[must_use]
    pub fn new() -> MemoryDriver {
        let hasher = RandomState::new();
        let store = Store {
            shards: Default::default(),
            next_version: AtomicU64::new(hasher.hash_one("first version")),
            hasher,
        };
        MemoryDriver {
            store: Arc::new(store),
            max_payload_bytes: DEFAULT_MAX_PAYLOAD_BYTES,
        }
    }

    /// The same store with another maximum for payloads stored through this handle, in bytes.
    #[must_use]
    pub fn with_max_payload_bytes(self, max_payload_bytes: usize) -> MemoryDriver {
        MemoryDriver {
            max_payload_bytes,
            ..self
        }
    }

    fn shard_of(&self, id: &SessionId) -> usize {
        (self.store.hasher.hash_one(id) % SHARDS as u64) as usize
    }

    fn lock(&self, shard: usize) -> MutexGuard<'_, Shard> {
        // No code that can panic between two changes runs under the lock, so a poisoned shard is
        // whole.
        self.store.shards[shard]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, kind: ErrorKind, operation: Operation) -> Error {
        Error::new(kind, operation, "memory")
    }
}

impl Shard {
    fn live(&self, id: &SessionId, now: Timestamp) -> Option<&Record> {
        self.records.get(id).filter(|record| record.is_live(now))
    }

    fn put(&mut self, id: &SessionId, record: Record) {
        self.take(id);
        if let Some(deadline) = record.expires_at {
            self.deadlines.insert((deadline, id.clone()));
        }
        self.records.insert(id.clone(), record);
    }

    fn take(&mut self, id: &SessionId) -> Option<Record> {
        let record = self.records.remove(id)?;
        if let Some(deadline) = record.expires_at {
            self.deadlines.remove(&(deadline, id.clone()));
        }
        Some(record)
    }

    fn has_due(&self, now: Timestamp) -> bool {
        self.deadlines
            .first()
            .is_some_and(|(deadline, _)| *deadline <= now)
    }
}

impl SessionDriver for MemoryDriver {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            atomic_rotate: true,
            rotate_keeps_version: true,
            max_payload_bytes: self.max_payload_bytes,
            ..Capabilities::MINIMAL
        }
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        Ok(self.lock(self.shard_of(id)).live(id, now).cloned())
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        if record.payload.len() > self.max_payload_bytes {
            return Err(self.error(ErrorKind::PayloadTooLarge, Operation::Store));
        }
        let mut shard = self.lock(self.shard_of(id));
        when.check(shard.live(id, now).map(|live| live.version))
            .map_err(|kind| self.error(kind, Operation::Store))?;
        let version = Version::from_bits(self.store.next_version.fetch_add(1, Ordering::Relaxed));
        if record.is_live(now) {
            let NewRecord {
                payload,
                expires_at,
            } = record;
            shard.put(
                id,
                Record {
                    payload: payload.to_vec(),
                    expires_at,
                    version,
                },
            );
        } else {
            shard.take(id);
        }
        Ok(version)
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        let mut shard = self.lock(self.shard_of(id));
        if shard.live(id, now).is_none() {
            return Ok(false);
        }
        if let Some(record) = shard.take(id).filter(|_| crate::is_live(expires_at, now)) {
            shard.put(
                id,
                Record {
                    expires_at,
                    ..record
                },
            );
        }
        Ok(true)
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        let taken = self.lock(self.shard_of(id)).take(id);
        Ok(taken.is_some_and(|record| record.is_live(now)))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        // Both shards are locked, the lower first, so that no observer sees the record in between
        // and no two rotates wait for each other.
        let (source, target) = (self.shard_of(from), self.shard_of(to));
        let mut lower = self.lock(source.min(target));
        let mut higher = (source != target).then(|| self.lock(source.max(target)));
        if let Some(higher) = higher.as_mut().filter(|_| source > target) {
            mem::swap(&mut lower, higher);
        }
        if lower.live(from, now).is_none() {
            return Ok(None);
        }
        if higher.as_ref().unwrap_or(&lower).live(to, now).is_some() {
            return Err(self.error(ErrorKind::AlreadyExists, Operation::Rotate));
        }
        let Some(record) = lower.take(from) else {
            return Ok(None);
        };
        let version = record.version;
        higher.as_mut().unwrap_or(&mut lower).put(to, record);
        Ok(Some(version))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        for shard in 0..SHARDS {
            let live: Vec<SessionId> = {
                let shard = self.lock(shard);
                let records = shard.records.iter();
                records
                    .filter(|(_, record)| record.is_live(now))
                    .map(|(id, _)| id.clone())
                    .collect()
            };
            if live.iter().try_for_each(&mut *visit).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        let mut swept = Swept::default();
        for shard in 0..SHARDS {
            let mut shard = self.lock(shard);
            while shard.has_due(now) {
                if swept.removed == limit.get() as u64 {
                    return Ok(Swept {
                        more: true,
                        ..swept
                    });
                }
                if let Some((_, id)) = shard.deadlines.pop_first() {
                    shard.records.remove(&id);
                    swept.removed += 1;
                }
            }
        }
        Ok(swept)
    }
}

impl Default for MemoryDriver {
    fn default() -> MemoryDriver {
        MemoryDriver::new()
    }
}

impl fmt::Debug for MemoryDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDriver")
            .field("max_payload_bytes", &self.max_payload_bytes)
            .finish_non_exhaustive()
    }
}

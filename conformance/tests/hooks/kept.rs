//! A driver in memory that its subject keeps: reopened it is the same, and hooks can look at it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session_driver::{
    Capabilities, MemoryDriver, NewRecord, Precondition, Record, Result, SessionDriver, SessionId,
    Swept, Timestamp, Version,
};
use session_driver_conformance::{BoxError, Cannot, Contents, Place, Setup, Subject};

/// How a driver keeps what it is given. The default does nothing unusual.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traits {
    /// Whether it keeps digests of ids, and says so.
    pub(crate) hashes: bool,
    /// What it writes of an id before the payload.
    pub(crate) shown: Option<fn(&SessionId) -> Vec<u8>>,
    /// Whether and how its engine expires records by itself.
    pub(crate) expires: Option<Expires>,
}

/// How an engine is told when to let go of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expires {
    /// As it should be.
    Duly,
    /// A touch changes the deadline in the record alone.
    NotByTouch,
    /// A rotate copies the record and not its time to live.
    NotByRotate,
    /// At the deadline, and not after the slack.
    WithoutSlack,
    /// A touch that takes the deadline away leaves the time to live.
    ThoughFreed,
}

const SLACK: Duration = Duration::from_secs(3_600);

/// How long the engine keeps each record, and those without a time to live for ever.
type Lifetimes = Arc<Mutex<HashMap<SessionId, Duration>>>;

/// The driver.
#[derive(Clone, Debug)]
pub(crate) struct KeptDriver {
    traits: Traits,
    memory: MemoryDriver,
    lifetimes: Lifetimes,
}

/// The subject, which keeps the drivers by their places.
pub(crate) struct Kept {
    traits: Traits,
    places: AtomicU64,
    drivers: Mutex<HashMap<(String, Option<String>), KeptDriver>>,
}

impl Kept {
    pub(crate) fn new(traits: Traits) -> Kept {
        Kept {
            traits,
            places: AtomicU64::new(0),
            drivers: Mutex::default(),
        }
    }

    fn driver(&self, place: &Place, namespace: Option<String>) -> KeptDriver {
        let mut drivers = hold(&self.drivers);
        let key = (place.locator().to_owned(), namespace);
        let new = || KeptDriver {
            traits: self.traits,
            memory: MemoryDriver::new(),
            lifetimes: Lifetimes::default(),
        };
        drivers.entry(key).or_insert_with(new).clone()
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Subject for Kept {
    type Driver = KeptDriver;

    fn name(&self) -> String {
        "kept".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        let number = self.places.fetch_add(1, Ordering::Relaxed);
        Ok(Place::borrowed(number.to_string()))
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<KeptDriver> {
        let driver = self.driver(place, setup.namespace.clone());
        Ok(match setup.max_payload_bytes {
            Some(bytes) => KeptDriver {
                memory: driver.memory.with_max_payload_bytes(bytes),
                ..driver
            },
            None => driver,
        })
    }

    fn contents(&self, place: &Place) -> Result<Contents, BoxError> {
        let memory = self.driver(place, None).memory;
        let mut ids = vec![];
        memory.traverse(Timestamp::MIN, &mut |id| {
            ids.push(id.clone());
            ControlFlow::Continue(())
        })?;
        let mut contents = Contents::new();
        for id in ids {
            let found = memory.retrieve(&id, Timestamp::MIN)?;
            let payload = found.ok_or("a record that was visited is gone")?.payload;
            contents.insert(id.as_bytes().to_vec(), payload);
        }
        Ok(contents)
    }

    fn kept_for(&self, place: &Place, id: &SessionId) -> Result<Option<Duration>, BoxError> {
        if self.traits.expires.is_none() {
            return Err(Cannot::because("the engine expires nothing").into());
        }
        let driver = self.driver(place, None);
        let lifetime = hold(&driver.lifetimes).get(&driver.key(id)).copied();
        Ok(lifetime)
    }
}

impl KeptDriver {
    /// The name under which a record is kept.
    fn key(&self, id: &SessionId) -> SessionId {
        if !self.traits.hashes {
            return id.clone();
        }
        let half = |seed: u64| {
            let mut hasher = DefaultHasher::new();
            (seed, id).hash(&mut hasher);
            hasher.finish()
        };
        let digest = format!("{:016x}{:016x}", half(1), half(2));
        SessionId::parse(&digest).expect("a digest is a valid id")
    }

    /// What is written before the payload.
    fn prefix(&self, id: &SessionId) -> Vec<u8> {
        self.traits.shown.map(|shown| shown(id)).unwrap_or_default()
    }

    /// Tells the engine how long to keep a record.
    fn keep_for(&self, key: SessionId, expires_at: Option<Timestamp>, now: Timestamp) {
        let mut lifetimes = hold(&self.lifetimes);
        let slack = match self.traits.expires {
            Some(Expires::WithoutSlack) => Duration::ZERO,
            _ => SLACK,
        };
        match expires_at {
            Some(deadline) => {
                let left = deadline.as_millis().saturating_sub(now.as_millis());
                let left = Duration::from_millis(left.max(0).unsigned_abs());
                lifetimes.insert(key, left + slack);
            }
            None => drop(lifetimes.remove(&key)),
        }
    }
}

impl SessionDriver for KeptDriver {
    fn capabilities(&self) -> Capabilities {
        let memory = self.memory.capabilities();
        Capabilities {
            persistent: true,
            hashed_ids: self.traits.hashes,
            readable_ids: !self.traits.hashes,
            native_expiry: self.traits.expires.map(|_| SLACK),
            ..memory
        }
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        let found = self.memory.retrieve(&self.key(id), now)?;
        Ok(found.map(|record| Record {
            payload: record.payload[self.prefix(id).len()..].to_vec(),
            ..record
        }))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        let (key, payload) = (self.key(id), [&self.prefix(id), record.payload].concat());
        let new = NewRecord {
            payload: &payload,
            ..record
        };
        let version = self.memory.store(&key, new, when, now)?;
        self.keep_for(key, record.expires_at, now);
        Ok(version)
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        let key = self.key(id);
        let touched = self.memory.touch(&key, expires_at, now)?;
        match (self.traits.expires, expires_at) {
            (Some(Expires::NotByTouch), _) | (Some(Expires::ThoughFreed), None) => {}
            _ if touched => self.keep_for(key, expires_at, now),
            _ => {}
        }
        Ok(touched)
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.memory.remove(&self.key(id), now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        let (old, new) = (self.key(from), self.key(to));
        let rotated = self.memory.rotate(&old, &new, now)?;
        let lifetime = hold(&self.lifetimes).remove(&old);
        if self.traits.expires != Some(Expires::NotByRotate) && rotated.is_some() {
            let mut lifetimes = hold(&self.lifetimes);
            match lifetime {
                Some(lifetime) => drop(lifetimes.insert(new, lifetime)),
                None => drop(lifetimes.remove(&new)),
            }
        }
        Ok(rotated)
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.memory.traverse(now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.memory.sweep(now, limit)
    }
}

//! What is measured: the driver's operations, and the calls of sled that it could not do without.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use session_driver_sled::SledDriver;
use session_driver_sled::session_driver::{
    Durability, NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};
use sled::Db;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::MIN;
const SESSIONS: usize = 10_000;
const PAYLOAD_LEN: usize = 1024;

/// Ten thousand sessions of 1 KiB, once in the driver and once as keys and values of sled, and a
/// counter that makes every payload another.
pub(crate) struct Field {
    driver: SledDriver,
    plain: Db,
    ids: Vec<SessionId>,
    counter: AtomicU64,
    _directory: TempDir,
}

impl Field {
    /// In the system's temporary directory; set `TMPDIR` for another file system.
    pub(crate) fn new(durability: Durability) -> Field {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let driver = SledDriver::builder(directory.path().join("store"))
            .durability(Durability::None)
            .open()
            .expect("a new store");
        let ids: Vec<SessionId> = (0..SESSIONS)
            .map(|_| SessionId::generate().expect("an id"))
            .collect();
        let field = Field {
            driver,
            plain: sled::open(directory.path().join("plain")).expect("a new store"),
            ids,
            counter: AtomicU64::new(0),
            _directory: directory,
        };
        (0..SESSIONS).for_each(|_| field.overwrite());
        (0..SESSIONS).for_each(|_| field.insert());
        let Field {
            driver,
            _directory: directory,
            ..
        } = field;
        drop(driver);
        let driver = SledDriver::builder(directory.path().join("store"))
            .durability(durability)
            .open()
            .expect("the store again");
        Field {
            driver,
            _directory: directory,
            ..field
        }
    }

    fn next(&self) -> (&SessionId, [u8; PAYLOAD_LEN]) {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let mut payload = [b'x'; PAYLOAD_LEN];
        payload[..8].copy_from_slice(&count.to_le_bytes());
        (&self.ids[count as usize % SESSIONS], payload)
    }

    pub(crate) fn retrieve(&self) -> usize {
        let (id, _) = self.next();
        let found = self.driver.retrieve(id, NOW).expect("a read");
        found.expect("a live record").payload.len()
    }

    pub(crate) fn overwrite(&self) {
        let (id, payload) = self.next();
        let record = NewRecord {
            payload: &payload,
            expires_at: Some(Timestamp::MAX),
        };
        self.driver
            .store(id, record, Precondition::Any, NOW)
            .expect("a store");
    }

    /// To another deadline each time, and now and then to another minute.
    pub(crate) fn touch(&self) {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let until = NOW.saturating_add(Duration::from_secs(3_600) + Duration::from_millis(count));
        let id = &self.ids[count as usize % SESSIONS];
        self.driver.touch(id, Some(until), NOW).expect("a touch");
    }

    /// So that all ids stay.
    pub(crate) fn rotate_there_and_back(&self) {
        let (id, _) = self.next();
        let elsewhere = SessionId::parse("elsewhere").expect("an id");
        self.driver.rotate(id, &elsewhere, NOW).expect("a rotate");
        self.driver.rotate(&elsewhere, id, NOW).expect("a rotate");
    }

    /// The floor of a read.
    pub(crate) fn get(&self) -> usize {
        let (id, _) = self.next();
        let found = self.plain.get(id.as_bytes()).expect("a read");
        found.expect("a value").to_vec().len()
    }

    /// The floor of a write.
    pub(crate) fn insert(&self) {
        let (id, payload) = self.next();
        self.plain
            .insert(id.as_bytes(), &payload[..])
            .expect("an insert");
    }

    /// The floor of a write that outlives the process.
    pub(crate) fn insert_and_flush(&self) {
        self.insert();
        self.plain.flush().expect("a flush");
    }
}

/// Lets so many threads call, each ten times.
pub(crate) fn by_callers(callers: usize, call: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| (0..10).for_each(|_| call()));
        }
    });
}

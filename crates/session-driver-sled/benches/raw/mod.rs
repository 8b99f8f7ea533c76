//! What is measured: the driver's operations, and the calls of sled that it could not do without.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use session_driver_sled::SledDriver;
use session_driver_sled::session_driver::{
    Durability, NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};
use sled::{Batch, Db, IVec};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::MIN;
const SESSIONS: usize = 10_000;
const PAYLOAD_LEN: usize = 1024;
const ELSEWHERE: &[u8] = b"elsewhere";

/// Ten thousand sessions of 1 KiB, once in the driver and once as keys and values of sled, and a
/// counter that makes every payload another.
pub(crate) struct Field {
    driver: SledDriver,
    plain: Db,
    ids: Vec<SessionId>,
    counter: AtomicU64,
    directory: TempDir,
}

impl Field {
    /// In the system's temporary directory; set `TMPDIR` for another file system. Both stores are
    /// opened again once they are filled, so that both have their pages as the files have them.
    pub(crate) fn new(durability: Durability) -> Field {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let ids = (0..SESSIONS).map(|_| SessionId::generate().expect("an id"));
        let filled = Field {
            driver: open_driver(&directory, Durability::None),
            plain: open_plain(&directory),
            ids: ids.collect(),
            counter: AtomicU64::new(0),
            directory,
        };
        (0..SESSIONS).for_each(|_| filled.overwrite());
        (0..SESSIONS).for_each(|_| filled.insert());
        let Field {
            driver,
            plain,
            directory,
            ..
        } = filled;
        drop((driver, plain));
        Field {
            driver: open_driver(&directory, durability),
            plain: open_plain(&directory),
            directory,
            ..filled
        }
    }

    fn next(&self) -> (&SessionId, [u8; PAYLOAD_LEN]) {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let mut payload = [b'x'; PAYLOAD_LEN];
        payload[..8].copy_from_slice(&count.to_le_bytes());
        (self.id(count), payload)
    }

    /// Every id once before the first comes again, in an order of its own: requests do not come as
    /// the sessions lie in memory.
    fn id(&self, count: u64) -> &SessionId {
        const STEP: usize = 7919; // a prime
        &self.ids[(count as usize * STEP) % SESSIONS]
    }

    pub(crate) fn retrieve(&self) -> Vec<u8> {
        let (id, _) = self.next();
        let found = self.driver.retrieve(id, NOW).expect("a read");
        found.expect("a live record").payload
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
        self.driver
            .touch(self.id(count), Some(until), NOW)
            .expect("a touch");
    }

    /// So that all ids stay.
    pub(crate) fn rotate_there_and_back(&self) {
        let (id, _) = self.next();
        let elsewhere = std::str::from_utf8(ELSEWHERE).map(SessionId::parse);
        let elsewhere = elsewhere.expect("text").expect("an id");
        self.driver.rotate(id, &elsewhere, NOW).expect("a rotate");
        self.driver.rotate(&elsewhere, id, NOW).expect("a rotate");
    }

    /// The floor of a read.
    pub(crate) fn get(&self) -> Vec<u8> {
        let (id, _) = self.next();
        let found = self.plain.get(id.as_bytes()).expect("a read");
        found.expect("a value").to_vec()
    }

    /// The floor of a touch: the value is read, and written with a few bytes changed.
    pub(crate) fn amend(&self) {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let key = self.id(count).as_bytes();
        let found = self.plain.get(key).expect("a read").expect("a value");
        let mut value = IVec::from(&found[..]);
        value[..8].copy_from_slice(&count.to_le_bytes());
        self.plain.insert(key, value).expect("an insert");
    }

    /// The floor of two rotates: the value is read, and moved in a batch, and that back again.
    pub(crate) fn move_there_and_back(&self) {
        let (id, _) = self.next();
        for (from, to) in [(id.as_bytes(), ELSEWHERE), (ELSEWHERE, id.as_bytes())] {
            let value = self.plain.get(from).expect("a read").expect("a value");
            let mut batch = Batch::default();
            batch.remove(from);
            batch.insert(to, value);
            self.plain.apply_batch(batch).expect("a batch");
            self.plain.flush().expect("a flush");
        }
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

fn open_driver(directory: &TempDir, durability: Durability) -> SledDriver {
    SledDriver::builder(directory.path().join("store"))
        .durability(durability)
        .open()
        .expect("a store")
}

/// Again while the threads of an earlier opening still hold the files.
fn open_plain(directory: &TempDir) -> Db {
    loop {
        match sled::open(directory.path().join("plain")) {
            Err(sled::Error::Io(_)) => thread::yield_now(),
            opened => break opened.expect("a store"),
        }
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

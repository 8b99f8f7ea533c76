//! What is measured: the driver's operations, and the same work done with bare rusqlite.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;
use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{
    Durability, NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::MIN;
const PAYLOAD_LEN: usize = 1024;

/// The sessions in both databases.
const SESSIONS: usize = 100_000;

/// A hundred thousand sessions of 1 KiB, once in the driver and once in a database of the same
/// layout, without a checksum, that bare rusqlite reads and writes, and a counter that makes every
/// payload another.
pub(crate) struct Field {
    driver: SqliteDriver,
    ids: Vec<SessionId>,
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
    counter: AtomicU64,
    _directory: TempDir,
}

impl Field {
    /// In the system's temporary directory; set `TMPDIR` for another file system.
    pub(crate) fn new(durability: Durability) -> Field {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let driver = SqliteDriver::builder(directory.path().join("driver.db"))
            .durability(durability)
            .open()
            .expect("a new store");
        let plain = directory.path().join("plain.db");
        let mut writer = connect(&plain, durability);
        writer.execute_batch(CREATE).expect("a table");
        let ids: Vec<SessionId> = (0..SESSIONS)
            .map(|_| SessionId::generate().expect("an id"))
            .collect();
        fill(&mut writer, &ids);
        let field = Field {
            driver,
            ids,
            reader: Mutex::new(connect(&plain, durability)),
            writer: Mutex::new(writer),
            counter: AtomicU64::new(0),
            _directory: directory,
        };
        field.fill_driver();
        field
    }

    /// In the order of the other database, so that reads find both alike.
    fn fill_driver(&self) {
        std::thread::scope(|scope| {
            for part in 0..16 {
                let ids = self.ids.iter().skip(part).step_by(16);
                scope.spawn(move || ids.for_each(|id| self.put(id, &[b'x'; PAYLOAD_LEN])));
            }
        });
    }

    /// A session, and a payload like no other.
    fn next(&self) -> (&SessionId, [u8; PAYLOAD_LEN]) {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let mut payload = [b'x'; PAYLOAD_LEN];
        payload[..8].copy_from_slice(&count.to_le_bytes());
        // Far apart, as the sessions of different users are.
        let place = (count as usize).wrapping_mul(7_919) % SESSIONS;
        (&self.ids[place], payload)
    }

    /// A session, and a deadline in the same minute as all others.
    fn next_deadline(&self) -> (&SessionId, i64) {
        let (id, payload) = self.next();
        let count = i64::from_le_bytes(payload[..8].try_into().expect("eight bytes"));
        (id, Timestamp::MAX.as_millis() - count % 50_000)
    }

    pub(crate) fn retrieve(&self) {
        let (id, _) = self.next();
        let found = self.driver.retrieve(id, NOW).expect("a read");
        std::hint::black_box(found.expect("a live record"));
    }

    pub(crate) fn overwrite(&self) {
        let (id, payload) = self.next();
        self.put(id, &payload);
    }

    fn put(&self, id: &SessionId, payload: &[u8]) {
        let record = NewRecord {
            payload,
            expires_at: Some(Timestamp::MAX),
        };
        self.driver
            .store(id, record, Precondition::Any, NOW)
            .expect("a store");
    }

    pub(crate) fn touch(&self) {
        let (id, deadline) = self.next_deadline();
        let touched = self.driver.touch(id, Timestamp::from_millis(deadline), NOW);
        assert!(touched.expect("a touch"), "the session is live");
    }

    /// The floor of a read: a cached statement of a kept connection behind a mutex, and the copy
    /// that is handed out.
    pub(crate) fn select(&self) {
        let (id, _) = self.next();
        let reader = self.reader.lock().expect("no panic");
        let mut statement = reader
            .prepare_cached("SELECT expires_at_ms, version, payload FROM sessions WHERE id = ?1")
            .expect("a statement");
        let found = statement
            .query_row([id.as_str()], |row| {
                Ok((
                    row.get::<_, Option<i64>>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, Vec<u8>>(2)?,
                ))
            })
            .expect("a row");
        std::hint::black_box(found);
    }

    /// The floor of a write: a cached upsert that commits by itself, on the one connection there
    /// is behind a mutex, with SQLite's own checkpoints.
    pub(crate) fn upsert(&self) {
        let (id, payload) = self.next();
        upsert(&self.writer.lock().expect("no panic"), id, &payload);
    }

    /// The floor of a touch: a cached update of the deadline, if the session is live.
    pub(crate) fn update(&self) {
        let (id, deadline) = self.next_deadline();
        let writer = self.writer.lock().expect("no panic");
        let changed = writer
            .prepare_cached(
                "UPDATE sessions SET expires_at_ms = ?2 WHERE id = ?1 AND expires_at_ms > ?3",
            )
            .expect("a statement")
            .execute((id.as_str(), deadline, NOW.as_millis()));
        assert_eq!(changed.expect("an update"), 1, "the session is live");
    }
}

const CREATE: &str = "CREATE TABLE sessions (
    id TEXT NOT NULL UNIQUE,
    expires_at_ms INTEGER,
    expires_minute INTEGER,
    version INTEGER NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE INDEX expiry ON sessions (expires_minute) WHERE expires_minute IS NOT NULL;";

fn connect(path: &Path, durability: Durability) -> Connection {
    let connection = Connection::open(path).expect("a database");
    let synchronous = match durability {
        Durability::Power => "FULL",
        Durability::None | Durability::Process => "NORMAL",
    };
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};"
        ))
        .expect("settings");
    connection
}

fn fill(connection: &mut Connection, ids: &[SessionId]) {
    let transaction = connection.transaction().expect("a transaction");
    for id in ids {
        upsert(&transaction, id, &[b'x'; PAYLOAD_LEN]);
    }
    transaction.commit().expect("a commit");
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .expect("a checkpoint");
}

fn upsert(connection: &Connection, id: &SessionId, payload: &[u8]) {
    let version = i64::from_le_bytes(payload[..8].try_into().expect("eight bytes"));
    let deadline = Timestamp::MAX.as_millis();
    connection
        .prepare_cached(
            "INSERT INTO sessions (id, expires_at_ms, expires_minute, version, payload) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (id) DO UPDATE SET expires_at_ms = ?2, expires_minute = ?3, version = ?4, payload = ?5",
        )
        .expect("a statement")
        .execute((id.as_str(), deadline, deadline / 60_000, version, payload))
        .expect("an upsert");
}

//! The open database: its connections, and whether it is still there.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, MAIN_DB, OpenFlags};
use session_driver::{Durability, ErrorKind};

use crate::checkpoint::{KEPT_BYTES, Wal};
use crate::fault::{Attempt, Fault};
use crate::ffi::HookedConnection;
use crate::patience::Patience;
use crate::place::Place;
use crate::readers::Readers;
use crate::schema;
use crate::table::Table;
use crate::version;
use crate::writer::{Ground, Writer};

/// How often readers look for the file by its path, and at the table's format.
const CHECK_INTERVAL_MILLIS: u64 = 1_000;

/// How long it may take to notice that the file was replaced, as the descriptor declares it.
pub(crate) const OUTAGE_BOUND: Duration = Duration::from_secs(2);

/// One table of one database. What is declared first is dropped first: the thread, the readers, and
/// at last the writer, whose close moves the rest of the log into the database.
pub(crate) struct Database {
    /// `None` in memory: the writer's connection then reads, too.
    file: Option<File>,
    writer: Writer,
    pub(crate) table: Table,
    pub(crate) wait_timeout: Duration,
}

struct File {
    /// `None` when the file can only be read.
    wal: Option<Wal>,
    readers: Readers,
    place: Place,
    durability: Durability,
    opened: Instant,
    next_check_millis: AtomicU64,
}

impl Database {
    pub(crate) fn open(
        place: Place,
        table: Table,
        durability: Durability,
        wait_timeout: Duration,
        create: bool,
    ) -> Attempt<Database> {
        version::ensure_supported()?;
        let patience = Patience::new(wait_timeout);
        // Concurrent first openers get in each other's way, and each begins again.
        let writer = patience.retry(|| {
            let mut connection = connect(&place, durability)?;
            schema::ensure_usable(&mut connection, &table, create)?;
            if !connection.is_readonly(MAIN_DB)? {
                keep_log(&connection)?;
            }
            schema::ensure_newest(&mut connection, &table)?;
            Ok(connection)
        })?;
        let (writer, wal) = if writer.is_readonly(MAIN_DB)? {
            (HookedConnection::from(writer), None)
        } else {
            let (writer, wal) = Wal::watch(writer, connect(&place, durability)?)?;
            (writer, Some(wal))
        };
        Ok(Database {
            file: Some(File {
                wal,
                readers: Readers::default(),
                place,
                durability,
                opened: Instant::now(),
                next_check_millis: AtomicU64::new(CHECK_INTERVAL_MILLIS),
            }),
            writer: Writer::new(writer),
            table,
            wait_timeout,
        })
    }

    pub(crate) fn in_memory(table: Table, wait_timeout: Duration) -> Attempt<Database> {
        version::ensure_supported()?;
        let mut connection = Connection::open_in_memory()?;
        schema::ensure_newest(&mut connection, &table)?;
        Ok(Database {
            file: None,
            writer: Writer::new(connection.into()),
            table,
            wait_timeout,
        })
    }

    /// The database's path, absolute; `None` in memory.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| file.place.path())
    }

    /// What was configured, or nothing in memory.
    pub(crate) fn durability(&self) -> Durability {
        self.file
            .as_ref()
            .map_or(Durability::None, |file| file.durability)
    }

    /// Reads from one state of the table.
    pub(crate) fn read<T>(&self, act: impl Fn(&Table, &Connection) -> Attempt<T>) -> Attempt<T> {
        let Some(file) = &self.file else {
            return self.writer.read(|connection| act(&self.table, connection));
        };
        let connect = || connect(&file.place, file.durability);
        file.readers.read(connect, |connection| {
            let read = || {
                file.check_now_and_then(connection, &self.table)?;
                act(&self.table, connection)
            };
            // Made only if it is needed: it reads the clock.
            let outcome = match read() {
                Err(busy) if busy.kind == ErrorKind::Busy => {
                    Patience::new(self.wait_timeout).retry(read)
                }
                outcome => outcome,
            };
            outcome.map_err(|fault| self.explained(fault, connection))
        })
    }

    /// Changes the table in one transaction, as [`Writer::write`] says. The change has about so many
    /// bytes.
    pub(crate) fn write<T, F>(&self, bytes: usize, change: F) -> Attempt<T>
    where
        T: Send + 'static,
        F: Fn(&Table, &Connection) -> Attempt<T> + Send + Sync + 'static,
    {
        let ground = Ground {
            table: &self.table,
            place: self.file.as_ref().map(|file| &file.place),
            wal: self.file.as_ref().and_then(|file| file.wal.as_ref()),
        };
        self.writer.write(&ground, self.wait_timeout, bytes, change)
    }

    /// To be asked before "there is no such session" is said by a read: one that is missing in a
    /// file that is missing says nothing (rule ERR-7).
    pub(crate) fn ensure_present(&self) -> Attempt<()> {
        self.file
            .as_ref()
            .map_or(Ok(()), |file| file.place.ensure_present())
    }

    /// A statement that is wrong all at once was written for another format.
    fn explained(&self, fault: Fault, connection: &Connection) -> Fault {
        if !fault.is_of_the_statement() {
            return fault;
        }
        schema::ensure_unchanged(connection, &self.table)
            .err()
            .unwrap_or(fault)
    }
}

impl File {
    /// Looks after the file and the table's format once in [`CHECK_INTERVAL_MILLIS`]: it costs as
    /// much as a read.
    fn check_now_and_then(&self, connection: &Connection, table: &Table) -> Attempt<()> {
        let elapsed = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        if elapsed < self.next_check_millis.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.place.ensure_present()?;
        schema::ensure_unchanged(connection, table)?;
        self.next_check_millis.store(
            elapsed.saturating_add(CHECK_INTERVAL_MILLIS),
            Ordering::Relaxed,
        );
        Ok(())
    }
}

/// A connection to the file that `place` means, and to no other that took its path.
fn connect(place: &Place, durability: Durability) -> Attempt<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = match place.is_immutable() {
        false => Connection::open_with_flags(place.path(), flags)?,
        // SQLite would want to make the log's index beside it.
        true => Connection::open_with_flags(
            immutable(place.path()),
            flags | OpenFlags::SQLITE_OPEN_URI,
        )?,
    };
    place.ensure_present()?;
    connection.busy_timeout(Duration::ZERO)?;
    let synchronous = match durability {
        Durability::Power => "FULL",
        Durability::None | Durability::Process => "NORMAL",
    };
    // The last two are for Apple's systems, where a plain sync leaves the data in the disk's cache.
    connection.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous};
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = {KEPT_BYTES};
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;
         PRAGMA fullfsync = {};
         PRAGMA checkpoint_fullfsync = ON;",
        durability == Durability::Power,
    ))?;
    Ok(connection)
}

/// The file as SQLite's URL for one that nobody can change (<https://www.sqlite.org/uri.html>).
fn immutable(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let escaped: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    format!("file:{escaped}?immutable=1")
}

/// Has the database keep a write-ahead log, which lets readers and a writer work at once.
fn keep_log(connection: &Connection) -> Attempt<()> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    match mode.as_str() {
        "wal" => Ok(()),
        _ => Err(Fault::new(
            ErrorKind::Unsupported,
            "the file system has no shared memory for a write-ahead log; use a local one",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_durability_has_the_syncs_that_it_needs() {
        for (durability, synchronous, full_sync) in
            [(Durability::Process, 1, 0), (Durability::Power, 2, 1)]
        {
            let directory = tempfile::tempdir().expect("a directory");
            let place = Place::prepare(&directory.path().join("a.db"), durability, true);
            let connection = connect(&place.expect("a file"), durability).expect("a connection");
            let value = |name: &str| {
                let value = connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
                value.unwrap_or_else(|error| panic!("{name}: {error}"))
            };
            let values: [i64; 3] = ["synchronous", "fullfsync", "checkpoint_fullfsync"].map(value);
            assert_eq!(values, [synchronous, full_sync, 1], "{durability:?}");
        }
    }
}

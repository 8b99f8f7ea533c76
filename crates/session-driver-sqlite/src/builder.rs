//! How a store is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use session_driver::{DEFAULT_MAX_PAYLOAD_BYTES, Durability, ErrorKind, Operation, Result};

use crate::database::Database;
use crate::driver::SqliteDriver;
use crate::fault::{Attempt, Fault};
use crate::place::Place;
use crate::table::Table;

/// SQLite takes a row of at most 1 GB.
const LONGEST_PAYLOAD: usize = 512 * 1024 * 1024;

const WAIT_TIMEOUT: Duration = Duration::from_secs(5);

const TABLE: &str = "sessions";

/// Settings of a [`SqliteDriver`] that is yet to be opened.
///
/// ```
/// use session_driver_sqlite::{SqliteDriver, session_driver::Durability};
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("app.db");
/// let driver = SqliteDriver::builder(path).table("logins").durability(Durability::Power).open()?;
/// # Ok::<(), session_driver_sqlite::session_driver::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SqliteDriverBuilder {
    path: PathBuf,
    table: String,
    durability: Durability,
    wait_timeout: Duration,
    max_payload_bytes: usize,
    create: bool,
}

impl SqliteDriverBuilder {
    pub(crate) fn new(path: &Path) -> SqliteDriverBuilder {
        SqliteDriverBuilder {
            path: path.into(),
            table: TABLE.into(),
            durability: Durability::Process,
            wait_timeout: WAIT_TIMEOUT,
            max_payload_bytes: DEFAULT_MAX_PAYLOAD_BYTES,
            create: true,
        }
    }

    /// The table that holds the sessions: any name that is not empty, has no NUL, and begins with
    /// neither `sqlite_` nor `session_driver_`. It need not be escaped. As SQLite compares names
    /// without case, one that differs from another table's by case alone is refused.
    /// Default: `sessions`.
    #[must_use]
    pub fn table(self, name: impl Into<String>) -> SqliteDriverBuilder {
        SqliteDriverBuilder {
            table: name.into(),
            ..self
        }
    }

    /// What an acknowledged operation survives: [`Process`](Durability::Process) (the default;
    /// `synchronous = NORMAL`), or [`Power`](Durability::Power) at the price of a sync for every
    /// transaction (`synchronous = FULL`). [`None`](Durability::None) is raised to `Process`,
    /// which costs nothing more.
    #[must_use]
    pub fn durability(self, durability: Durability) -> SqliteDriverBuilder {
        SqliteDriverBuilder {
            durability: durability.max(Durability::Process),
            ..self
        }
    }

    /// How long an operation waits for other writers before it fails with Busy. Default: 5 s.
    #[must_use]
    pub fn wait_timeout(self, wait_timeout: Duration) -> SqliteDriverBuilder {
        SqliteDriverBuilder {
            wait_timeout,
            ..self
        }
    }

    /// The largest payload that is stored, in bytes, 512 MiB at most.
    /// Default: [`DEFAULT_MAX_PAYLOAD_BYTES`](session_driver::DEFAULT_MAX_PAYLOAD_BYTES), 16 MiB and
    /// room for layers.
    #[must_use]
    pub fn max_payload_bytes(self, max_payload_bytes: usize) -> SqliteDriverBuilder {
        SqliteDriverBuilder {
            max_payload_bytes,
            ..self
        }
    }

    /// Whether a file or table that is missing is made. Default: true. With false, opening one that is
    /// missing fails with Unavailable and leaves everything as it was.
    #[must_use]
    pub fn create(self, create: bool) -> SqliteDriverBuilder {
        SqliteDriverBuilder { create, ..self }
    }

    /// Opens the store, and makes the file (0600, in a directory that exists) and the table where
    /// they are missing. A database that keeps no write-ahead log yet keeps one from then on.
    ///
    /// # Errors
    /// - PermissionDenied when the file belongs to another user, can be written by others, or
    ///   access is refused.
    /// - Incompatible when it is not a database, is a link or a directory, or when the table's name
    ///   cannot be used, or the table is another program's or of a newer format.
    /// - Corrupt when the database is damaged.
    /// - Unsupported when its file system has no shared memory, an option is out of range, or the
    ///   SQLite library is older than 3.37.0.
    /// - Unavailable when the directory does not exist, or the file or table does not and
    ///   [`create`](SqliteDriverBuilder::create) is false.
    /// - Busy when others kept the database locked for the whole timeout.
    ///
    /// At most an empty file is left behind.
    pub fn open(self) -> Result<SqliteDriver> {
        self.try_open()
            .map_err(|fault| fault.during(Operation::Open))
    }

    fn try_open(self) -> Attempt<SqliteDriver> {
        if self.max_payload_bytes > LONGEST_PAYLOAD {
            return Err(Fault::new(
                ErrorKind::Unsupported,
                "the payload maximum must be at most 512 MiB",
            ));
        }
        let table = Table::named(&self.table)?;
        let place = Place::prepare(&self.path, self.durability, self.create)?;
        Ok(SqliteDriver {
            database: Database::open(
                place,
                table,
                self.durability,
                self.wait_timeout,
                self.create,
            )?,
            max_payload_bytes: self.max_payload_bytes,
        })
    }
}

/// A driver in memory, with the default settings.
pub(crate) fn in_memory() -> Result<SqliteDriver> {
    let opened = Table::named(TABLE).and_then(|table| Database::in_memory(table, WAIT_TIMEOUT));
    match opened {
        Ok(database) => Ok(SqliteDriver {
            database,
            max_payload_bytes: DEFAULT_MAX_PAYLOAD_BYTES,
        }),
        Err(fault) => Err(fault.during(Operation::Open)),
    }
}

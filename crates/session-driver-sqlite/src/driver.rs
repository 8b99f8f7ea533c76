//! The driver: the contract over one table.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;

use session_driver::{
    Capabilities, Durability, Error, NewRecord, Operation, Precondition, Record, Result,
    SessionDriver, SessionId, Sharing, Swept, Timestamp, Version,
};

use crate::builder::{self, SqliteDriverBuilder};
use crate::database::{Database, OUTAGE_BOUND};
use crate::fault::Fault;

/// Keeps each session in a row of one table.
///
/// Any number of threads and processes of one host may have the database open. Reads wait for
/// nobody; writes share transactions. See the [crate's documentation](crate) for what is on disk.
pub struct SqliteDriver {
    pub(crate) database: Database,
    pub(crate) max_payload_bytes: usize,
}

impl SqliteDriver {
    /// Opens the table `sessions` of the database in the file `path` with the default settings, and
    /// makes what is missing of the two.
    ///
    /// # Errors
    /// As [`SqliteDriverBuilder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<SqliteDriver> {
        SqliteDriver::builder(path).open()
    }

    /// A store in memory, which nobody else can open and which ends with the driver: for tests.
    ///
    /// # Errors
    /// - Unavailable when there is no memory for it.
    /// - Unsupported when the SQLite library is older than 3.37.0.
    pub fn in_memory() -> Result<SqliteDriver> {
        builder::in_memory()
    }

    /// Settings for a store in the file `path`, which is a database already or is yet to be made in
    /// a directory that exists.
    #[must_use]
    pub fn builder(path: impl AsRef<Path>) -> SqliteDriverBuilder {
        SqliteDriverBuilder::new(path.as_ref())
    }
}

impl SessionDriver for SqliteDriver {
    fn capabilities(&self) -> Capabilities {
        let durability = self.database.durability();
        let persistent = durability > Durability::None;
        Capabilities {
            persistent,
            embedded: true,
            sharing: match persistent {
                true => Sharing::Process,
                false => Sharing::Instance,
            },
            atomic_rotate: true,
            rotate_keeps_version: true,
            durability,
            max_payload_bytes: self.max_payload_bytes,
            contention_bound: self.database.wait_timeout,
            outage_bound: OUTAGE_BOUND,
            traverse_bytes_per_id: 256,
            // The log has 24 MiB, and a step of 4 MiB more each time that readers keep it from beginning anew.
            space_factor: 32,
            ..Capabilities::MINIMAL
        }
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.try_retrieve(id, now)
            .map_err(during(Operation::Retrieve))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.try_store(id, record, when, now)
            .map_err(during(Operation::Store))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        self.try_touch(id, expires_at, now)
            .map_err(during(Operation::Touch))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.try_remove(id, now).map_err(during(Operation::Remove))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        self.try_rotate(from, to, now)
            .map_err(during(Operation::Rotate))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.try_traverse(now, visit)
            .map_err(during(Operation::Traverse))
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.try_sweep(now, limit).map_err(during(Operation::Sweep))
    }
}

fn during(operation: Operation) -> impl FnOnce(Fault) -> Error {
    move |fault| fault.during(operation)
}

impl fmt::Debug for SqliteDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteDriver")
            .field("path", &self.database.path())
            .field("table", &self.database.table.name)
            .finish_non_exhaustive()
    }
}

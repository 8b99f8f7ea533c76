//! The driver: the contract over files.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use session_driver::{
    Capabilities, Error, NewRecord, Operation, Precondition, Record, Result, SessionDriver,
    SessionId, Sharing, Swept, Timestamp, Version,
};

use crate::builder::FileDriverBuilder;
use crate::cursor::Cursor;
use crate::fault::Fault;
use crate::root::{OUTAGE_BOUND, Root};

/// Keeps each session in a file of its own, in one directory.
///
/// Any number of threads and processes of one host may have the directory open. Reads take no lock;
/// writes lock the one session's file. See the [crate's documentation](crate) for what is on disk.
pub struct FileDriver {
    pub(crate) root: Root,
    pub(crate) max_payload_bytes: usize,
    pub(crate) wait_timeout: Duration,
    pub(crate) cursor: Mutex<Cursor>,
}

impl FileDriver {
    /// Opens the store in `path` with the default settings, and makes it when nothing or an empty
    /// directory is there.
    ///
    /// # Errors
    /// As [`FileDriverBuilder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<FileDriver> {
        FileDriver::builder(path).open()
    }

    /// Settings for a store in `path`, which exists, is empty, or is yet to be made in a directory
    /// that exists.
    #[must_use]
    pub fn builder(path: impl AsRef<Path>) -> FileDriverBuilder {
        FileDriverBuilder::new(path.as_ref())
    }

    pub(crate) fn new(root: Root, max_payload_bytes: usize, wait_timeout: Duration) -> FileDriver {
        FileDriver {
            root,
            max_payload_bytes,
            wait_timeout,
            cursor: Mutex::new(Cursor::new()),
        }
    }
}

impl SessionDriver for FileDriver {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            persistent: true,
            embedded: true,
            sharing: Sharing::Process,
            rotate_keeps_version: true,
            durability: self.root.durability,
            max_payload_bytes: self.max_payload_bytes,
            contention_bound: self.wait_timeout,
            outage_bound: OUTAGE_BOUND,
            traverse_bytes_per_id: 256,
            space_factor: 12,
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

impl fmt::Debug for FileDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileDriver")
            .field("path", &self.root.path())
            .finish_non_exhaustive()
    }
}

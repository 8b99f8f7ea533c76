//! The simplest driver that processes can share: all records of a namespace in one file.
//!
//! Every change takes an exclusive lock, reads the file, changes what it read, writes another file
//! and renames it over the first. It is slow, and right: the suite must find nothing to say against
//! it. The saboteurs of the process and durability rules are this driver with one of its steps
//! replaced; its steps are the functions of a [`Conduct`].

mod conduct;
pub(crate) mod files;
pub(crate) mod operations;
pub(crate) mod records;
mod subject;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use session_driver::{
    Capabilities, Durability, Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result,
    SessionDriver, SessionId, Swept, Timestamp, Version,
};

use session_driver_conformance::Setup;

pub(crate) use conduct::{Conduct, HONEST};
pub(crate) use records::Records;
pub(crate) use subject::DumpSubject;

/// Keeps the records of one namespace in `<root>/<folder>/dump`.
pub(crate) struct Dump {
    pub(crate) conduct: &'static Conduct,
    pub(crate) root: PathBuf,
    pub(crate) folder: PathBuf,
    /// Which directory the folder was when it was opened.
    pub(crate) identity: (u64, u64),
    pub(crate) max_payload_bytes: usize,
    pub(crate) durability: Durability,
    /// For saboteurs: what a driver may keep in memory, and a count of what it has done.
    pub(crate) kept: Mutex<Kept>,
    pub(crate) turns: AtomicU64,
}

/// What saboteurs keep in memory.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) records: Option<Records>,
    pub(crate) open: Vec<std::fs::File>,
    pub(crate) leaving: BTreeSet<String>,
}

impl Dump {
    /// Opens the store in the directory `root`, which is made if it is not there.
    pub(crate) fn open(conduct: &'static Conduct, root: PathBuf, setup: &Setup) -> Result<Dump> {
        (conduct.admit)(&root)?;
        let folder = root.join((conduct.folder)(setup.namespace.as_deref())?);
        let failed = |cause| fault(Operation::Open, cause);
        files::make_directory(&root).map_err(failed)?;
        files::make_directory(&folder).map_err(failed)?;
        let identity = files::identity(&folder).map_err(failed)?;
        let dump = Dump {
            conduct,
            root,
            folder,
            identity,
            max_payload_bytes: setup.max_payload_bytes.unwrap_or(64 * 1024),
            durability: setup.durability.unwrap_or(Durability::Process),
            kept: Mutex::default(),
            turns: AtomicU64::new(0),
        };
        (conduct.load)(&dump).map_err(failed)?;
        (conduct.opened)(&dump)?;
        Ok(dump)
    }

    /// The same driver on another directory, for saboteurs.
    pub(crate) fn elsewhere(&self, folder: PathBuf) -> Dump {
        Dump {
            conduct: &HONEST,
            root: self.root.clone(),
            identity: files::identity(&folder).unwrap_or_default(),
            folder,
            max_payload_bytes: self.max_payload_bytes,
            durability: self.durability,
            kept: Mutex::default(),
            turns: AtomicU64::new(0),
        }
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often it was asked before.
    pub(crate) fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// What is stored now, as of one instant: the file is never changed, only replaced.
    pub(crate) fn read(&self, operation: Operation) -> Result<Records> {
        (self.conduct.load)(self).map_err(|cause| fault(operation, cause))
    }

    /// Changes what is stored, alone; an error leaves it as it is.
    pub(crate) fn change<T>(
        &self,
        operation: Operation,
        change: impl FnOnce(&mut Records) -> Result<T, ErrorKind>,
    ) -> Result<T> {
        let failed = |cause| fault(operation, cause);
        let _alone = (self.conduct.alone)(self).map_err(failed)?;
        let before = (self.conduct.load)(self).map_err(failed)?;
        let mut records = before.clone();
        let outcome = change(&mut records).map_err(|kind| error(kind, operation))?;
        if records != before {
            (self.conduct.save)(self, &records).map_err(failed)?;
        }
        Ok(outcome)
    }
}

pub(crate) fn error(kind: ErrorKind, operation: Operation) -> Error {
    Error::new(kind, operation, "dump")
}

fn fault(operation: Operation, cause: io::Error) -> Error {
    let kind = match cause.kind() {
        io::ErrorKind::InvalidData => ErrorKind::Corrupt,
        io::ErrorKind::NotADirectory | io::ErrorKind::Unsupported => ErrorKind::Incompatible,
        io::ErrorKind::NotFound => ErrorKind::Unavailable,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ErrorKind::PermissionDenied
        }
        files::OF_A_FAILED_SYNC => ErrorKind::Indeterminate,
        io::ErrorKind::StorageFull => ErrorKind::StorageFull,
        _ => ErrorKind::Other,
    };
    error(kind, operation).with_source(cause)
}

impl SessionDriver for Dump {
    fn capabilities(&self) -> Capabilities {
        (self.conduct.capabilities)(self)
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        (self.conduct.retrieve)(self, id, now)
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        (self.conduct.store)(self, id, record, when, now)
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        (self.conduct.touch)(self, id, expires_at, now)
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        (self.conduct.remove)(self, id, now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        (self.conduct.rotate)(self, from, to, now)
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        (self.conduct.traverse)(self, now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        (self.conduct.sweep)(self, now, limit)
    }
}

impl Drop for Dump {
    fn drop(&mut self) {
        (self.conduct.closed)(self);
    }
}

impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dump").finish_non_exhaustive()
    }
}

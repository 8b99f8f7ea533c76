//! A driver in memory that tests can rig: to fail, to let others in between, to promise less.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use session_driver::{
    Capabilities, Error, ErrorKind, MemoryDriver, NewRecord, Operation, Precondition, Record,
    Result, SessionDriver, SessionId, Swept, Timestamp, Version,
};

type Before = dyn Fn(Operation, &SessionId) -> Result<()> + Send + Sync;

/// Calls `before` ahead of each operation on one id; an error it returns is the operation's.
pub(crate) struct Rigged {
    inner: MemoryDriver,
    before: Box<Before>,
    rotate_keeps_version: bool,
    readable_ids: bool,
}

impl Rigged {
    pub(crate) fn new(
        inner: &MemoryDriver,
        before: impl Fn(Operation, &SessionId) -> Result<()> + Send + Sync + 'static,
    ) -> Rigged {
        Rigged {
            inner: inner.clone(),
            before: Box::new(before),
            rotate_keeps_version: true,
            readable_ids: true,
        }
    }

    /// The same, with a rotate that gives the record a new version, as a store of `to` and a remove
    /// of `from` does.
    pub(crate) fn renewing_versions(self) -> Rigged {
        Rigged {
            rotate_keeps_version: false,
            ..self
        }
    }

    /// The same, with ids that cannot be read back.
    pub(crate) fn hiding_ids(self) -> Rigged {
        Rigged {
            readable_ids: false,
            ..self
        }
    }
}

pub(crate) fn fail(kind: ErrorKind, operation: Operation) -> Error {
    Error::new(kind, operation, "rigged")
}

impl SessionDriver for Rigged {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            rotate_keeps_version: self.rotate_keeps_version,
            readable_ids: self.readable_ids,
            ..self.inner.capabilities()
        }
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        (self.before)(Operation::Retrieve, id)?;
        self.inner.retrieve(id, now)
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        (self.before)(Operation::Store, id)?;
        self.inner.store(id, record, when, now)
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        (self.before)(Operation::Touch, id)?;
        self.inner.touch(id, expires_at, now)
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        (self.before)(Operation::Remove, id)?;
        self.inner.remove(id, now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        (self.before)(Operation::Rotate, from)?;
        if self.rotate_keeps_version {
            return self.inner.rotate(from, to, now);
        }
        let Some(record) = self.inner.retrieve(from, now)? else {
            return Ok(None);
        };
        let moved = NewRecord {
            payload: &record.payload,
            expires_at: record.expires_at,
        };
        let version = self.inner.store(to, moved, Precondition::Absent, now)?;
        self.inner.remove(from, now)?;
        Ok(Some(version))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.inner.traverse(now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.inner.sweep(now, limit)
    }
}

impl fmt::Debug for Rigged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rigged").finish_non_exhaustive()
    }
}

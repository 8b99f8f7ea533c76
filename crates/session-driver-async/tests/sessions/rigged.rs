//! An async driver in memory that tests can rig: to fail, to let others in between, to promise
//! less.

use std::fmt;
use std::num::NonZeroUsize;

use session_driver_async::session_driver::{
    Capabilities, Error, ErrorKind, MemoryDriver, NewRecord, Operation, Precondition, Record,
    Result, SessionDriver, SessionId, Swept, Timestamp, Version,
};
use session_driver_async::{AsyncSessionDriver, Blocking, BoxFuture, BoxStream};

type Before = dyn Fn(Operation, &SessionId) -> Result<()> + Send + Sync;

/// Calls `before` ahead of each operation on one id; an error it returns is the operation's.
pub(crate) struct Rigged {
    inner: MemoryDriver,
    bridged: Blocking<MemoryDriver>,
    before: Box<Before>,
    declared: Capabilities,
}

impl Rigged {
    pub(crate) fn new(
        inner: &MemoryDriver,
        before: impl Fn(Operation, &SessionId) -> Result<()> + Send + Sync + 'static,
    ) -> Rigged {
        Rigged {
            inner: inner.clone(),
            bridged: Blocking::new(inner.clone()),
            before: Box::new(before),
            declared: inner.capabilities(),
        }
    }

    /// The same, with another descriptor.
    pub(crate) fn declaring(self, change: impl FnOnce(&mut Capabilities)) -> Rigged {
        let mut declared = self.declared;
        change(&mut declared);
        Rigged { declared, ..self }
    }
}

pub(crate) fn fail(kind: ErrorKind, operation: Operation) -> Error {
    Error::new(kind, operation, "rigged")
}

impl AsyncSessionDriver for Rigged {
    fn capabilities(&self) -> Capabilities {
        self.declared
    }

    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(async move {
            (self.before)(Operation::Retrieve, id)?;
            self.inner.retrieve(id, now)
        })
    }

    fn store<'a>(
        &'a self,
        id: &'a SessionId,
        record: NewRecord<'a>,
        when: Precondition,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Version>> {
        Box::pin(async move {
            (self.before)(Operation::Store, id)?;
            self.inner.store(id, record, when, now)
        })
    }

    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            (self.before)(Operation::Touch, id)?;
            self.inner.touch(id, expires_at, now)
        })
    }

    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            (self.before)(Operation::Remove, id)?;
            self.inner.remove(id, now)
        })
    }

    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        Box::pin(async move {
            (self.before)(Operation::Rotate, from)?;
            self.inner.rotate(from, to, now)
        })
    }

    fn traverse(&self, now: Timestamp) -> BoxStream<'_, Result<SessionId>> {
        self.bridged.traverse(now)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        Box::pin(async move { self.inner.sweep(now, limit) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.bridged.close()
    }
}

impl fmt::Debug for Rigged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rigged").finish_non_exhaustive()
    }
}

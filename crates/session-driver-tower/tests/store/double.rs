//! A driver whose every operation has the outcome that a test wants.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};

use session_driver_tower::session_driver::{
    Capabilities, Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionId,
    Swept, Timestamp, Version,
};
use session_driver_tower::session_driver_async::{AsyncSessionDriver, BoxFuture, BoxStream};

/// Answers everything with an error of this kind, except the first so many sweeps.
#[derive(Debug)]
pub(crate) struct Failing {
    pub(crate) kind: ErrorKind,
    pub(crate) good_sweeps: u64,
    pub(crate) sweeps: AtomicU64,
}

impl Failing {
    pub(crate) fn with(kind: ErrorKind) -> Failing {
        Failing {
            kind,
            good_sweeps: 0,
            sweeps: AtomicU64::new(0),
        }
    }

    fn answer<'a, T: Send + 'a>(&self, operation: Operation) -> BoxFuture<'a, Result<T>> {
        let error = Error::new(self.kind, operation, "failing").with_source("the cable is out");
        Box::pin(async { Err(error) })
    }
}

impl AsyncSessionDriver for Failing {
    fn capabilities(&self) -> Capabilities {
        Capabilities::MINIMAL
    }

    fn retrieve<'a>(
        &'a self,
        _: &'a SessionId,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        self.answer(Operation::Retrieve)
    }

    fn store<'a>(
        &'a self,
        _: &'a SessionId,
        _: NewRecord<'a>,
        _: Precondition,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Version>> {
        self.answer(Operation::Store)
    }

    fn touch<'a>(
        &'a self,
        _: &'a SessionId,
        _: Option<Timestamp>,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        self.answer(Operation::Touch)
    }

    fn remove<'a>(&'a self, _: &'a SessionId, _: Timestamp) -> BoxFuture<'a, Result<bool>> {
        self.answer(Operation::Remove)
    }

    fn rotate<'a>(
        &'a self,
        _: &'a SessionId,
        _: &'a SessionId,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        self.answer(Operation::Rotate)
    }

    fn traverse(&self, _: Timestamp) -> BoxStream<'_, Result<SessionId>> {
        unimplemented!("the adapter does not traverse")
    }

    fn sweep(&self, _: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        if self.sweeps.fetch_add(1, Ordering::Relaxed) < self.good_sweeps {
            let removed = limit.get() as u64;
            return Box::pin(async move {
                Ok(Swept {
                    removed,
                    more: true,
                })
            });
        }
        self.answer(Operation::Sweep)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

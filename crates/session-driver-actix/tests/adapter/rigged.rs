//! A driver with a fault, around one without.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use session_driver_actix::session_driver::{
    Capabilities, Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionId,
    Swept, Timestamp, Version,
};
use session_driver_actix::session_driver_async::{AsyncSessionDriver, BoxFuture, BoxStream};

use crate::subject::Driver;

/// What is wrong with it.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is down: every operation fails so.
    Down(ErrorKind),
    /// The first id that a record is created under is taken a moment before, by this payload.
    Taken(&'static [u8]),
}

#[derive(Debug)]
pub(crate) struct Rigged {
    driver: Driver,
    fault: Fault,
    is_spent: AtomicBool,
}

impl Rigged {
    pub(crate) fn new(driver: Driver, fault: Fault) -> Rigged {
        Rigged {
            driver,
            fault,
            is_spent: AtomicBool::new(false),
        }
    }

    fn check(&self, operation: Operation) -> Result<()> {
        match self.fault {
            Fault::Down(kind) => Err(Error::new(kind, operation, "rigged")),
            Fault::Taken(_) => Ok(()),
        }
    }
}

impl AsyncSessionDriver for Rigged {
    fn capabilities(&self) -> Capabilities {
        self.driver.capabilities()
    }

    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(async move {
            self.check(Operation::Retrieve)?;
            self.driver.retrieve(id, now).await
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
            self.check(Operation::Store)?;
            if let Fault::Taken(payload) = self.fault {
                let other = NewRecord {
                    payload,
                    expires_at: None,
                };
                if !self.is_spent.swap(true, Ordering::Relaxed) {
                    self.driver.store(id, other, Precondition::Any, now).await?;
                }
            }
            self.driver.store(id, record, when, now).await
        })
    }

    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            self.check(Operation::Touch)?;
            self.driver.touch(id, expires_at, now).await
        })
    }

    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            self.check(Operation::Remove)?;
            self.driver.remove(id, now).await
        })
    }

    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        self.driver.rotate(from, to, now)
    }

    fn traverse(&self, now: Timestamp) -> BoxStream<'_, Result<SessionId>> {
        self.driver.traverse(now)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        self.driver.sweep(now, limit)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.driver.close()
    }
}

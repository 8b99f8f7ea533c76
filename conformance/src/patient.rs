//! A driver that waits where the rules say that a caller may have to.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use session_driver::{
    Capabilities, ErrorKind, NewRecord, Precondition, Record, Result, SessionDriver, SessionId,
    Swept, Timestamp, Version,
};

/// Tries an operation again on a retryable Busy, until the driver's declared contention bound has
/// passed: "where a rule says that an operation succeeds, a retryable Busy within CON-3's bound is
/// tried again first".
#[derive(Debug)]
pub(crate) struct Patient<D> {
    driver: D,
}

/// Tries again on a retryable Busy, until `bound` has passed.
pub(crate) fn patiently<R>(bound: Duration, operation: impl Fn() -> Result<R>) -> Result<R> {
    let begin = Instant::now();
    loop {
        match operation() {
            Err(error) if error.kind() == ErrorKind::Busy && begin.elapsed() < bound => {
                thread::sleep(Duration::from_micros(200));
            }
            outcome => return outcome,
        }
    }
}

impl<D: SessionDriver> Patient<D> {
    pub(crate) fn new(driver: D) -> Patient<D> {
        Patient { driver }
    }

    fn retry<R>(&self, operation: impl Fn(&D) -> Result<R>) -> Result<R> {
        let bound = self.driver.capabilities().contention_bound;
        patiently(bound, || operation(&self.driver))
    }
}

impl<D: SessionDriver> SessionDriver for Patient<D> {
    fn capabilities(&self) -> Capabilities {
        self.driver.capabilities()
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.retry(|driver| driver.retrieve(id, now))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.retry(|driver| driver.store(id, record, when, now))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        self.retry(|driver| driver.touch(id, expires_at, now))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.retry(|driver| driver.remove(id, now))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        self.retry(|driver| driver.rotate(from, to, now))
    }

    /// Not tried again: a second traversal would repeat the visits of the first.
    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.driver.traverse(now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.retry(|driver| driver.sweep(now, limit))
    }
}

//! An async driver for callers that block.

use std::fmt;
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use session_driver::{
    Capabilities, Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result,
    SessionDriver, SessionId, Swept, Timestamp, Version,
};
use tokio::runtime::{Handle, Runtime};

use crate::driver::{AsyncSessionDriver, BoxFuture};

/// Gives an async driver to callers that block, such as the conformance suite.
///
/// It owns the runtime that drives the futures, which should be the one the driver was opened on.
/// Any kind will do; one of the current thread makes progress only while an operation waits. The
/// descriptor is the driver's own.
///
/// ```
/// use session_driver_async::session_driver::{MemoryDriver, SessionDriver, SessionId, Timestamp};
/// use session_driver_async::{BlockOn, Blocking};
///
/// let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// let driver = BlockOn::new(Blocking::new(MemoryDriver::new()), runtime);
/// assert_eq!(driver.retrieve(&SessionId::generate()?, Timestamp::now())?, None);
/// # Ok::<(), session_driver_async::session_driver::Error>(())
/// ```
///
/// # On a thread of a runtime
/// There every operation is Unsupported, for it would keep the runtime from other tasks, perhaps
/// from the one it waits for. The threads of `spawn_blocking` count as the runtime's; those of
/// [`Blocking`](crate::Blocking) do not, unless it runs quick operations inline.
///
/// # Dropping
/// The driver is closed, and its own threads and locks are gone when the drop returns (rule HYG-5).
/// On a thread of a runtime nobody waits for that.
pub struct BlockOn<A: AsyncSessionDriver> {
    driver: A,
    /// `None` once it is being dropped.
    runtime: Option<Runtime>,
}

impl<A: AsyncSessionDriver> BlockOn<A> {
    /// The driver, over the runtime it lives on.
    #[must_use]
    pub fn new(driver: A, runtime: Runtime) -> BlockOn<A> {
        BlockOn {
            driver,
            runtime: Some(runtime),
        }
    }

    fn runtime(&self, operation: Operation) -> Result<&Runtime> {
        self.runtime
            .as_ref()
            .filter(|_| Handle::try_current().is_err())
            .ok_or_else(|| Error::new(ErrorKind::Unsupported, operation, "block-on"))
    }

    fn wait<T>(&self, operation: Operation, future: BoxFuture<'_, Result<T>>) -> Result<T> {
        self.runtime(operation)?.block_on(future)
    }
}

impl<A: AsyncSessionDriver> SessionDriver for BlockOn<A> {
    fn capabilities(&self) -> Capabilities {
        self.driver.capabilities()
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.wait(Operation::Retrieve, self.driver.retrieve(id, now))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.wait(Operation::Store, self.driver.store(id, record, when, now))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        self.wait(Operation::Touch, self.driver.touch(id, expires_at, now))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.wait(Operation::Remove, self.driver.remove(id, now))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        self.wait(Operation::Rotate, self.driver.rotate(from, to, now))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        let runtime = self.runtime(Operation::Traverse)?;
        let mut ids = self.driver.traverse(now);
        // The visitor is called outside the runtime: it may call any operation, which enters it.
        while let Some(id) = runtime.block_on(poll_fn(|context| ids.as_mut().poll_next(context))) {
            if visit(&id?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.wait(Operation::Sweep, self.driver.sweep(now, limit))
    }
}

impl<A: AsyncSessionDriver> Drop for BlockOn<A> {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        if Handle::try_current().is_err() {
            runtime.block_on(self.driver.close());
        }
        // Also where a runtime may not be waited for.
        runtime.shutdown_background();
    }
}

impl<A: AsyncSessionDriver> fmt::Debug for BlockOn<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockOn").field(&self.driver).finish()
    }
}

//! A blocking driver under async tasks.

mod builder;
mod call;
mod ids;
mod moment;
mod passage;
mod pool;
mod streak;
mod waiting;

use std::fmt;
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::sync::Arc;

use session_driver::{
    Capabilities, Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result,
    SessionDriver, SessionId, Swept, Timestamp, Version,
};

pub use self::builder::BlockingBuilder;
use self::call::Call;
use self::ids::Ids;
use self::pool::Pool;
use self::streak::Streak;
use self::waiting::Waiting;
use crate::driver::{AsyncSessionDriver, BoxFuture, BoxStream};

/// Puts a blocking driver under async tasks: its operations run on threads of their own.
///
/// It needs no runtime; any executor will do. The descriptor is the driver's own.
///
/// ```
/// use session_driver_async::session_driver::{MemoryDriver, SessionId, Timestamp};
/// use session_driver_async::{AsyncSessionDriver, Blocking};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let driver = Blocking::new(MemoryDriver::new());
/// let id = SessionId::generate()?;
/// assert_eq!(driver.retrieve(&id, Timestamp::now()).await?, None);
/// driver.close().await;
/// # Ok::<(), session_driver_async::session_driver::Error>(()) }).unwrap();
/// ```
///
/// # Dropped futures
/// One that is dropped before its first poll does nothing. From its first poll on the operation
/// runs to its end, whether anybody waits or not (rule CON-4).
///
/// # Bounds
/// So many operations run at a time as there are [threads](BlockingBuilder::threads). Others wait
/// in the order they came; when 16,384 wait, a further one is Busy. Traversals have
/// [threads of their own](BlockingBuilder::traversals), each held from the stream's first poll to
/// its end, or to the driver's next visit after it is dropped, and never keep an operation waiting.
///
/// # On the polling thread
/// A task that waits alone, a moment after another operation, keeps its thread for 25 µs at most to
/// look out for the answer: being woken for that of a quick operation takes longer. All others give
/// their thread back at once.
///
/// # Panics
/// A panic of the driver goes on in the task that waits for the answer; the threads survive it.
///
/// # Closing
/// [`close`](AsyncSessionDriver::close) lets all operations that were begun finish, ends streams
/// with Unavailable, ends the threads and drops the driver, on one of them if there are any.
/// Dropping this does the same without waiting; with a driver that locks its backend, close before
/// it is opened again.
pub struct Blocking<D> {
    pool: Arc<Pool<D>>,
    capabilities: Capabilities,
    reads: Option<Arc<Streak>>,
    writes: Option<Arc<Streak>>,
    waiting: Waiting,
}

impl<D: SessionDriver + 'static> Blocking<D> {
    /// With the default settings.
    #[must_use]
    pub fn new(driver: D) -> Blocking<D> {
        Blocking::builder(driver).build()
    }

    /// Settings for this driver.
    #[must_use]
    pub fn builder(driver: D) -> BlockingBuilder<D> {
        BlockingBuilder::new(driver)
    }

    /// Runs the operation in place if there is a streak and it is long, else on a thread.
    async fn run<F, R>(
        &self,
        name: Operation,
        streak: Option<&Arc<Streak>>,
        operation: F,
    ) -> Result<R>
    where
        F: FnOnce(&D) -> Result<R> + Send + 'static,
        R: Send + 'static,
    {
        match streak {
            None => self.run_on_a_thread(name, operation).await,
            Some(streak) if streak.is_long() => {
                let user = self.pool.enter().map_err(|kind| failure(kind, name))?;
                streak.time(|| operation(&user.driver))
            }
            Some(streak) => {
                let streak = Arc::clone(streak);
                let timed = move |driver: &D| streak.time(|| operation(driver));
                self.run_on_a_thread(name, timed).await
            }
        }
    }

    async fn run_on_a_thread<F, R>(&self, name: Operation, operation: F) -> Result<R>
    where
        F: FnOnce(&D) -> Result<R> + Send + 'static,
        R: Send + 'static,
    {
        let call = Arc::new(Call::new(operation));
        let waiter = self.waiting.join();
        let begins_at_once = self
            .pool
            .submit(Arc::clone(&call) as _)
            .map_err(|kind| failure(kind, name))?;
        if begins_at_once && waiter.was_first {
            call.look_out();
        }
        poll_fn(|context| call.poll(context)).await
    }
}

impl<D: SessionDriver + 'static> AsyncSessionDriver for Blocking<D> {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(async move {
            let id = id.clone();
            let operation = move |driver: &D| driver.retrieve(&id, now);
            self.run(Operation::Retrieve, self.reads.as_ref(), operation)
                .await
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
            let NewRecord {
                payload,
                expires_at,
            } = record;
            let (id, payload) = (id.clone(), payload.to_vec());
            let operation = move |driver: &D| {
                let record = NewRecord {
                    payload: &payload,
                    expires_at,
                };
                driver.store(&id, record, when, now)
            };
            self.run(Operation::Store, self.writes.as_ref(), operation)
                .await
        })
    }

    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let id = id.clone();
            let operation = move |driver: &D| driver.touch(&id, expires_at, now);
            self.run(Operation::Touch, self.writes.as_ref(), operation)
                .await
        })
    }

    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let id = id.clone();
            let operation = move |driver: &D| driver.remove(&id, now);
            self.run(Operation::Remove, self.writes.as_ref(), operation)
                .await
        })
    }

    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        Box::pin(async move {
            let (from, to) = (from.clone(), to.clone());
            let operation = move |driver: &D| driver.rotate(&from, &to, now);
            self.run(Operation::Rotate, self.writes.as_ref(), operation)
                .await
        })
    }

    fn traverse(&self, now: Timestamp) -> BoxStream<'_, Result<SessionId>> {
        Box::pin(Ids::Begin(&self.pool, now))
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        Box::pin(async move {
            let operation = move |driver: &D| driver.sweep(now, limit);
            self.run(Operation::Sweep, None, operation).await
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.pool.close();
            poll_fn(|context| self.pool.poll_closed(context)).await;
        })
    }
}

/// An error that the bridge finds, not the driver.
fn failure(kind: ErrorKind, operation: Operation) -> Error {
    Error::new(kind, operation, "blocking")
}

impl<D> Drop for Blocking<D> {
    fn drop(&mut self) {
        self.pool.close();
    }
}

impl<D> fmt::Debug for Blocking<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}

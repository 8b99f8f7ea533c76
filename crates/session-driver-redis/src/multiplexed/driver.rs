//! The driver: the async contract over a server's keys.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use session_driver::{
    Capabilities, ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionId, Swept,
    Timestamp, Version,
};
use session_driver_async::{AsyncSessionDriver, BoxFuture, BoxStream};
use tokio::sync::RwLock;

use super::ids::Ids;
use super::{Lines, runtime, within};
use crate::builder::RedisDriverBuilder;
use crate::fault::{Attempt, Fault, during};
use crate::store::Store;
use crate::warning::Warning;

/// Keeps each session under a key of its own in Redis or Valkey, without blocking the thread that
/// asks.
///
/// All tasks share one connection to each server, over which their commands follow one another
/// without waiting. What is kept is what [`RedisDriver`](crate::RedisDriver) keeps: both may be open
/// on the same servers and prefix. See the [crate's documentation](crate).
///
/// A clone is another handle of the same driver; the connections end with the last one, or when one
/// is [closed](AsyncSessionDriver::close).
#[derive(Clone)]
pub struct AsyncRedisDriver {
    shared: Arc<Shared>,
}

/// What all handles share.
pub(super) struct Shared {
    pub(super) store: Store<Lines>,
    is_closed: AtomicBool,
    /// Every operation reads it until it is done; closing writes it.
    under_way: RwLock<()>,
}

impl AsyncRedisDriver {
    /// Opens the servers of `url` with the default settings.
    ///
    /// # Errors
    /// As its builder's `open`.
    ///
    /// # Panics
    /// As there.
    pub async fn open(url: &str) -> Result<AsyncRedisDriver> {
        AsyncRedisDriver::builder(url).open().await
    }

    /// Settings for the servers of `url`. A wrong URL is an error of `open`.
    #[must_use]
    pub fn builder(url: &str) -> RedisDriverBuilder<AsyncRedisDriver> {
        RedisDriverBuilder::new(url)
    }

    pub(crate) fn new(store: Store<Lines>) -> AsyncRedisDriver {
        AsyncRedisDriver {
            shared: Arc::new(Shared {
                store,
                is_closed: AtomicBool::new(false),
                under_way: RwLock::default(),
            }),
        }
    }

    /// What was found at open that can lose sessions, for the operator to be told.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.shared.store.warnings
    }
}

impl Shared {
    /// Does the work unless the driver is closed, which waits for it.
    pub(super) async fn run<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Attempt<T>>,
    ) -> Result<T> {
        let _under_way = self.under_way.read().await;
        let outcome = match self.is_closed.load(Ordering::SeqCst) {
            true => Err(Fault::new(ErrorKind::Unavailable, "the driver is closed")),
            false => work.await,
        };
        outcome.map_err(during(operation))
    }
}

/// Moves a record between servers, in steps: in a task of its own, which goes on when the caller
/// does not.
async fn rotate_in_a_task(
    shared: Arc<Shared>,
    from: SessionId,
    to: SessionId,
    now: Timestamp,
) -> Result<Option<Version>> {
    let runtime = runtime().map_err(during(Operation::Rotate))?;
    let task = runtime.spawn(async move {
        let rotate = shared.store.try_rotate(&from, &to, now);
        shared.run(Operation::Rotate, rotate).await
    });
    task.await.unwrap_or_else(|_| {
        let reason = "the runtime has ended meanwhile";
        let fault = Fault::new(ErrorKind::Indeterminate, reason);
        Err(fault.during(Operation::Rotate))
    })
}

impl AsyncSessionDriver for AsyncRedisDriver {
    fn capabilities(&self) -> Capabilities {
        self.shared.store.capabilities()
    }

    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        let retrieve = self.shared.store.try_retrieve(id, now);
        Box::pin(self.shared.run(Operation::Retrieve, retrieve))
    }

    fn store<'a>(
        &'a self,
        id: &'a SessionId,
        record: NewRecord<'a>,
        when: Precondition,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Version>> {
        let store = self.shared.store.try_store(id, record, when, now);
        Box::pin(self.shared.run(Operation::Store, store))
    }

    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        let touch = self.shared.store.try_touch(id, expires_at, now);
        Box::pin(self.shared.run(Operation::Touch, touch))
    }

    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>> {
        let remove = self.shared.store.try_remove(id, now);
        Box::pin(self.shared.run(Operation::Remove, remove))
    }

    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        if self.shared.store.servers.is_cluster() {
            let shared = Arc::clone(&self.shared);
            return Box::pin(rotate_in_a_task(shared, from.clone(), to.clone(), now));
        }
        let rotate = self.shared.store.try_rotate(from, to, now);
        Box::pin(self.shared.run(Operation::Rotate, rotate))
    }

    fn traverse(&self, now: Timestamp) -> BoxStream<'_, Result<SessionId>> {
        Box::pin(Ids::new(&self.shared, now))
    }

    fn sweep(&self, _now: Timestamp, _limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        let sweep = self.shared.store.try_sweep();
        Box::pin(self.shared.run(Operation::Sweep, sweep))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.shared.is_closed.store(true, Ordering::SeqCst);
            // One that nobody polls is not waited for longer than one that is polled can take.
            let bound = self.capabilities().outage_bound;
            within(bound, self.shared.under_way.write()).await;
            self.shared.store.servers.network.close().await;
        })
    }
}

impl fmt::Debug for AsyncRedisDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncRedisDriver")
            .field("keyspace", &self.shared.store.keyspace)
            .field("servers", &self.shared.store.servers)
            .finish_non_exhaustive()
    }
}

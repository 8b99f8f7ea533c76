//! Encryption around an async driver.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::Arc;

use session_driver::{
    Capabilities, ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionId, Swept,
    Timestamp, Version,
};
use session_driver_async::{AsyncSessionDriver, BoxFuture, BoxStream};
use tokio::runtime::Handle;

use super::calls::Calls;
use super::operations::Operations;
use super::{Encrypted, Shared, declared, failure};

/// An async driver, whose calls are waited for.
#[derive(Debug)]
struct Awaited<'a, A>(&'a A);

impl<A: AsyncSessionDriver> Calls for Awaited<'_, A> {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.0.retrieve(id, now).await
    }

    async fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.0.store(id, record, when, now).await
    }
}

impl<A: AsyncSessionDriver> Shared<A> {
    fn awaited(&self) -> Operations<'_, Awaited<'_, A>> {
        Operations {
            calls: Awaited(&self.inner),
            keys: &self.keys,
        }
    }
}

/// Moves a record, in steps: in a task of its own, which goes on when the caller does not (rule
/// CON-4). The other operations change the driver beneath in one step.
async fn rotate_in_a_task<A: AsyncSessionDriver + 'static>(
    shared: Arc<Shared<A>>,
    from: SessionId,
    to: SessionId,
    now: Timestamp,
) -> Result<Option<Version>> {
    let runtime = Handle::try_current().map_err(|_| {
        failure(ErrorKind::Unsupported, Operation::Rotate)
            .with_source("there is no tokio runtime here")
    })?;
    let task = runtime.spawn(async move {
        let _under_way = shared.under_way.read().await;
        shared.awaited().rotate(&from, &to, now).await
    });
    task.await
        .unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(failure(ErrorKind::Indeterminate, Operation::Rotate)
                .with_source("the runtime has ended meanwhile")),
        })
}

impl<A: AsyncSessionDriver + 'static> AsyncSessionDriver for Encrypted<A> {
    fn capabilities(&self) -> Capabilities {
        declared(self.shared.inner.capabilities())
    }

    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(async move { self.shared.awaited().retrieve(id, now).await })
    }

    fn store<'a>(
        &'a self,
        id: &'a SessionId,
        record: NewRecord<'a>,
        when: Precondition,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Version>> {
        Box::pin(async move { self.shared.awaited().store(id, record, when, now).await })
    }

    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.shared.awaited().touch(id, expires_at, now).await })
    }

    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>> {
        self.shared.inner.remove(id, now)
    }

    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(rotate_in_a_task(shared, from.clone(), to.clone(), now))
    }

    fn traverse(&self, now: Timestamp) -> BoxStream<'_, Result<SessionId>> {
        self.shared.inner.traverse(now)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        self.shared.inner.sweep(now, limit)
    }

    /// Rotates that are under way need the driver beneath to the end.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let _none_under_way = self.shared.under_way.write().await;
            self.shared.inner.close().await;
        })
    }
}

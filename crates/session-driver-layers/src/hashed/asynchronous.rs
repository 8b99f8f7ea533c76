//! Hashed ids around an async driver.

use std::num::NonZeroUsize;

use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionId, Swept, Timestamp, Version,
};
use session_driver_async::{AsyncSessionDriver, BoxFuture, BoxStream};

use super::{Hashed, declared, digest};

impl<A: AsyncSessionDriver> AsyncSessionDriver for Hashed<A> {
    fn capabilities(&self) -> Capabilities {
        declared(self.inner.capabilities())
    }

    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(async move { self.inner.retrieve(&digest(id), now).await })
    }

    fn store<'a>(
        &'a self,
        id: &'a SessionId,
        record: NewRecord<'a>,
        when: Precondition,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Version>> {
        Box::pin(async move { self.inner.store(&digest(id), record, when, now).await })
    }

    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.inner.touch(&digest(id), expires_at, now).await })
    }

    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.inner.remove(&digest(id), now).await })
    }

    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        Box::pin(async move { self.inner.rotate(&digest(from), &digest(to), now).await })
    }

    fn traverse(&self, now: Timestamp) -> BoxStream<'_, Result<SessionId>> {
        self.inner.traverse(now)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        self.inner.sweep(now, limit)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

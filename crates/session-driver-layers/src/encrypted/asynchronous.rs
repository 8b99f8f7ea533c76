//! Encryption around an async driver.

use std::num::NonZeroUsize;

use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionId, Swept, Timestamp, Version,
};
use session_driver_async::{AsyncSessionDriver, BoxFuture, BoxStream};

use super::calls::Calls;
use super::protocol::Protocol;
use super::{Encrypted, declared};

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

impl<A: AsyncSessionDriver> Encrypted<A> {
    fn awaited(&self) -> Protocol<'_, Awaited<'_, A>> {
        Protocol::new(Awaited(&self.inner), &self.keys)
    }
}

impl<A: AsyncSessionDriver> AsyncSessionDriver for Encrypted<A> {
    fn capabilities(&self) -> Capabilities {
        declared(self.inner.capabilities())
    }

    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(async move { self.awaited().retrieve(id, now).await })
    }

    fn store<'a>(
        &'a self,
        id: &'a SessionId,
        record: NewRecord<'a>,
        when: Precondition,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Version>> {
        Box::pin(async move { self.awaited().store(id, record, when, now).await })
    }

    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.awaited().touch(id, expires_at, now).await })
    }

    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>> {
        self.inner.remove(id, now)
    }

    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        Box::pin(async move { self.awaited().rotate(from, to, now).await })
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

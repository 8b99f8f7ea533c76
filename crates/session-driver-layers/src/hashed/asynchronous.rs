//! Hashed ids around an async driver.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionId, Swept, Timestamp, Version,
};
use session_driver_async::{AsyncSessionDriver, BoxFuture, BoxStream};

use super::{Hashed, declared, digest, is_ours};

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
        Box::pin(Digests {
            shown: self.inner.traverse(now),
            is_ours: is_ours(self.inner.capabilities()),
        })
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        self.inner.sweep(now, limit)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

/// A traversal without what was stored outside the layer.
struct Digests<'a, F> {
    shown: BoxStream<'a, Result<SessionId>>,
    is_ours: F,
}

impl<F: Fn(&SessionId) -> bool + Unpin> Stream for Digests<'_, F> {
    type Item = Result<SessionId>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.shown.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(id))) if !(self.is_ours)(&id) => {}
                other => return other,
            }
        }
    }
}

//! What an async driver does. A watch begins when its future is first polled.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionId, Swept, Timestamp, Version,
};
use session_driver_async::{AsyncSessionDriver, BoxFuture, BoxStream};
use tracing::Instrument as _;

use super::Traced;
use super::watch::{Seen, Watch};

impl<A: AsyncSessionDriver> Traced<A> {
    fn watched<'a, T: Send + 'a>(
        &'a self,
        operation: &'static str,
        work: BoxFuture<'a, Result<T>>,
        seen: impl FnOnce(&T) -> Seen + Send + 'a,
    ) -> BoxFuture<'a, Result<T>> {
        Box::pin(async move {
            let watch = self.watch(operation);
            let answer = work.instrument(watch.span()).await;
            watch.end(answer, seen)
        })
    }
}

impl<A: AsyncSessionDriver> AsyncSessionDriver for Traced<A> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        let work = self.inner.retrieve(id, now);
        self.watched("retrieve", work, |found| Seen::retrieved(found.as_ref()))
    }

    fn store<'a>(
        &'a self,
        id: &'a SessionId,
        record: NewRecord<'a>,
        when: Precondition,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Version>> {
        let work = self.inner.store(id, record, when, now);
        self.watched("store", work, move |_| Seen::stored(record))
    }

    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        let work = self.inner.touch(id, expires_at, now);
        self.watched("touch", work, |was_live| Seen::was(*was_live))
    }

    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>> {
        let work = self.inner.remove(id, now);
        self.watched("remove", work, |was_live| Seen::was(*was_live))
    }

    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        let work = self.inner.rotate(from, to, now);
        self.watched("rotate", work, |moved| Seen::was(moved.is_some()))
    }

    fn traverse(&self, now: Timestamp) -> BoxStream<'_, Result<SessionId>> {
        Box::pin(Visits {
            ids: self.inner.traverse(now),
            driver: self.driver,
            watch: None,
            count: 0,
            has_failed: false,
        })
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        let work = self.inner.sweep(now, limit);
        self.watched("sweep", work, |swept| Seen::records(swept.removed))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

/// A traversal, which is told of when it is dropped, at its end or before.
struct Visits<'a> {
    ids: BoxStream<'a, Result<SessionId>>,
    driver: &'static str,
    /// `None` until it is polled.
    watch: Option<Watch>,
    count: u64,
    has_failed: bool,
}

impl Stream for Visits<'_> {
    type Item = Result<SessionId>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let watch = this
            .watch
            .get_or_insert_with(|| Watch::begin(this.driver, "traverse"));
        let polled = watch.within(|| this.ids.as_mut().poll_next(context));
        match &polled {
            // Dropped while the next id is waited for, it was given up; after one, broken off.
            Poll::Pending => watch.note(Seen::DROPPED),
            Poll::Ready(Some(Err(error))) => {
                watch.fail(error);
                this.has_failed = true;
            }
            Poll::Ready(None) if this.has_failed => {}
            Poll::Ready(end) => {
                this.count += u64::from(end.is_some());
                watch.note(Seen::records(this.count));
            }
        }
        polled
    }
}

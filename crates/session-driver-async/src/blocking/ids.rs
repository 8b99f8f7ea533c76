//! The stream of a traversal.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use session_driver::{Operation, Result, SessionDriver, SessionId, Timestamp};

use super::failure;
use super::passage::Passage;
use super::pool::Pool;

/// The ids that a thread of its own reads from the driver, from the first poll until it is dropped.
pub(super) enum Ids<'a, D> {
    Begin(&'a Arc<Pool<D>>, Timestamp),
    UnderWay(Arc<Passage>),
    Done,
}

impl<D: SessionDriver + 'static> Ids<'_, D> {
    fn poll_begin(
        pool: &Arc<Pool<D>>,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Poll<Result<Arc<Passage>>> {
        pool.poll_traverse(context, move |driver, passage| {
            let end = catch_unwind(AssertUnwindSafe(|| {
                driver.traverse(now, &mut |id| passage.send(id))
            }));
            move |passage: &Passage| passage.finish(end)
        })
        .map_err(|kind| failure(kind, Operation::Traverse))
    }
}

impl<D: SessionDriver + 'static> Stream for Ids<'_, D> {
    type Item = Result<SessionId>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<SessionId>>> {
        if let Ids::Begin(pool, now) = *self {
            match ready!(Ids::poll_begin(pool, now, context)) {
                Ok(passage) => *self = Ids::UnderWay(passage),
                Err(error) => {
                    *self = Ids::Done;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        let Ids::UnderWay(passage) = &*self else {
            return Poll::Ready(None);
        };
        let next = ready!(passage.poll(context)).transpose();
        if !matches!(next, Some(Ok(_))) {
            *self = Ids::Done;
        }
        Poll::Ready(next)
    }
}

impl<D> Drop for Ids<'_, D> {
    fn drop(&mut self) {
        if let Ids::UnderWay(passage) = self {
            passage.cut();
        }
    }
}

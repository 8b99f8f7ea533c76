//! The stream of a traversal.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use futures_core::Stream;
use session_driver::{Operation, Result, SessionId, Timestamp};
use session_driver_async::BoxFuture;

use super::Lines;
use super::driver::Shared;
use crate::operations::Traversal;

/// Live ids, read a page at a time; between two pages nothing is under way.
pub(super) struct Ids<'a> {
    shared: &'a Shared,
    page: vec::IntoIter<SessionId>,
    step: Step<'a>,
}

enum Step<'a> {
    Resting(Traversal<Lines>),
    Reading(BoxFuture<'a, Turned>),
    Over,
}

/// A traversal, and its next page.
type Turned = (Traversal<Lines>, Result<Option<Vec<SessionId>>>);

impl<'a> Ids<'a> {
    pub(super) fn new(shared: &'a Shared, now: Timestamp) -> Ids<'a> {
        Ids {
            shared,
            page: vec![].into_iter(),
            step: Step::Resting(Traversal::new(now)),
        }
    }
}

async fn turn(shared: &Shared, mut traversal: Traversal<Lines>) -> Turned {
    let page = traversal.next_page(&shared.store);
    let page = shared.run(Operation::Traverse, page).await;
    (traversal, page)
}

impl Stream for Ids<'_> {
    type Item = Result<SessionId>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<SessionId>>> {
        loop {
            if let Some(id) = self.page.next() {
                return Poll::Ready(Some(Ok(id)));
            }
            let mut reading = match std::mem::replace(&mut self.step, Step::Over) {
                Step::Resting(traversal) => Box::pin(turn(self.shared, traversal)),
                Step::Reading(reading) => reading,
                Step::Over => return Poll::Ready(None),
            };
            let Poll::Ready((traversal, page)) = reading.as_mut().poll(context) else {
                self.step = Step::Reading(reading);
                return Poll::Pending;
            };
            match page {
                Ok(Some(page)) => {
                    self.page = page.into_iter();
                    self.step = Step::Resting(traversal);
                }
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}

//! The driver beneath, blocking or not, so that the operations are written once.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionDriver, SessionId, Timestamp,
    Version,
};

/// The calls of the driver beneath that the operations are made of.
pub(super) trait Calls: Sync {
    fn capabilities(&self) -> Capabilities;

    fn retrieve(
        &self,
        id: &SessionId,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Record>>> + Send;

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> impl Future<Output = Result<Version>> + Send;
}

/// A blocking driver, whose calls end before anybody could wait for them.
#[derive(Debug)]
pub(super) struct AtOnce<'a, D>(pub(super) &'a D);

impl<D: SessionDriver> Calls for AtOnce<'_, D> {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.0.retrieve(id, now)
    }

    async fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.0.store(id, record, when, now)
    }
}

/// The answer of a future over [`AtOnce`]: it waits for nothing, so its first poll ends it.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("the calls of a blocking driver are never pending"),
    }
}

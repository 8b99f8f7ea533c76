//! What the bridges promise beyond the suite.

mod block_on;
mod cancel;
mod close;
mod staged;
mod threads;
mod traversal;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use session_driver_async::BoxStream;
use session_driver_async::session_driver::{NewRecord, Result, SessionId, Timestamp};

const NOW: Timestamp = Timestamp::MIN;

fn record(payload: &[u8]) -> NewRecord<'_> {
    NewRecord {
        payload,
        expires_at: None,
    }
}

fn id(text: &str) -> SessionId {
    SessionId::parse(text).expect("a valid id")
}

/// Polls once, and lets nobody be woken.
fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn next(ids: &mut BoxStream<'_, Result<SessionId>>) -> Option<Result<SessionId>> {
    poll_fn(|context| ids.as_mut().poll_next(context)).await
}

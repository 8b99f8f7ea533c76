//! The way of ids from the thread that traverses to the stream that yields them.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use session_driver::{ErrorKind, Operation, Result, SessionId};

use super::failure;

/// So many ids are read ahead at most; below half of them the thread goes on.
const AHEAD: usize = 256;

/// A bounded queue of ids with a thread at one end and a stream at the other.
pub(super) struct Passage {
    state: Mutex<State>,
    room: Condvar,
}

struct State {
    ids: VecDeque<SessionId>,
    end: Option<thread::Result<Result<()>>>,
    is_cut: bool,
    waker: Option<Waker>,
}

impl Passage {
    pub(super) fn new() -> Passage {
        Passage {
            state: Mutex::new(State {
                ids: VecDeque::new(),
                end: None,
                is_cut: false,
                waker: None,
            }),
            room: Condvar::new(),
        }
    }

    /// Hands on an id when there is room; breaks when nobody wants more.
    pub(super) fn send(&self, id: &SessionId) -> ControlFlow<()> {
        let mut state = self.lock();
        if state.ids.len() == AHEAD {
            state = self
                .room
                .wait_while(state, |state| state.ids.len() > AHEAD / 2 && !state.is_cut)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_cut {
            return ControlFlow::Break(());
        }
        state.ids.push_back(id.clone());
        wake(state);
        ControlFlow::Continue(())
    }

    /// How the traversal ended: the last that is sent.
    pub(super) fn finish(&self, end: thread::Result<Result<()>>) {
        let mut state = self.lock();
        state.end = Some(match end {
            // It did not end but was ended: the ids are not all there are.
            Ok(Ok(())) if state.is_cut => {
                Ok(Err(failure(ErrorKind::Unavailable, Operation::Traverse)))
            }
            end => end,
        });
        wake(state);
    }

    /// Makes the thread's next [`send`](Passage::send) break.
    pub(super) fn cut(&self) {
        self.lock().is_cut = true;
        self.room.notify_one();
    }

    /// Whether nobody wants more.
    pub(super) fn is_cut(&self) -> bool {
        self.lock().is_cut
    }

    /// The next id, or how the traversal ended, which is told once. A panic of the driver goes on
    /// here.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Option<SessionId>>> {
        let mut state = self.lock();
        if let Some(id) = state.ids.pop_front() {
            if state.ids.len() == AHEAD / 2 {
                self.room.notify_one();
            }
            return Poll::Ready(Ok(Some(id)));
        }
        match state.end.take() {
            Some(Ok(end)) => Poll::Ready(end.map(|()| None)),
            Some(Err(panic)) => {
                drop(state);
                resume_unwind(panic)
            }
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// No code that can panic runs under this lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes the stream if it waits, once nobody holds the lock.
fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

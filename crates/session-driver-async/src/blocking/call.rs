//! One operation: on its way to a thread, under way, or answered.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use super::moment::comes_in_a_moment;

/// What a thread of the pool takes from the queue.
pub(super) trait Job<D>: Send + Sync {
    /// Runs the operation, keeps its answer, and wakes whoever waits for it.
    fn run(&self, driver: &D);
}

/// An operation `F` whose answer is an `R`. The thread that runs it and the future that waits for
/// it share it, and either may be gone first.
pub(super) struct Call<F, R> {
    operation: Mutex<Option<F>>,
    slot: Mutex<Slot<R>>,
}

struct Slot<R> {
    answer: Option<thread::Result<R>>,
    waker: Option<Waker>,
}

impl<F, R> Call<F, R> {
    pub(super) fn new(operation: F) -> Call<F, R> {
        Call {
            operation: Mutex::new(Some(operation)),
            slot: Mutex::new(Slot {
                answer: None,
                waker: None,
            }),
        }
    }

    /// Keeps the task on its thread until the answer is there, for a moment and no longer: to be
    /// woken for the answer of a quick operation takes several times as long as the operation.
    pub(super) fn look_out(&self) {
        comes_in_a_moment(|| lock(&self.slot).answer.is_some());
    }

    /// The answer, once it is there. A panic of the driver goes on here.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<R> {
        let mut slot = lock(&self.slot);
        match slot.answer.take() {
            Some(Ok(answer)) => Poll::Ready(answer),
            Some(Err(panic)) => {
                drop(slot);
                resume_unwind(panic)
            }
            None => {
                slot.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<D, F, R> Job<D> for Call<F, R>
where
    F: FnOnce(&D) -> R + Send,
    R: Send,
{
    fn run(&self, driver: &D) {
        let Some(operation) = lock(&self.operation).take() else {
            return;
        };
        // The panic goes on in the task that waits, so whatever it left behind is met there, as if
        // that task had called the driver itself.
        let answer = catch_unwind(AssertUnwindSafe(|| operation(driver)));
        let mut slot = lock(&self.slot);
        slot.answer = Some(answer);
        let waker = slot.waker.take();
        drop(slot);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// No code that can panic runs under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

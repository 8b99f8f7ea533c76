//! Who waits for an answer of the pool.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the tasks that wait: with one alone it is worth to look out for its answer, while
/// among many a task that does so keeps its thread from all the others.
#[derive(Debug, Default)]
pub(super) struct Waiting(AtomicUsize);

/// A task that waits until this is dropped.
pub(super) struct Waiter<'a> {
    /// Nobody else was waiting when this one came.
    pub(super) was_first: bool,
    waiting: &'a Waiting,
}

impl Waiting {
    pub(super) fn join(&self) -> Waiter<'_> {
        Waiter {
            was_first: self.0.fetch_add(1, Ordering::Relaxed) == 0,
            waiting: self,
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.waiting.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_first_while_nobody_else_waits() {
        let waiting = Waiting::default();
        let one = waiting.join();
        assert!(one.was_first && !waiting.join().was_first);
        drop(one);
        assert!(waiting.join().was_first);
    }
}

//! Flushes that concurrent callers share.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets one caller flush for all who wait: whoever comes while a flush runs shares the next one,
/// for only that is sure to have his write.
#[derive(Debug, Default)]
pub(crate) struct SharedFlush {
    turns: Mutex<Turns>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Turns {
    begun: u64,
    done: u64,
    running: bool,
    failed: bool,
}

/// A flush failed, of this caller or of another one before.
#[derive(Debug)]
pub(crate) struct FlushFailed;

impl SharedFlush {
    /// Returns once a flush that began after this call has succeeded. After one has failed, none
    /// is tried again: a second one could succeed without the data of the first (rule ERR-5).
    pub(crate) fn run(&self, flush: impl FnOnce() -> bool) -> Result<(), FlushFailed> {
        let mut turns = self.lock();
        let wanted = turns.begun + 1;
        while turns.running && turns.done < wanted && !turns.failed {
            turns = self
                .ended
                .wait(turns)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if turns.failed {
            return Err(FlushFailed);
        }
        if turns.done >= wanted {
            return Ok(());
        }
        turns.begun += 1;
        turns.running = true;
        drop(turns);
        let flushed = flush();
        let mut turns = self.lock();
        turns.running = false;
        turns.done = turns.begun;
        turns.failed = !flushed;
        drop(turns);
        self.ended.notify_all();
        flushed.then_some(()).ok_or(FlushFailed)
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        // Nothing that can panic runs under the lock.
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn a_success_means_a_flush_that_began_after_the_write() {
        let (shared, written, flushed) =
            (SharedFlush::default(), AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let mine = written.fetch_add(1, Ordering::SeqCst) + 1;
                        let flush = || {
                            let all = written.load(Ordering::SeqCst);
                            thread::yield_now();
                            flushed.fetch_max(all, Ordering::SeqCst);
                            true
                        };
                        shared.run(flush).expect("a flush");
                        assert!(flushed.load(Ordering::SeqCst) >= mine);
                    }
                });
            }
        });
    }

    #[test]
    fn callers_who_wait_share_one_flush() {
        let (shared, flushes) = (SharedFlush::default(), AtomicU64::new(0));
        let (begun, has_begun) = mpsc::channel();
        let (end, may_end) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let shared = &shared;
            let flushes = &flushes;
            scope.spawn(move || {
                shared.run(|| {
                    begun.send(()).expect("a listener");
                    may_end.recv().is_ok()
                })
            });
            has_begun.recv().expect("the first flush");
            let waiters: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        shared.run(|| {
                            flushes.fetch_add(1, Ordering::SeqCst);
                            true
                        })
                    })
                })
                .collect();
            end.send(()).expect("the first flush");
            for waiter in waiters {
                waiter.join().expect("no panic").expect("a flush");
            }
        });
        let count = flushes.load(Ordering::SeqCst);
        assert!((1..=8).contains(&count), "{count} flushes");
        assert_eq!(shared.lock().begun, count + 1);
    }

    #[test]
    fn after_a_failure_nothing_is_flushed_again() {
        let shared = SharedFlush::default();
        assert!(shared.run(|| true).is_ok());
        assert!(shared.run(|| false).is_err());
        assert!(shared.run(|| unreachable!("a second flush")).is_err());
    }
}

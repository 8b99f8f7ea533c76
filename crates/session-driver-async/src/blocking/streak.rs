//! Whether operations have been quick of late.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What is quick: less than handing an operation to a thread that sleeps and its answer back costs,
/// a few times over. A task may keep a thread of its runtime for so long.
const QUICK: Duration = Duration::from_micros(50);

/// So many quick operations earn trust, and one that was not costs as much.
const LONG: u32 = 32;

/// More trust than that is not earned: enough that one slow operation is forgiven, as any is whose
/// thread the system takes the processor from.
const LONGEST: u32 = 2 * LONG;

/// How many operations were quick, less those that were not.
#[derive(Debug, Default)]
pub(super) struct Streak(AtomicU32);

impl Streak {
    pub(super) fn is_long(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= LONG
    }

    /// Runs the operation and takes note of how long it took. Threads that do so at once may lose
    /// a note, which matters less than waiting for each other would.
    pub(super) fn time<R>(&self, operation: impl FnOnce() -> R) -> R {
        let begin = Instant::now();
        let answer = operation();
        let length = self.0.load(Ordering::Relaxed);
        if begin.elapsed() > QUICK {
            self.0.store(length.saturating_sub(LONG), Ordering::Relaxed);
        } else if length < LONGEST {
            self.0.store(length + 1, Ordering::Relaxed);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(has_come: impl Fn() -> bool, streak: &Streak) {
        let begin = Instant::now();
        while !has_come() {
            streak.time(|| ());
            assert!(begin.elapsed() < Duration::from_secs(60), "never trusted");
        }
    }

    #[test]
    fn trust_is_earned_by_many_and_lost_by_two() {
        let streak = Streak::default();
        assert!(!streak.is_long());
        until(|| streak.is_long(), &streak);
        let slow = || std::thread::sleep(2 * QUICK);
        streak.time(slow);
        assert!(!streak.is_long());
        until(|| streak.0.load(Ordering::Relaxed) == LONGEST, &streak);
        streak.time(slow);
        assert!(streak.is_long());
        streak.time(slow);
        assert!(!streak.is_long());
    }
}

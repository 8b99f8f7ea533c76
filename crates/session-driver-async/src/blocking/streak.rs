//! Whether operations have been quick of late.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What is quick: less than handing an operation to a thread that sleeps and its answer back costs,
/// a few times over. A task may keep a thread of its runtime for so long.
const QUICK: Duration = Duration::from_micros(50);

/// So many quick operations in a row earn trust; one that was not loses it.
const LONG: u32 = 32;

/// How many operations in a row were quick.
#[derive(Debug, Default)]
pub(super) struct Streak(AtomicU32);

impl Streak {
    pub(super) fn is_long(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= LONG
    }

    /// Runs the operation and takes note of how long it took.
    pub(super) fn time<R>(&self, operation: impl FnOnce() -> R) -> R {
        let begin = Instant::now();
        let answer = operation();
        if begin.elapsed() > QUICK {
            self.0.store(0, Ordering::Relaxed);
        } else if !self.is_long() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_earned_by_many_and_lost_by_one() {
        let streak = Streak(AtomicU32::new(LONG));
        assert!(streak.is_long());
        streak.time(|| std::thread::sleep(2 * QUICK));
        assert!(!streak.is_long());
        let begin = Instant::now();
        while !streak.is_long() {
            streak.time(|| ());
            assert!(begin.elapsed() < Duration::from_secs(60), "never trusted");
        }
    }
}

//! How much longer a comparison takes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::progress::Progress;

/// How much of the work must be done before its pace counts for more than the plan's.
const TRUST: Duration = Duration::from_secs(5);

/// The parts of a comparison, how long each should take, and how far it is.
#[derive(Debug)]
pub(super) struct Forecast {
    begin: Instant,
    plan: Duration,
    done: Mutex<Duration>,
}

impl Forecast {
    /// All parts together should take as long as `plan`.
    pub(super) fn new(plan: Duration) -> Forecast {
        Forecast {
            begin: Instant::now(),
            plan,
            done: Mutex::new(Duration::ZERO),
        }
    }

    /// A bar for all of it.
    pub(super) fn bar(&self) -> Progress {
        let bar = Progress::of_time(milliseconds(self.plan));
        bar.expect_end_in(self.plan);
        bar
    }

    /// A part is done that should have taken as long as `part`.
    pub(super) fn done(&self, part: Duration, bar: &Progress) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done = (*done + part).min(self.plan);
        bar.advance_to(milliseconds(*done));
        bar.expect_end_in(left(self.plan, *done, self.begin.elapsed()));
    }
}

/// The rest of the plan, at the pace of what is done.
fn left(plan: Duration, done: Duration, took: Duration) -> Duration {
    let pace = (took + TRUST).as_secs_f64() / (done + TRUST).as_secs_f64();
    plan.saturating_sub(done).mul_f64(pace)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_pace_of_what_is_done_is_expected_of_the_rest() {
        assert_eq!(
            left(60 * SECOND, Duration::ZERO, Duration::ZERO),
            60 * SECOND
        );
        assert_eq!(left(60 * SECOND, 30 * SECOND, 30 * SECOND), 30 * SECOND);
        let slow = left(60 * SECOND, 30 * SECOND, 60 * SECOND);
        assert!(slow > 50 * SECOND && slow < 60 * SECOND, "{slow:?}");
        assert_eq!(left(60 * SECOND, 60 * SECOND, 90 * SECOND), Duration::ZERO);
    }
}

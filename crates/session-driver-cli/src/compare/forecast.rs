//! How much longer a comparison takes.

use std::time::{Duration, Instant};

use crate::progress::Progress;

/// How much of the work must be done before its pace counts for more than the plan's.
const TRUST: Duration = Duration::from_secs(5);

/// The parts of a comparison, how long each should take, and how far it is.
#[derive(Debug)]
pub(super) struct Forecast {
    begin: Instant,
    plan: Duration,
    /// How long the parts should have taken that are over.
    over: Duration,
}

impl Forecast {
    /// All parts together should take as long as `plan`.
    pub(super) fn new(plan: Duration) -> Forecast {
        Forecast {
            begin: Instant::now(),
            plan,
            over: Duration::ZERO,
        }
    }

    /// A bar for all of it.
    pub(super) fn bar(&self) -> Progress {
        let bar = Progress::of_time(milliseconds(self.plan));
        bar.expect_end_in(self.plan);
        bar
    }

    /// So much is done of the part that is under way.
    pub(super) fn reach(&self, position: Duration, bar: &Progress) {
        let done = (self.over + position).min(self.plan);
        bar.advance_to(milliseconds(done));
        bar.expect_end_in(left(self.plan, done, self.begin.elapsed()));
    }

    /// The part is over that should have taken as long as `part`.
    pub(super) fn end(&mut self, part: Duration, bar: &Progress) {
        self.over += part;
        self.reach(Duration::ZERO, bar);
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

//! How long one operation may still try.

use std::time::{Duration, Instant};

/// About as long as two round trips.
const MOMENT: Duration = Duration::from_millis(1);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    until: Instant,
}

impl Patience {
    pub(crate) fn new(limit: Duration) -> Patience {
        Patience {
            until: Instant::now() + limit,
        }
    }

    /// What is left; zero when the time is up.
    pub(crate) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// How long to wait for others to be done.
    pub(crate) fn moment(&self) -> Duration {
        self.left().min(MOMENT)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}

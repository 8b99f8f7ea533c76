//! How long an operation begins again because others were quicker.

use std::time::{Duration, Instant};

use session_driver::{ErrorKind, Operation, Result};

use super::failure;

/// Time for tries. Each one that fails is another's success, so it hardly ever runs out.
#[derive(Debug)]
pub(super) struct Patience {
    begin: Instant,
    bound: Duration,
}

impl Patience {
    pub(super) fn new(bound: Duration) -> Patience {
        Patience {
            begin: Instant::now(),
            bound,
        }
    }

    /// Whether another try may begin.
    ///
    /// # Errors
    /// Busy when not.
    pub(super) fn again(&self, operation: Operation) -> Result<()> {
        match self.begin.elapsed() < self.bound {
            true => Ok(()),
            false => Err(failure(ErrorKind::Busy, operation)),
        }
    }
}

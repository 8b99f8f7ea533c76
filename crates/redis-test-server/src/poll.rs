//! Waiting for a state, with a bound.

use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

const INTERVAL: Duration = Duration::from_millis(10);

/// Looks again and again until the state is there. `look` gives what it found: the state, or in
/// words what is there instead.
pub(crate) fn until<T>(
    state: &'static str,
    within: Duration,
    mut look: impl FnMut() -> std::result::Result<T, String>,
) -> Result<T> {
    let begin = Instant::now();
    loop {
        match look() {
            Ok(found) => return Ok(found),
            Err(seen) if begin.elapsed() >= within => {
                return Err(Error::NotReached {
                    state,
                    within,
                    seen,
                });
            }
            Err(_) => thread::sleep(INTERVAL),
        }
    }
}

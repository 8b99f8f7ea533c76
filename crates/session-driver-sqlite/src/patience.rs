//! Waiting for others, but not for ever.

use std::thread;
use std::time::{Duration, Instant};

use session_driver::ErrorKind;

use crate::fault::Attempt;

/// The longest pause between two tries. SQLite's own handler sleeps up to 100 ms, and then the wait
/// for a lock that is free for moments only takes a second.
const LONGEST_PAUSE: Duration = Duration::from_millis(1);

/// How long one operation may wait for locks, all together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    timeout: Duration,
    since: Instant,
}

impl Patience {
    pub(crate) fn new(timeout: Duration) -> Patience {
        Patience {
            timeout,
            since: Instant::now(),
        }
    }

    /// Tries again and again while others hold the lock; Busy when the time is up.
    pub(crate) fn retry<T>(self, mut attempt: impl FnMut() -> Attempt<T>) -> Attempt<T> {
        for tries in 1.. {
            match attempt() {
                Err(fault)
                    if fault.kind == ErrorKind::Busy && self.since.elapsed() < self.timeout =>
                {
                    match tries {
                        0..=8 => thread::yield_now(),
                        _ => thread::sleep(LONGEST_PAUSE.min(Duration::from_micros(10) * tries)),
                    }
                }
                outcome => return outcome,
            }
        }
        Err(ErrorKind::Busy.into())
    }
}

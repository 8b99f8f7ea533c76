//! Waiting for a lock, but not for ever.

use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::{Errno, retry_on_intr};
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};

/// How long one operation may yet wait for the locks it needs.
pub(crate) struct Patience {
    timeout: Duration,
    since: Option<Instant>,
    tries: u32,
}

impl Patience {
    pub(crate) fn new(timeout: Duration) -> Patience {
        Patience {
            timeout,
            since: None,
            tries: 0,
        }
    }

    /// Takes the lock of an open file or directory against everybody else.
    pub(crate) fn exclusive(&mut self, file: impl AsFd) -> Attempt<()> {
        self.lock(&file, FlockOperation::NonBlockingLockExclusive)
    }

    /// Takes the lock together with others who share it.
    pub(crate) fn shared(&mut self, file: impl AsFd) -> Attempt<()> {
        self.lock(&file, FlockOperation::NonBlockingLockShared)
    }

    /// Asks again and again, since `flock` has no timeout: a holder is done within microseconds,
    /// unless it was stopped.
    fn lock(&mut self, file: &impl AsFd, operation: FlockOperation) -> Attempt<()> {
        loop {
            match retry_on_intr(|| flock(file, operation)) {
                Err(Errno::WOULDBLOCK) => self.wait()?,
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Waits a little, longer each time; Busy when the time is up.
    pub(crate) fn wait(&mut self) -> Attempt<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.timeout {
            return Err(Fault::from(ErrorKind::Busy));
        }
        self.tries += 1;
        match self.tries {
            0..=8 => thread::yield_now(),
            tries => thread::sleep(Duration::from_micros(20 * u64::from(tries.min(50)))),
        }
        Ok(())
    }
}

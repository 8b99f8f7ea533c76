//! A stream that signals do not disturb.

use std::io::{self, IoSlice, Read, Write};
use std::time::Duration;

use crate::patience::Patience;

/// A stream with a timeout. The system never resumes a call that has one when a signal has
/// interrupted it.
pub(super) struct Undisturbed<S> {
    pub(super) stream: S,
    pub(super) timeout: Duration,
}

impl<S: Read> Read for Undisturbed<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        go_on(self.timeout, || self.stream.read(into))
    }
}

impl<S: Write> Write for Undisturbed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        go_on(self.timeout, || self.stream.write(bytes))
    }

    fn write_vectored(&mut self, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        go_on(self.timeout, || self.stream.write_vectored(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Calls again when a signal has interrupted the call, until the time is up. Each call takes no
/// longer than the limit, and so all of them no longer than twice the limit.
///
/// # Errors
/// Those of the call; TimedOut instead of Interrupted.
pub(super) fn go_on<T>(limit: Duration, mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let patience = Patience::new(limit);
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                if patience.is_over() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_made_again_until_it_is_not_interrupted() {
        let mut left = 3;
        let outcome = go_on(Duration::from_secs(60), || {
            left -= 1;
            match left {
                0 => Ok("done"),
                _ => Err(io::ErrorKind::Interrupted.into()),
            }
        });
        assert_eq!(outcome.expect("an end"), "done");
    }

    #[test]
    fn a_call_that_is_always_interrupted_times_out() {
        let interrupted = || Err::<(), _>(io::ErrorKind::Interrupted.into());
        let outcome = go_on(Duration::from_millis(10), interrupted);
        let error = outcome.expect_err("an end");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}

//! Changes to a session that others change at the same time.

use std::thread;
use std::time::Duration;

use super::{CONFLICT_TRIES, Sessions};
use crate::codec::Codec;
use crate::driver::SessionDriver;
use crate::error::{ErrorKind, Operation, Result};
use crate::id::SessionId;
use crate::payload::failure;

/// So many tries follow each other at once: most conflicts are two requests that met.
const EAGER_TRIES: u32 = 3;

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

impl<T, D: SessionDriver, C: Codec<T>> Sessions<T, D, C> {
    /// Changes the session under `id` and saves it, again from the start whenever others stored in
    /// between.
    ///
    /// The answer is what `change` returned in the try that was saved, or `None` when there is no
    /// session under `id` or it went meanwhile. `change` may run many times, each time on the value
    /// as it then is: let it do nothing but change the value.
    ///
    /// # Errors
    /// Those of [`retrieve`](Sessions::retrieve) and [`save`](Sessions::save). Conflict only when
    /// others stored in between at every one of 100 tries. No change of this call is stored, but
    /// perhaps after Indeterminate.
    pub fn update<R>(
        &self,
        id: &SessionId,
        mut change: impl FnMut(&mut T) -> R,
    ) -> Result<Option<R>> {
        for tries in 0..CONFLICT_TRIES {
            pause(tries);
            let Some(mut session) = self.retrieve(id)? else {
                return Ok(None);
            };
            let answer = change(&mut session);
            match self.save(&mut session) {
                Ok(()) => return Ok(Some(answer)),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Err(failure(ErrorKind::Conflict, Operation::Store))
    }
}

/// Waits before the next of several tries: not at all at first, then a random time below a bound
/// that doubles up to 10 ms.
fn pause(tries: u32) {
    let Some(doublings) = tries.checked_sub(EAGER_TRIES) else {
        return;
    };
    let bound = LONGEST_PAUSE.min(Duration::from_micros(50) * (1 << doublings.min(8)));
    // Chance keeps those who met from meeting again. Without randomness the whole bound is waited.
    let share = getrandom::u32().unwrap_or(u32::MAX);
    thread::sleep(bound.mul_f64(f64::from(share) / f64::from(u32::MAX)));
}

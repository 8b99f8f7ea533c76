//! Changes to a session that others change at the same time.

use std::thread;

use super::Sessions;
use crate::adapter::handle::{SaveOutcome, UpdateRetry};
use crate::codec::Codec;
use crate::driver::SessionDriver;
use crate::error::Result;
use crate::id::SessionId;

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
        let mut updating = UpdateRetry::default();
        loop {
            let Some(mut session) = self.retrieve(id)? else {
                return Ok(None);
            };
            let answer = change(&mut session);
            match updating.after_save(self.save(&mut session))? {
                SaveOutcome::Stored => return Ok(Some(answer)),
                SaveOutcome::Gone => return Ok(None),
                SaveOutcome::RetryAfter(pause) => thread::sleep(pause),
            }
        }
    }
}

//! Changes to a session that others change at the same time.

use session_driver::adapter::handle::{SaveOutcome, UpdateRetry};
use session_driver::{Codec, Result, SessionId};

use super::AsyncSessions;
use crate::driver::AsyncSessionDriver;

impl<T, A: AsyncSessionDriver, C: Codec<T>> AsyncSessions<T, A, C> {
    /// Changes the session under `id` and saves it, again from the start whenever others stored in
    /// between: as [`Sessions::update`](session_driver::Sessions::update).
    ///
    /// `change` does not wait for anything: what it needs from elsewhere is fetched before.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// After a conflict, outside a tokio runtime with a timer (`enable_time`): the pause before the
    /// next try is taken from it.
    pub async fn update<R>(
        &self,
        id: &SessionId,
        mut change: impl FnMut(&mut T) -> R,
    ) -> Result<Option<R>> {
        let mut updating = UpdateRetry::default();
        loop {
            let Some(mut session) = self.retrieve(id).await? else {
                return Ok(None);
            };
            let answer = change(&mut session);
            match updating.after_save(self.save(&mut session).await)? {
                SaveOutcome::Stored => return Ok(Some(answer)),
                SaveOutcome::Gone => return Ok(None),
                SaveOutcome::RetryAfter(pause) => tokio::time::sleep(pause).await,
            }
        }
    }
}

//! Moving deadlines.

use session_driver::adapter::handle::TouchRetry;
use session_driver::{Codec, Expiry, Result, SessionId};

use super::AsyncSessions;
use crate::driver::AsyncSessionDriver;

impl<T, A: AsyncSessionDriver, C: Codec<T>> AsyncSessions<T, A, C> {
    /// Moves the deadline of a live session by its expiry rule; `false` when there is none under
    /// `id`: as [`Sessions::touch`](session_driver::Sessions::touch).
    ///
    /// # Errors
    /// As there.
    pub async fn touch(&self, id: &SessionId) -> Result<bool> {
        let Some(record) = self.driver.retrieve(id, self.records.now()).await? else {
            return Ok(false);
        };
        let mut touching = TouchRetry::new(record);
        loop {
            let rule = self.records.stored_expiry(touching.record())?;
            let now = self.records.now();
            let expires_at = self.records.touch_deadline(rule, now)?;
            if !self.driver.touch(id, expires_at, now).await? {
                return Ok(false);
            }
            if touching.is_done(self.driver.retrieve(id, now).await?)? {
                return Ok(true);
            }
        }
    }

    /// Moves the deadline of a live session this once; `false` when there is none under `id`: as
    /// [`Sessions::touch_with`](session_driver::Sessions::touch_with).
    ///
    /// # Errors
    /// As there.
    pub async fn touch_with(&self, id: &SessionId, expiry: Expiry) -> Result<bool> {
        let now = self.records.now();
        let expires_at = self.records.touch_deadline(Some(expiry), now)?;
        self.driver.touch(id, expires_at, now).await
    }
}

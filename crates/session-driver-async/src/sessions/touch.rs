//! Moving deadlines.

use session_driver::policy::Touching;
use session_driver::{Codec, Expiry, Operation, Result, SessionId};

use super::AsyncSessions;
use crate::driver::AsyncSessionDriver;

impl<T, A: AsyncSessionDriver, C: Codec<T>> AsyncSessions<T, A, C> {
    /// Moves the deadline of a live session by its expiry rule; `false` when there is none under
    /// `id`: as [`Sessions::touch`](session_driver::Sessions::touch).
    ///
    /// # Errors
    /// As there.
    pub async fn touch(&self, id: &SessionId) -> Result<bool> {
        let Some(record) = self.driver.retrieve(id, self.policy.now()).await? else {
            return Ok(false);
        };
        let mut touching = Touching::new(record);
        loop {
            let term = touching.term(&self.policy)?;
            if !self.driver.touch(id, term.expires_at, term.now).await? {
                return Ok(false);
            }
            if touching.is_done(self.driver.retrieve(id, term.now).await?)? {
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
        let term = self.policy.term(Some(expiry), Operation::Touch)?;
        self.driver.touch(id, term.expires_at, term.now).await
    }
}

//! A new id for the same session.

use session_driver::policy::{Mint, moved, nothing_to_rotate, take_over_version};
use session_driver::{Codec, Result, Session};

use super::AsyncSessions;
use crate::driver::AsyncSessionDriver;

impl<T, A: AsyncSessionDriver, C: Codec<T>> AsyncSessions<T, A, C> {
    /// Moves the stored session to a fresh id and gives that to `session`; do so at every login
    /// (session fixation): as [`Sessions::rotate`](session_driver::Sessions::rotate).
    ///
    /// # Errors
    /// As there.
    pub async fn rotate(&self, session: &mut Session<T>) -> Result<()> {
        let before = if self.driver.capabilities().rotate_keeps_version {
            None
        } else {
            let record = self.driver.retrieve(session.id(), self.policy.now());
            Some(record.await?.ok_or_else(nothing_to_rotate)?)
        };
        let mut mint = Mint::default();
        loop {
            let to = mint.id()?;
            let rotated = self.driver.rotate(session.id(), &to, self.policy.now());
            match rotated.await {
                Ok(Some(_)) => {
                    moved(session, to);
                    break;
                }
                Ok(None) => return Err(nothing_to_rotate()),
                Err(error) => mint.retry(error)?,
            }
        }
        if let Some(before) = before {
            let after = self.driver.retrieve(session.id(), self.policy.now()).await;
            take_over_version(session, &before, after);
        }
        Ok(())
    }
}

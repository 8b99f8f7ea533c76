//! A new id for the same session.

use session_driver::adapter::FreshIds;
use session_driver::adapter::handle::{not_found, rotated, take_over_version};
use session_driver::{Codec, Operation, Result, Session};

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
            let record = self.driver.retrieve(session.id(), self.records.now());
            Some(record.await?.ok_or_else(|| not_found(Operation::Rotate))?)
        };
        let mut ids = FreshIds::default();
        loop {
            let to = ids.next_id()?;
            let outcome = self.driver.rotate(session.id(), &to, self.records.now());
            match outcome.await {
                Ok(Some(_)) => {
                    rotated(session, to);
                    break;
                }
                Ok(None) => return Err(not_found(Operation::Rotate)),
                Err(error) => ids.retry_if_taken(error)?,
            }
        }
        if let Some(before) = before {
            let after = self.driver.retrieve(session.id(), self.records.now()).await;
            take_over_version(session, &before, after);
        }
        Ok(())
    }
}

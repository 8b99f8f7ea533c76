//! A new id for the same session.

use super::Sessions;
use crate::adapter::FreshIds;
use crate::adapter::handle::{not_found, rotated, take_over_version};
use crate::codec::Codec;
use crate::driver::SessionDriver;
use crate::error::{Operation, Result};
use crate::session::Session;

impl<T, D: SessionDriver, C: Codec<T>> Sessions<T, D, C> {
    /// Moves the stored session to a fresh id and gives that to `session`; do so at every login
    /// (session fixation).
    ///
    /// What is stored moves, with its deadline; changes made to `session` since are not saved by
    /// this. If somebody else stored in between, the session is moved all the same, and the next
    /// [`save`](Sessions::save) ends in Conflict: a rotate hides no update.
    ///
    /// # Errors
    /// NotFound when no live session is stored under the id any more; AlreadyExists when every one
    /// of several fresh ids was taken, which says that something is wrong with the driver.
    /// `session` keeps its id. After Indeterminate the stored session may have moved to an id that
    /// nobody knows.
    pub fn rotate(&self, session: &mut Session<T>) -> Result<()> {
        let before = if self.driver.capabilities().rotate_keeps_version {
            None
        } else {
            let record = self.driver.retrieve(&session.id, self.records.now())?;
            Some(record.ok_or_else(|| not_found(Operation::Rotate))?)
        };
        let mut ids = FreshIds::default();
        loop {
            let to = ids.next_id()?;
            match self.driver.rotate(&session.id, &to, self.records.now()) {
                Ok(Some(_)) => {
                    rotated(session, to);
                    break;
                }
                Ok(None) => return Err(not_found(Operation::Rotate)),
                Err(error) => ids.retry_if_taken(error)?,
            }
        }
        if let Some(before) = before {
            let after = self.driver.retrieve(&session.id, self.records.now());
            take_over_version(session, &before, after);
        }
        Ok(())
    }
}

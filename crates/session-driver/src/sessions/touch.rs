//! Moving deadlines.

use super::Sessions;
use crate::adapter::handle::TouchRetry;
use crate::codec::Codec;
use crate::driver::SessionDriver;
use crate::error::Result;
use crate::expiry::Expiry;
use crate::id::SessionId;

impl<T, D: SessionDriver, C: Codec<T>> Sessions<T, D, C> {
    /// Moves the deadline of a live session by its expiry rule, its own or else the handle's;
    /// `false` when there is none under `id`.
    ///
    /// The rule is read from the stored session, and read again afterwards: a save that brought
    /// another rule in between is followed, so that its deadline is not undone.
    ///
    /// # Errors
    /// Corrupt or Incompatible as in [`retrieve`](Sessions::retrieve), but the value is not looked
    /// at; InvalidDeadline. Conflict when others stored at every one of many tries. The deadline
    /// may have been moved, also when the second read fails.
    pub fn touch(&self, id: &SessionId) -> Result<bool> {
        let Some(record) = self.driver.retrieve(id, self.records.now())? else {
            return Ok(false);
        };
        let mut touching = TouchRetry::new(record);
        loop {
            let rule = self.records.stored_expiry(touching.record())?;
            let now = self.records.now();
            let expires_at = self.records.touch_deadline(rule, now)?;
            if !self.driver.touch(id, expires_at, now)? {
                return Ok(false);
            }
            if touching.is_done(self.driver.retrieve(id, now)?)? {
                return Ok(true);
            }
        }
    }

    /// Moves the deadline of a live session this once; `false` when there is none under `id`.
    ///
    /// Its rule stays: the next save or touch moves the deadline by that again. A deadline that has
    /// passed removes the session, with the answer `true` (rule EXP-3).
    ///
    /// # Errors
    /// InvalidDeadline when the deadline cannot be expressed; the session keeps the one it had.
    pub fn touch_with(&self, id: &SessionId, expiry: Expiry) -> Result<bool> {
        let now = self.records.now();
        let expires_at = self.records.touch_deadline(Some(expiry), now)?;
        self.driver.touch(id, expires_at, now)
    }
}

//! Moving deadlines.

use super::{CONFLICT_TRIES, Sessions};
use crate::codec::Codec;
use crate::driver::SessionDriver;
use crate::error::{ErrorKind, Operation, Result};
use crate::expiry::Expiry;
use crate::id::SessionId;
use crate::payload::{self, failure};

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
        let Some(mut record) = self.driver.retrieve(id, self.now())? else {
            return Ok(false);
        };
        for _ in 0..CONFLICT_TRIES {
            let rule = payload::expiry::<T, C>(&record.payload)?;
            let now = self.now();
            let expires_at = self.deadline(rule, now, Operation::Touch)?;
            if !self.driver.touch(id, expires_at, now)? {
                return Ok(false);
            }
            match self.driver.retrieve(id, now)? {
                Some(after) if after.version != record.version => record = after,
                _ => return Ok(true),
            }
        }
        Err(failure(ErrorKind::Conflict, Operation::Touch))
    }

    /// Moves the deadline of a live session this once; `false` when there is none under `id`.
    ///
    /// Its rule stays: the next save or touch moves the deadline by that again. A deadline that has
    /// passed removes the session, with the answer `true` (rule EXP-3).
    ///
    /// # Errors
    /// InvalidDeadline when the deadline cannot be expressed; the session keeps the one it had.
    pub fn touch_with(&self, id: &SessionId, expiry: Expiry) -> Result<bool> {
        let now = self.now();
        let expires_at = self.deadline(Some(expiry), now, Operation::Touch)?;
        self.driver.touch(id, expires_at, now)
    }
}

//! Making an id absent.

use session_driver::{SessionId, Timestamp};

use crate::driver::SledDriver;
use crate::fault::Attempt;
use crate::operations::Found;

impl SledDriver {
    pub(crate) fn try_remove(&self, id: &SessionId, now: Timestamp) -> Attempt<bool> {
        let held = self.stripes.lock(id);
        let (was_live, bucket) = match self.find(id)? {
            Found::Absent => {
                drop(held);
                // Another one may have removed it just now, and not have flushed that yet.
                self.engine.settle()?;
                return Ok(false);
            }
            Found::Sound(stored) => (stored.is_live(now), stored.bucket()),
            // Its entry in the index stays; a sweep clears it when it is due.
            Found::Damaged(_) => (true, None),
        };
        self.discard(id, bucket)?;
        drop(held);
        self.engine.settle()?;
        Ok(was_live)
    }
}

//! Making an id absent.

use session_driver::{SessionId, Timestamp};

use crate::driver::FileDriver;
use crate::fault::Attempt;
use crate::name::FileName;
use crate::operations::Entry;

impl FileDriver {
    pub(crate) fn try_remove(&self, id: &SessionId, now: Timestamp) -> Attempt<bool> {
        let (name, mut patience) = (FileName::of(id), self.patience());
        // The entry, and so the lock, is kept until the name is gone.
        let entry = self.lock(id, &name, &mut patience)?;
        let was_live = match &entry {
            Entry::Absent => {
                self.sync_absence(id)?;
                return Ok(false);
            }
            Entry::Sound(_, stored) => stored.is_live(now),
            Entry::Damaged(..) => true,
        };
        self.unlink(id, &name, &mut patience)?;
        Ok(was_live)
    }
}

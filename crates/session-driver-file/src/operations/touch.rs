//! Moving a deadline.

use session_driver::{SessionId, Timestamp, is_live};

use crate::driver::FileDriver;
use crate::fault::Attempt;
use crate::name::FileName;
use crate::operations::Entry;

impl FileDriver {
    pub(crate) fn try_touch(
        &self,
        id: &SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Attempt<bool> {
        let (name, mut patience) = (FileName::of(id), self.patience());
        let (file, stored) = match self.lock(id, &name, &mut patience)? {
            Entry::Sound(file, stored) => (file, stored),
            Entry::Absent => {
                if !is_live(expires_at, now) {
                    self.sync_absence(id)?;
                }
                return Ok(false);
            }
            Entry::Damaged(_, fault) => return Err(fault),
        };
        if !stored.is_live(now) {
            if !is_live(expires_at, now) {
                // Another one's touch that let it expire may not be synced yet.
                self.unlink(id, &name, &mut patience)?;
            }
            return Ok(false);
        }
        if is_live(expires_at, now) {
            self.sync_name(id, &file, &stored)?;
            file.touch(&stored, expires_at)?;
        } else {
            self.unlink(id, &name, &mut patience)?;
        }
        Ok(true)
    }
}

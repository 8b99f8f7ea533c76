//! Removing what is expired.

use std::num::NonZeroUsize;
use std::sync::PoisonError;

use session_driver::{SessionId, Swept, Timestamp};

use crate::cursor::Step;
use crate::driver::FileDriver;
use crate::fault::Attempt;
use crate::name::FileName;
use crate::operations::Entry;

impl FileDriver {
    pub(crate) fn try_sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Attempt<Swept> {
        // Poisoned or not, the cursor only says where to look next.
        let mut cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let mut swept = Swept::default();
        let shards = self.root.shard_count();
        cursor.advance_to(now);
        loop {
            match cursor.next(shards) {
                Step::Remove(id) if swept.removed == limit.get() as u64 => {
                    cursor.put_back(id);
                    return Ok(Swept {
                        more: true,
                        ..swept
                    });
                }
                Step::Remove(id) => match self.remove_expired(&id, now) {
                    Ok(removed) => swept.removed += u64::from(removed),
                    Err(fault) => {
                        cursor.pass_over(shards);
                        return Err(fault);
                    }
                },
                Step::List(shard) => match self.due(shard, now) {
                    Ok(due) => cursor.found(due),
                    Err(fault) => {
                        cursor.pass_over(shards);
                        return Err(fault);
                    }
                },
                Step::Done => {
                    self.root.ensure_present()?;
                    return Ok(swept);
                }
            }
        }
    }

    /// The ids in a shard that look expired. Clears what dead processes left on the way.
    fn due(&self, index: usize, now: Timestamp) -> Attempt<Vec<SessionId>> {
        let Some(shard) = self.root.shard(index)? else {
            return Ok(Vec::new());
        };
        let listing = shard.list(&mut self.patience())?;
        for unfinished in &listing.unfinished {
            shard.clear(unfinished, &mut self.patience())?;
        }
        let mut due = Vec::new();
        for id in listing.ids {
            if self.root.shard_of(&id) == index && !self.counts_as_live(&shard, &id, now)? {
                due.push(id);
            }
        }
        Ok(due)
    }

    /// Removes the record if it is expired indeed, judged under its lock: it may have been
    /// renewed since it was found (rule SWP-3). A damaged record stays (rule ERR-3).
    fn remove_expired(&self, id: &SessionId, now: Timestamp) -> Attempt<bool> {
        let (name, mut patience) = (FileName::of(id), self.patience());
        match self.lock(id, &name, &mut patience)? {
            Entry::Sound(_file, stored) if !stored.is_live(now) => {
                self.unlink(id, &name, &mut patience)?;
                Ok(true)
            }
            Entry::Sound(..) | Entry::Absent | Entry::Damaged(..) => Ok(false),
        }
    }
}

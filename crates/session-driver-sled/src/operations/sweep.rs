//! Removing what is expired.

use std::num::NonZeroUsize;
use std::ops::{Bound, ControlFlow};
use std::sync::PoisonError;

use session_driver::{Swept, Timestamp};
use sled::IVec;

use crate::driver::SledDriver;
use crate::fault::Attempt;
use crate::key::{self, INDEX};
use crate::operations::Found;

/// How many entries are read at once.
const PAGE: usize = 256;

/// What an entry of the index stands for.
enum Due {
    Expired,
    /// Nothing is to be done for now.
    Kept,
    /// The record is gone or has another deadline.
    Stale,
}

impl SledDriver {
    /// Goes once around the entries that are due, from where the last sweep stopped: so a loop of
    /// bounded sweeps judges each entry about once, and what came meanwhile is not passed over.
    pub(crate) fn try_sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Attempt<Swept> {
        // Poisoned or not, it only says where to look next.
        let mut position = self.swept_to.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, end) = ([INDEX], key::behind_due(now));
        let begin = position.clone().min(end.to_vec());
        let mut swept = Swept::default();
        let rest = (Bound::Excluded(&begin[..]), Bound::Excluded(&end[..]));
        let start = (Bound::Included(&first[..]), Bound::Included(&begin[..]));
        for range in [rest, start] {
            self.sweep_range(range, now, limit, &mut swept, &mut position)?;
            if swept.more {
                break;
            }
        }
        drop(position);
        if swept.removed > 0 {
            self.engine.settle()?;
        }
        Ok(swept)
    }

    fn sweep_range(
        &self,
        (begin, end): (Bound<&[u8]>, Bound<&[u8]>),
        now: Timestamp,
        limit: NonZeroUsize,
        swept: &mut Swept,
        position: &mut Vec<u8>,
    ) -> Attempt<()> {
        let mut page = self.page((begin, end))?;
        while !page.is_empty() {
            for entry in &page {
                let may_remove = swept.removed < limit.get() as u64;
                match self.judge(entry, now, may_remove)? {
                    Due::Expired if !may_remove => {
                        swept.more = true;
                        return Ok(());
                    }
                    Due::Expired => swept.removed += 1,
                    Due::Kept | Due::Stale => {}
                }
                *position = entry.to_vec();
            }
            page = self.page((Bound::Excluded(&position[..]), end))?;
        }
        Ok(())
    }

    fn page(&self, range: (Bound<&[u8]>, Bound<&[u8]>)) -> Attempt<Vec<IVec>> {
        self.root.ensure_present_now_and_then()?;
        let mut page = Vec::new();
        self.engine.scan(range, |entry, _| {
            page.push(entry);
            if page.len() < PAGE {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        Ok(page)
    }

    /// Judges an entry under its id's lock, for the record may have been renewed since the entry
    /// was read (rule SWP-3), and clears what it stands for. A damaged record stays (rule ERR-3).
    fn judge(&self, entry: &[u8], now: Timestamp, may_remove: bool) -> Attempt<Due> {
        let Some((bucket, id)) = key::parse_entry(entry) else {
            return Ok(Due::Kept);
        };
        let _held = self.stripes.lock(&id);
        match self.find(&id)? {
            Found::Sound(stored) if stored.bucket() == Some(bucket) => {
                if stored.is_live(now) {
                    return Ok(Due::Kept);
                }
                if may_remove {
                    self.discard(&id, Some(bucket))?;
                }
                Ok(Due::Expired)
            }
            Found::Sound(_) | Found::Absent => {
                self.ensure_writable(0)?;
                self.engine.remove(entry)?;
                Ok(Due::Stale)
            }
            Found::Damaged(_) => Ok(Due::Kept),
        }
    }
}

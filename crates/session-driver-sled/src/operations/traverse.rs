//! Visiting the live ids.

use std::ops::{Bound, ControlFlow};

use session_driver::{SessionId, Timestamp};
use session_driver_envelope::Header;

use crate::driver::SledDriver;
use crate::fault::Attempt;
use crate::key::{INDEX, parse_id};

/// How many ids are read at once. Nothing of the engine is held while they are visited.
const PAGE: usize = 256;

impl SledDriver {
    /// Reads page after page in the order of the ids, each beginning behind the last one: so no id
    /// comes up twice, and one that is live all the while is not missed.
    pub(crate) fn try_traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Attempt<()> {
        let mut last = Vec::new();
        loop {
            self.root.ensure_present_now_and_then()?;
            let page = self.live_ids_behind(&mut last, now)?;
            for id in &page {
                if visit(id).is_break() {
                    return Ok(());
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// The next live ids, and such that are so damaged that nobody can tell; moves `last` to the
    /// last key that was looked at.
    fn live_ids_behind(&self, last: &mut Vec<u8>, now: Timestamp) -> Attempt<Vec<SessionId>> {
        let mut page = Vec::new();
        let begin = last.clone();
        let range = (Bound::Excluded(&begin[..]), Bound::Excluded(&[INDEX][..]));
        self.engine.scan(range, |key, value| {
            let counts_as_live = Header::read(&value).map_or(true, |header| header.is_live(now));
            // A key that is no id is not ours.
            page.extend(parse_id(&key).filter(|_| counts_as_live));
            if page.len() < PAGE {
                return ControlFlow::Continue(());
            }
            *last = key.to_vec();
            ControlFlow::Break(())
        })?;
        Ok(page)
    }
}

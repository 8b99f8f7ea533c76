//! Operations on all sessions.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use super::Sessions;
use crate::adapter::{SWEEP_CHUNK, handle::require_readable_ids};
use crate::codec::Codec;
use crate::driver::SessionDriver;
use crate::error::Result;
use crate::id::SessionId;
use crate::session::Session;

impl<T, D: SessionDriver, C: Codec<T>> Sessions<T, D, C> {
    /// Visits every live session, in no order, until the visitor breaks.
    ///
    /// One that cannot be retrieved or decoded is visited as its error, and the search goes on; one
    /// that went meanwhile is passed over. The visitor may call any method of the handle, such as
    /// [`remove`](Sessions::remove) on the id it is given, which works on one that cannot be
    /// decoded, too. Each session is retrieved for its visit, so this is for operators and not for
    /// every request.
    ///
    /// # Errors
    /// Unsupported when the driver does not keep readable ids (rule TRV-6). After another error
    /// some sessions may have been visited.
    pub fn find(
        &self,
        mut visit: impl FnMut(&SessionId, Result<Session<T>>) -> ControlFlow<()>,
    ) -> Result<()> {
        require_readable_ids(self.driver.capabilities())?;
        self.traverse(|id| match self.retrieve(id).transpose() {
            Some(found) => visit(id, found),
            None => ControlFlow::Continue(()),
        })
    }

    /// Visits the id of every live session, in no order, until the visitor breaks; see
    /// [`SessionDriver::traverse`].
    ///
    /// Where the driver does not keep readable ids, the visitor is given digests that no operation
    /// knows (rule TRV-6).
    ///
    /// # Errors
    /// Those of [`Sessions`]; some ids may have been visited.
    pub fn traverse(&self, mut visit: impl FnMut(&SessionId) -> ControlFlow<()>) -> Result<()> {
        self.driver.traverse(self.records.now(), &mut visit)
    }

    /// How many sessions are live now.
    ///
    /// It traverses all of them: O(n) time, for operators and not for every request. A session
    /// that is live all the while counts once, one that comes, goes or expires meanwhile at most
    /// once. One that cannot be decoded counts, too. It works without readable ids.
    ///
    /// # Errors
    /// Those of [`Sessions`].
    pub fn count(&self) -> Result<u64> {
        let mut count = 0;
        self.traverse(|_| {
            count += 1;
            ControlFlow::Continue(())
        })?;
        Ok(count)
    }

    /// Removes at most `limit` live sessions, in no order, and says whether to call again.
    ///
    /// Bounded like [`SessionDriver::sweep`], so that no call keeps its thread for long: a caller
    /// loops until [`more`](Removed::more) is false. Each call begins a traversal, which may
    /// cost more the more sessions are left, so a small `limit` makes the loop slow; 1,000 suits
    /// most stores.
    ///
    /// A session that is live from the start of the last call to its end is removed, one that
    /// cannot be decoded, too. One that another caller creates or
    /// [rotates](Sessions::rotate) meanwhile may be missed, and may be live afterwards: to end all
    /// sessions for good, stop creating them first. While others create as fast as it removes, the
    /// loop does not end.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use session_driver::{MemoryDriver, Sessions};
    ///
    /// let sessions = Sessions::<u32, _>::new(MemoryDriver::new());
    /// sessions.create(7)?;
    /// let limit = NonZeroUsize::new(1_000).expect("not zero");
    /// while sessions.remove_all(limit)?.more {}
    /// assert_eq!(sessions.count()?, 0);
    /// # Ok::<(), session_driver::Error>(())
    /// ```
    ///
    /// # Errors
    /// - Unsupported when the driver does not keep readable ids (rule TRV-6): nothing is removed.
    /// - Those of [`Sessions`]; some sessions may have been removed.
    pub fn remove_all(&self, limit: NonZeroUsize) -> Result<Removed> {
        require_readable_ids(self.driver.capabilities())?;
        let (mut done, mut visited, mut failed) = (Removed::default(), 0, None);
        self.traverse(|id| {
            if visited == limit.get() {
                done.more = true;
                return ControlFlow::Break(());
            }
            visited += 1;
            match self.remove(id) {
                Ok(removed) => done.removed += u64::from(removed),
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        failed.map_or(Ok(done), Err)
    }

    /// Removes what has expired by now and is still stored, in small steps, and answers how much
    /// that was.
    ///
    /// Expired sessions are absent without it; it gives their space back. Those that others remove
    /// meanwhile, or the backend by itself, are not counted.
    ///
    /// # Errors
    /// Those of [`Sessions`]; some sessions may have been removed.
    pub fn sweep(&self) -> Result<u64> {
        let now = self.records.now();
        let mut removed = 0;
        loop {
            let swept = self.driver.sweep(now, SWEEP_CHUNK)?;
            removed += swept.removed;
            if !swept.more {
                return Ok(removed);
            }
        }
    }
}

/// What one [`remove_all`](Sessions::remove_all) did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many live sessions this call removed. Those that others removed meanwhile do not count,
    /// so it may be less than the limit, or zero, while there are more.
    pub removed: u64,
    /// Whether the call stopped at its limit with live sessions left.
    pub more: bool,
}

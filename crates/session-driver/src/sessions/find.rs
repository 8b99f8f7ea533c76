//! Operations on all sessions.

use std::ops::ControlFlow;

use super::Sessions;
use crate::codec::Codec;
use crate::driver::SessionDriver;
use crate::error::Result;
use crate::id::SessionId;
use crate::policy::{SWEEP_CHUNK, check_readable};
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
        check_readable(self.driver.capabilities())?;
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
        self.driver.traverse(self.policy.now(), &mut visit)
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
        let now = self.policy.now();
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

//! A new id for the same session.

use super::{Sessions, mint};
use crate::codec::Codec;
use crate::driver::SessionDriver;
use crate::error::{ErrorKind, Operation, Result};
use crate::payload::failure;
use crate::record::{Record, Version};
use crate::session::Session;

impl<T, D: SessionDriver, C: Codec<T>> Sessions<T, D, C> {
    /// Moves the stored session to a fresh id and gives that to `session`; do so at every login
    /// (session fixation).
    ///
    /// What is stored moves, with its deadline; changes made to `session` since are not saved by
    /// this. If somebody else stored in between, the session is moved all the same, and the next
    /// [`save`](Sessions::save) ends in Conflict: a rotate hides no update.
    ///
    /// # Errors
    /// NotFound when no live session is stored under the id any more; AlreadyExists when every one
    /// of several fresh ids was taken, which says that something is wrong with the driver.
    /// `session` keeps its id. After Indeterminate the stored session may have moved to an id that
    /// nobody knows.
    pub fn rotate(&self, session: &mut Session<T>) -> Result<()> {
        let keeps_version = self.driver.capabilities().rotate_keeps_version;
        let not_found = || failure(ErrorKind::NotFound, Operation::Rotate);
        let before = if keeps_version {
            None
        } else {
            let record = self.driver.retrieve(&session.id, self.now())?;
            Some(record.ok_or_else(not_found)?)
        };
        session.id = mint(|to| {
            let version = self.driver.rotate(&session.id, &to, self.now())?;
            version.map(|_| to).ok_or_else(not_found)
        })?;
        if let Some(before) = before
            && let Some(version) = self.version_after(session, &before)
        {
            session.version = version;
        }
        Ok(())
    }

    /// The version under the new id, if what is stored there is what `session` was read from.
    ///
    /// Where a rotate keeps the version, the session's own goes on naming exactly the state it was
    /// read at, and nothing is to be done. Where it gives a new one, that names whatever was stored
    /// at the moment of the rotate, perhaps somebody else's store that came after the session was
    /// read; taking it over blindly would let the next save overwrite that store. It is taken over
    /// only if
    /// 1. `before`, read under the old id, has the session's version: so the session was read from
    ///    `before`'s payload; and
    /// 2. the payload under the new id equals `before`'s, byte for byte.
    ///
    /// Then a save at that version replaces what the session was read from. (Stores in between that
    /// ended where they began are no loss: the save is the one that would have been made after
    /// them.) In every other case, a failed read among them, the old version stays. It names no
    /// record any more (rule CAS-1), so that the next save ends in Conflict, at worst without need.
    fn version_after(&self, session: &Session<T>, before: &Record) -> Option<Version> {
        if before.version != session.version {
            return None;
        }
        let after = self.driver.retrieve(&session.id, self.now()).ok()??;
        (after.payload == before.payload).then_some(after.version)
    }
}

//! The operations, a file each, named and ordered as in the trait, and what several of them share.

mod remove;
mod retrieve;
mod rotate;
mod store;
mod sweep;
mod touch;
mod traverse;

use session_driver::{Durability, SessionId};

use crate::driver::FileDriver;
use crate::fault::{Attempt, Fault};
use crate::lock::Patience;
use crate::name::FileName;
use crate::session_file::{SessionFile, Stored};
use crate::shard::Shard;

/// What stands at an id's place. A file in it is locked for as long as the entry is kept.
enum Entry {
    Absent,
    Sound(SessionFile, Stored),
    /// It cannot be read, as the fault says: most often Corrupt or Incompatible. What is no file at
    /// all has no lock.
    Damaged(Option<SessionFile>, Fault),
}

impl FileDriver {
    /// How long one operation may wait for locks, all together.
    fn patience(&self) -> Patience {
        Patience::new(self.wait_timeout)
    }

    /// The shard of an id, or `None` when nothing was ever stored in it.
    fn shard_of(&self, id: &SessionId) -> Attempt<Option<Shard<'_>>> {
        self.root.ensure_present_now_and_then()?;
        self.root.shard(self.root.shard_of(id))
    }

    /// The shard of an id, made if nothing was ever stored in it.
    fn shard_to_create_in(&self, id: &SessionId) -> Attempt<Shard<'_>> {
        self.root.shard_to_create_in(self.root.shard_of(id))
    }

    /// Locks what stands at an id's place, and reads it.
    fn lock(&self, id: &SessionId, name: &FileName, patience: &mut Patience) -> Attempt<Entry> {
        let shard = self.shard_of(id)?;
        let file = match &shard {
            Some(shard) => shard.lock(name, patience),
            None => Ok(None),
        };
        match file {
            Ok(Some(file)) => match file.stored() {
                Ok(stored) => Ok(Entry::Sound(file, stored)),
                Err(fault) => Ok(Entry::Damaged(Some(file), fault)),
            },
            Ok(None) => {
                self.ensure_present(shard.as_ref())?;
                Ok(Entry::Absent)
            }
            Err(fault) if fault.is_of_the_record() => Ok(Entry::Damaged(None, fault)),
            Err(fault) => Err(fault),
        }
    }

    /// Makes the name of a locked file survive a loss of power, where that is promised, before the
    /// file is written to: whoever made it may have died first, or not have promised it.
    fn sync_name(&self, id: &SessionId, file: &SessionFile, stored: &Stored) -> Attempt<()> {
        if self.root.durability >= Durability::Power && !stored.is_name_synced {
            self.shard_to_create_in(id)?.sync()?;
            file.note_name_synced();
        }
        Ok(())
    }

    /// Takes away the name of an id's file, which is locked or is no session's file.
    fn unlink(&self, id: &SessionId, name: &FileName, patience: &mut Patience) -> Attempt<()> {
        match self.shard_of(id)? {
            Some(shard) => shard.unlink(name, patience),
            None => Ok(()),
        }
    }

    /// Makes it survive a loss of power, where that is promised, that nothing stands at the place of
    /// an id that was to be taken away: whoever took it away may have died first, or be yet to sync.
    fn sync_absence(&self, id: &SessionId) -> Attempt<()> {
        match self.shard_of(id)? {
            Some(shard) => shard.sync(),
            None => Ok(()),
        }
    }

    /// To be asked before "there is no such session" is said: a file that is missing in a
    /// directory that is missing says nothing (rule ERR-7).
    fn ensure_present(&self, shard: Option<&Shard<'_>>) -> Attempt<()> {
        shard.map_or(Ok(()), Shard::ensure_present)?;
        self.root.ensure_present()
    }
}

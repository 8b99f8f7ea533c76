//! Reading a record, without a lock if it can be.

use std::os::fd::AsFd;

use session_driver::{Record, SessionId, Timestamp};

use crate::driver::FileDriver;
use crate::fault::Attempt;
use crate::image::{self, Image};
use crate::name::FileName;
use crate::session_file::Stored;

/// How often a read without the lock is repeated when it meets a write half-way, before it takes
/// the lock.
const UNLOCKED_READS: usize = 16;

impl FileDriver {
    pub(crate) fn try_retrieve(&self, id: &SessionId, now: Timestamp) -> Attempt<Option<Record>> {
        Ok(self.read(id)?.filter(|record| record.is_live(now)))
    }

    /// The record of an id whatever its deadline, or `None` when there is none.
    pub(super) fn read(&self, id: &SessionId) -> Attempt<Option<Record>> {
        let name = FileName::of(id);
        let shard = self.shard_of(id)?;
        let file = match &shard {
            Some(shard) => shard.open(&name)?,
            None => None,
        };
        let (Some(shard), Some(file)) = (&shard, file) else {
            self.ensure_present(shard.as_ref())?;
            return Ok(None);
        };
        for _ in 0..UNLOCKED_READS {
            if let Some(record) = image::read(file.as_fd(), settled)? {
                return Ok(Some(record));
            }
        }
        let Some(file) = shard.lock_to_read(&name, &mut self.patience())? else {
            self.ensure_present(Some(shard))?;
            return Ok(None);
        };
        let Stored {
            expires_at,
            version,
            ..
        } = file.stored()?;
        Ok(Some(Record {
            payload: file.payload()?,
            expires_at,
            version,
        }))
    }
}

/// The record, if a read without the lock may be believed.
fn settled(image: Image<'_>) -> Option<Record> {
    let Image::Slots(slots) = image else {
        return None;
    };
    let (slot, payload) = slots.current.filter(|_| slots.settled)?;
    Some(Record {
        payload: payload.into_owned(),
        expires_at: slot.deadline?,
        version: slot.version,
    })
}

//! Setting payload and deadline.

use session_driver::{ErrorKind, NewRecord, Precondition, SessionId, Timestamp, Version};

use crate::driver::FileDriver;
use crate::fault::{Attempt, Fault};
use crate::lock::Patience;
use crate::name::FileName;
use crate::operations::Entry;

impl FileDriver {
    pub(crate) fn try_store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Attempt<Version> {
        if record.payload.len() > self.max_payload_bytes {
            return Err(Fault::from(ErrorKind::PayloadTooLarge));
        }
        let mut replaced = false;
        self.store_in_rounds(id, record, when, now, &mut replaced)
            .map_err(|fault| {
                // The damaged record is gone, so this is no failure that changed nothing.
                if replaced {
                    fault.indeterminate()
                } else {
                    fault
                }
            })
    }

    /// Sets `replaced` once a damaged record was taken away.
    fn store_in_rounds(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
        replaced: &mut bool,
    ) -> Attempt<Version> {
        let name = FileName::of(id);
        let version = Version::random().map_err(|error| Fault::new(error.kind(), error))?;
        let mut patience = self.patience();
        loop {
            // The lock is held to the end of the round, also while a new file takes the place of a
            // damaged one: whoever waits for it then opens the new one.
            let _damaged;
            match self.lock(id, &name, &mut patience)? {
                Entry::Sound(file, stored) => {
                    when.check(stored.is_live(now).then_some(stored.version))?;
                    if record.is_live(now) {
                        self.sync_name(id, &file, &stored)?;
                        file.replace(&stored, record, version)?;
                    } else {
                        self.unlink(id, &name, &mut patience)?;
                    }
                    return Ok(version);
                }
                Entry::Absent => when.check(None)?,
                Entry::Damaged(file, fault) => {
                    if fault.kind != ErrorKind::Corrupt || when != Precondition::Any {
                        return Err(fault);
                    }
                    self.unlink(id, &name, &mut patience)?;
                    *replaced = true;
                    _damaged = file;
                }
            }
            if !record.is_live(now) {
                self.sync_absence(id)?;
                return Ok(version);
            }
            match self.create(id, &name, record, version, &mut patience) {
                Ok(()) => return Ok(version),
                // Another store was faster; what it made is judged in the next round.
                Err(fault) if fault.kind == ErrorKind::AlreadyExists => patience.wait()?,
                Err(fault) => return Err(fault),
            }
        }
    }

    pub(super) fn create(
        &self,
        id: &SessionId,
        name: &FileName,
        record: NewRecord<'_>,
        version: Version,
        patience: &mut Patience,
    ) -> Attempt<()> {
        self.shard_to_create_in(id)?
            .create(name, record, version, patience)
    }
}

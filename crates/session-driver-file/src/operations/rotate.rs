//! Moving a record to another id.

use session_driver::{ErrorKind, NewRecord, SessionId, Timestamp, Version};

use crate::driver::FileDriver;
use crate::fault::{Attempt, Fault};
use crate::name::FileName;
use crate::operations::Entry;

impl FileDriver {
    /// Creates `to` and then removes `from`. A file never changes its id: a reader that has the
    /// old file open would be given another session.
    ///
    /// Both files are locked, in the order of their names, so that no two rotates wait for each
    /// other.
    pub(crate) fn try_rotate(
        &self,
        from: &SessionId,
        to: &SessionId,
        now: Timestamp,
    ) -> Attempt<Option<Version>> {
        let (source, target) = (FileName::of(from), FileName::of(to));
        let mut patience = self.patience();
        loop {
            let mut there = Ok(Entry::Absent);
            if target < source {
                there = self.lock(to, &target, &mut patience);
            }
            let (source_file, stored) = match self.lock(from, &source, &mut patience)? {
                Entry::Sound(file, stored) if stored.is_live(now) => (file, stored),
                Entry::Sound(..) | Entry::Absent => return Ok(None),
                Entry::Damaged(_, fault) => return Err(fault),
            };
            if source == target {
                return Err(Fault::from(ErrorKind::AlreadyExists));
            }
            if source < target {
                there = self.lock(to, &target, &mut patience);
            }
            // Had before anything is done, so that waiting for it does not leave the rotate
            // half-way.
            let _membership = self.shard_to_create_in(from)?.membership(&mut patience)?;
            let payload = source_file.payload()?;
            let record = NewRecord {
                payload: &payload,
                expires_at: stored.expires_at,
            };
            match there? {
                Entry::Sound(_, found) if found.is_live(now) => {
                    return Err(Fault::from(ErrorKind::AlreadyExists));
                }
                Entry::Sound(file, expired) => {
                    self.sync_name(to, &file, &expired)?;
                    file.replace(&expired, record, stored.version)?;
                }
                Entry::Absent => {
                    match self.create(to, &target, record, stored.version, &mut patience) {
                        // A store was faster; what it made is judged in the next round.
                        Err(fault) if fault.kind == ErrorKind::AlreadyExists => {
                            drop(source_file);
                            patience.wait()?;
                            continue;
                        }
                        outcome => outcome?,
                    }
                }
                Entry::Damaged(_, fault) => return Err(fault),
            }
            // `to` is live by now, so a failure is none that changed nothing.
            self.unlink(from, &source, &mut patience)
                .map_err(Fault::indeterminate)?;
            return Ok(Some(stored.version));
        }
    }
}

//! Moving a record to another id.

use session_driver::{ErrorKind, SessionId, Timestamp, Version};
use sled::Batch;

use crate::driver::SledDriver;
use crate::fault::{Attempt, Fault};
use crate::key;
use crate::operations::Found;

impl SledDriver {
    /// Moves the record's bytes as they are, in one batch: sled lets no reader see a part of it, and
    /// keeps all or nothing of it in a crash.
    pub(crate) fn try_rotate(
        &self,
        from: &SessionId,
        to: &SessionId,
        now: Timestamp,
    ) -> Attempt<Option<Version>> {
        let held = self.stripes.lock_both(from, to);
        let stored = match self.find(from)? {
            Found::Sound(stored) if stored.is_live(now) => stored,
            Found::Sound(_) | Found::Absent => return Ok(None),
            Found::Damaged(fault) => return Err(fault),
        };
        let expired = match self.find(to)? {
            Found::Sound(there) if there.is_live(now) => {
                return Err(Fault::from(ErrorKind::AlreadyExists));
            }
            Found::Sound(there) => there.bucket(),
            Found::Absent => None,
            Found::Damaged(fault) => return Err(fault),
        };
        let (version, len) = (stored.version, stored.bytes.len());
        self.ensure_writable(len)?;
        let mut batch = Batch::default();
        if let Some(bucket) = expired {
            batch.remove(key::entry(bucket, to));
        }
        if let Some(bucket) = stored.bucket() {
            batch.remove(key::entry(bucket, from));
            batch.insert(key::entry(bucket, to), &[]);
        }
        batch.remove(from.as_bytes());
        batch.insert(to.as_bytes(), stored.bytes);
        self.engine.apply(len, batch)?;
        drop(held);
        self.engine.settle()?;
        Ok(Some(version))
    }
}

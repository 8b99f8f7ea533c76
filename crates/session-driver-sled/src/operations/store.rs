//! Setting payload and deadline.

use session_driver::{ErrorKind, NewRecord, Precondition, SessionId, Timestamp, Version};
use session_driver_envelope::encode;

use crate::driver::SledDriver;
use crate::fault::{Attempt, Fault};
use crate::key;
use crate::operations::Found;

impl SledDriver {
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
        let version = self.new_version();
        let mut bytes = Vec::new();
        if record.is_live(now) {
            encode(record, version, &mut bytes);
        }
        let held = self.stripes.lock(id);
        let found = if when == Precondition::Any {
            self.find_to_replace(id)?
        } else {
            self.find(id)?
        };
        let (live, was_in, is_there) = match found {
            Found::Sound(stored) => {
                let live = stored.is_live(now).then_some(stored.version);
                (live, stored.bucket(), true)
            }
            Found::Absent => (None, None, false),
            Found::Damaged(fault)
                if fault.kind == ErrorKind::Corrupt && when == Precondition::Any =>
            {
                (None, None, true)
            }
            Found::Damaged(fault) => return Err(fault),
        };
        when.check(live)?;
        if record.is_live(now) {
            self.put(id, bytes.into(), key::bucket(record.expires_at), was_in)?;
        } else if is_there {
            self.discard(id, was_in)?;
        }
        drop(held);
        self.engine.settle()?;
        Ok(version)
    }
}

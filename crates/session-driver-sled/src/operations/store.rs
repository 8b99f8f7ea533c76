//! Setting payload and deadline.

use std::cell::RefCell;

use session_driver::{ErrorKind, NewRecord, Precondition, SessionId, Timestamp, Version};
use session_driver_envelope::encode;
use sled::IVec;

use crate::driver::SledDriver;
use crate::fault::{Attempt, Fault};
use crate::key;
use crate::operations::Found;

/// The largest buffer that is kept, in bytes.
const LONGEST_KEPT: usize = 64 * 1024;

thread_local! {
    /// Kept for the thread's life: a fresh buffer would cost a thirtieth of a store that is not
    /// flushed.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

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
        let bytes = record.is_live(now).then(|| encoded(record, version));
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
        match bytes {
            Some(bytes) => self.put(id, bytes, key::bucket(record.expires_at), was_in)?,
            None if is_there => self.discard(id, was_in)?,
            None => self.root.ensure_present_now_and_then()?,
        }
        drop(held);
        self.engine.settle()?;
        Ok(version)
    }
}

/// A record's bytes as the engine keeps them, which it can only copy from elsewhere.
fn encoded(record: NewRecord<'_>, version: Version) -> IVec {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        encode(record, version, buffer);
        let bytes = IVec::from(&buffer[..]);
        if buffer.capacity() > LONGEST_KEPT {
            *buffer = Vec::new();
        }
        bytes
    })
}

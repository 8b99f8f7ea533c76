//! Moving a deadline.

use session_driver::{SessionId, Timestamp, is_live};
use session_driver_envelope::{DEADLINE, encode_deadline};
use sled::IVec;

use crate::driver::SledDriver;
use crate::fault::Attempt;
use crate::key;
use crate::operations::Found;

impl SledDriver {
    pub(crate) fn try_touch(
        &self,
        id: &SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Attempt<bool> {
        let held = self.stripes.lock(id);
        let stored = match self.find(id)? {
            Found::Sound(stored) if stored.is_live(now) => stored,
            Found::Sound(_) | Found::Absent => {
                drop(held);
                if !is_live(expires_at, now) {
                    // As with a remove, which this is: another one's may not be flushed yet.
                    self.engine.settle()?;
                }
                return Ok(false);
            }
            Found::Damaged(fault) => return Err(fault),
        };
        if is_live(expires_at, now) {
            // A copy that is the engine's own kind from the first, so that it is not copied again.
            let mut bytes = IVec::from(&stored.bytes[..]);
            bytes[DEADLINE].copy_from_slice(&encode_deadline(expires_at, stored.version));
            self.put(id, bytes, key::bucket(expires_at), stored.bucket())?;
        } else {
            self.discard(id, stored.bucket())?;
        }
        drop(held);
        self.engine.settle()?;
        Ok(true)
    }
}

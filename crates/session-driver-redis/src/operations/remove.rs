//! Making an id absent.

use session_driver::{SessionId, Timestamp};

use crate::driver::RedisDriver;
use crate::fault::Attempt;
use crate::script::{self, Verdict};

impl RedisDriver {
    pub(crate) fn try_remove(&self, id: &SessionId, now: Timestamp) -> Attempt<bool> {
        let key = self.keyspace.key(id);
        match self.change(&script::REMOVE, &key, &[&script::instant(now)])? {
            Verdict::Done => Ok(true),
            Verdict::Absent | Verdict::Expired => Ok(false),
            refusal => Err(refusal.refusal()),
        }
    }
}

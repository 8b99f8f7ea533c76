//! Setting payload and deadline.

use session_driver::{ErrorKind, NewRecord, Precondition, SessionId, Timestamp, Version};

use crate::driver::RedisDriver;
use crate::fault::{Attempt, Fault};
use crate::script::{self, Verdict};
use crate::value;

impl RedisDriver {
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
        let version = Version::random().map_err(|error| Fault::new(error.kind(), error))?;
        let value = match record.is_live(now) {
            true => value::pack(record, version),
            false => vec![],
        };
        let ttl = value::time_to_live(record.expires_at, now, self.ttl_slack);
        let key = self.keyspace.key(id);
        let expected;
        let when = match when {
            Precondition::Any => &b"any"[..],
            Precondition::Absent => b"absent",
            Precondition::Present => b"present",
            Precondition::Version(version) => {
                expected = version.to_bits().to_be_bytes();
                &expected
            }
        };
        let arguments = [&script::instant(now)[..], when, &value, ttl.as_bytes()];
        match self.change(&script::STORE, &key, &arguments)? {
            Verdict::Done => Ok(version),
            refusal => Err(refusal.refusal()),
        }
    }
}

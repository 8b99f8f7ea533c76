//! Setting payload and deadline.

use session_driver::{ErrorKind, NewRecord, Precondition, SessionId, Timestamp, Version};

use crate::fault::{Attempt, Fault};
use crate::network::Network;
use crate::script::{self, Verdict};
use crate::store::Store;
use crate::value;

impl<N: Network> Store<N> {
    pub(crate) async fn try_store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Attempt<Version> {
        if record.payload.len() > self.settings.max_payload_bytes {
            return Err(Fault::from(ErrorKind::PayloadTooLarge));
        }
        let version = Version::random().map_err(|error| Fault::new(error.kind(), error))?;
        let value = match record.is_live(now) {
            true => value::pack(record, version),
            false => vec![],
        };
        let ttl = value::time_to_live(record.expires_at, now, self.settings.ttl_slack);
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
        match self.change(&script::STORE, &key, &arguments).await? {
            Verdict::Done => Ok(version),
            refusal => Err(refusal.refusal()),
        }
    }
}

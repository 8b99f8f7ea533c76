//! Moving a deadline.

use session_driver::{SessionId, Timestamp, Version, is_live};
use session_driver_envelope::encode_deadline;

use crate::fault::Attempt;
use crate::network::Network;
use crate::script::{self, Verdict};
use crate::store::Store;
use crate::value;

impl<N: Network> Store<N> {
    pub(crate) async fn try_touch(
        &self,
        id: &SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Attempt<bool> {
        let key = self.keyspace.key(id);
        // The script finishes the check with the version that it finds.
        let deadline = encode_deadline(expires_at, Version::from_bits(0));
        let deadline = match is_live(expires_at, now) {
            true => &deadline[..],
            false => &[],
        };
        let ttl = value::time_to_live(expires_at, now, self.settings.ttl_slack);
        let arguments = [&script::instant(now)[..], deadline, ttl.as_bytes()];
        match self.change(&script::TOUCH, &key, &arguments).await? {
            Verdict::Done => Ok(true),
            Verdict::Absent => Ok(false),
            refusal => Err(refusal.refusal()),
        }
    }
}

//! Making an id absent.

use session_driver::{SessionId, Timestamp};

use crate::fault::Attempt;
use crate::network::Network;
use crate::script::{self, Verdict};
use crate::store::Store;

impl<N: Network> Store<N> {
    pub(crate) async fn try_remove(&self, id: &SessionId, now: Timestamp) -> Attempt<bool> {
        let key = self.keyspace.key(id);
        let arguments = [&script::instant(now)[..]];
        match self.change(&script::REMOVE, &key, &arguments).await? {
            Verdict::Done => Ok(true),
            Verdict::Absent | Verdict::Expired => Ok(false),
            refusal => Err(refusal.refusal()),
        }
    }
}

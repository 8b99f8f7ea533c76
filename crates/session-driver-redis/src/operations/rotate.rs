//! Moving a record to another id.

use std::ops::Range;

use redis::Value;
use session_driver::{ErrorKind, SessionId, Timestamp, Version};
use session_driver_envelope::DEADLINE;

use crate::fault::{Attempt, Fault};
use crate::network::Network;
use crate::request::Request;
use crate::script::{self, Verdict};
use crate::store::Store;
use crate::value;

/// Where a value says which store wrote it, and where its length, version and deadline stand.
const VERSION: Range<usize> = 16..24;
const STATE: Range<usize> = 12..DEADLINE.end;

impl<N: Network> Store<N> {
    pub(crate) async fn try_rotate(
        &self,
        from: &SessionId,
        to: &SessionId,
        now: Timestamp,
    ) -> Attempt<Option<Version>> {
        let (from, to) = (self.keyspace.key(from), self.keyspace.key(to));
        if self.servers.is_cluster() {
            return self.rotate_among_servers(&from, &to, now).await;
        }
        let (keys, now) = ([&from[..], &to], script::instant(now));
        match self.run(&script::ROTATE, &keys, &[&now]).await? {
            Value::BulkString(version) => match version.try_into() {
                Ok(version) => Ok(Some(Version::from_bits(u64::from_be_bytes(version)))),
                Err(_) => Err(Fault::of_a_strange_reply().indeterminate()),
            },
            reply => match Verdict::of(&reply)? {
                Verdict::Absent => Ok(None),
                refusal => Err(refusal.refusal()),
            },
        }
    }

    /// The ids are kept by different servers: `from` is claimed, so that it stays as it is; then `to`
    /// is created, and `from` removed.
    ///
    /// A claim ends by itself, for the process may die. If it ended too soon and `from` is no longer
    /// what was copied, `to` is taken back and all begins again. `to` has its full time to live from
    /// the beginning: were it short until `from` is removed, a rotate that is cut short just then
    /// would lose the session.
    async fn rotate_among_servers(
        &self,
        from: &[u8],
        to: &[u8],
        now: Timestamp,
    ) -> Attempt<Option<Version>> {
        let patience = self.servers.patience();
        loop {
            let value = match self.claim(from, now).await? {
                Claim::Held(value) => value,
                Claim::Refused(Verdict::Absent) => return Ok(None),
                Claim::Refused(Verdict::Claimed) if self.servers.wait(patience).await => continue,
                Claim::Refused(refusal) => return Err(refusal.refusal()),
            };
            let record = value::unpack(&value)?;
            let ttl = value::time_to_live(record.expires_at, now, self.settings.ttl_slack);
            match self.create(from, to, &value, &ttl, now).await {
                Ok(Verdict::Done) => {}
                outcome => {
                    self.release(from).await;
                    match outcome? {
                        // Another one has claimed `to`, which is expired for this `now` alone. Nobody
                        // waits while he holds a claim.
                        Verdict::Claimed if self.servers.wait(patience).await => continue,
                        refusal => return Err(refusal.refusal()),
                    }
                }
            }
            let taken = self.take(from, &value, STATE).await;
            match &taken {
                Ok(true) => return Ok(Some(record.version)),
                // Without knowing whether `from` is gone, `to` has to stay.
                Err(fault) if fault.kind == ErrorKind::Indeterminate => {
                    return taken.map(|_| None);
                }
                Ok(false) | Err(_) => {}
            }
            self.take(to, &value, VERSION)
                .await
                .map_err(Fault::indeterminate)?;
            taken?;
            if patience.is_over() {
                return Err(Fault::from(ErrorKind::Busy));
            }
        }
    }

    /// Claims a record, and gives its bytes.
    async fn claim(&self, key: &[u8], now: Timestamp) -> Attempt<Claim> {
        let lease = (self.settings.wait_timeout / 2)
            .as_millis()
            .max(1)
            .to_string();
        let (keys, now) = ([key, &self.keyspace.claim(key)], script::instant(now));
        match self
            .run(&script::CLAIM, &keys, &[&now, lease.as_bytes()])
            .await
        {
            Ok(Value::BulkString(value)) => Ok(Claim::Held(value)),
            Ok(reply) => Ok(Claim::Refused(Verdict::of(&reply)?)),
            // A claim changes no record.
            Err(fault) if fault.kind == ErrorKind::Indeterminate => Err(fault.unavailable()),
            Err(fault) => Err(fault),
        }
    }

    /// Gives a claim up.
    async fn release(&self, key: &[u8]) {
        let claim = self.keyspace.claim(key);
        // If it cannot be, it ends by itself.
        let _ = self
            .servers
            .call(&Request::write("DEL", &[&claim], &[]))
            .await;
    }

    /// Puts a value under `to` if nothing live is there.
    async fn create(
        &self,
        from: &[u8],
        to: &[u8],
        value: &[u8],
        ttl: &str,
        now: Timestamp,
    ) -> Attempt<Verdict> {
        if from == to {
            return Ok(Verdict::Live);
        }
        let arguments = [&script::instant(now)[..], b"absent", value, ttl.as_bytes()];
        let keys = [to, &self.keyspace.claim(to)];
        Verdict::of(&self.run(&script::STORE, &keys, &arguments).await?)
    }

    /// Removes what is under a key if it has the same bytes in a place as `value`, and ends its claim;
    /// says whether it had.
    async fn take(&self, key: &[u8], value: &[u8], place: Range<usize>) -> Attempt<bool> {
        let (claim, offset) = (self.keyspace.claim(key), place.start.to_string());
        let arguments = [&value[place], offset.as_bytes()];
        match Verdict::of(&self.run(&script::TAKE, &[key, &claim], &arguments).await?)? {
            Verdict::Done => Ok(true),
            Verdict::Absent => Ok(false),
            refusal => Err(refusal.refusal()),
        }
    }
}

/// What came of the wish to claim a record.
enum Claim {
    Held(Vec<u8>),
    Refused(Verdict),
}

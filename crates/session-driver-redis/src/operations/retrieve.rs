//! Reading a record.

use redis::Value;
use session_driver::{Record, SessionId, Timestamp};

use crate::fault::{Attempt, Fault};
use crate::network::Network;
use crate::request::Request;
use crate::store::Store;
use crate::value;

impl<N: Network> Store<N> {
    pub(crate) async fn try_retrieve(
        &self,
        id: &SessionId,
        now: Timestamp,
    ) -> Attempt<Option<Record>> {
        let key = self.keyspace.key(id);
        let record = match self.value(&key).await? {
            Some(value) => value::unpack(&value)?,
            None => return Ok(None),
        };
        Ok(Some(record).filter(|record| record.is_live(now)))
    }

    /// What is stored under a key.
    pub(super) async fn value(&self, key: &[u8]) -> Attempt<Option<Vec<u8>>> {
        match self
            .servers
            .call(&Request::read("GET", &[key], &[]))
            .await?
        {
            Value::BulkString(value) => Ok(Some(value)),
            Value::Nil => Ok(None),
            _ => Err(Fault::of_a_strange_reply()),
        }
    }
}

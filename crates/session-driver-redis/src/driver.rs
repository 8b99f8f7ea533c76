//! The driver: the contract over a server's keys.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Duration;

use session_driver::{
    Capabilities, Durability, Error, NewRecord, Operation, Precondition, Record, Result,
    SessionDriver, SessionId, Sharing, Swept, Timestamp, Version,
};

use crate::builder::RedisDriverBuilder;
use crate::fault::Fault;
use crate::key::Keyspace;
use crate::servers::Servers;
use crate::warning::Warning;

/// Keeps each session under a key of its own in Redis or Valkey.
///
/// Any number of threads, processes and hosts may have the same servers and prefix open. See the
/// [crate's documentation](crate) for URLs, and what is kept how.
pub struct RedisDriver {
    pub(crate) servers: Servers,
    pub(crate) keyspace: Keyspace,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) ttl_slack: Duration,
    pub(crate) durability: Durability,
    pub(crate) max_payload_bytes: usize,
}

impl RedisDriver {
    /// Opens the servers of `url` with the default settings.
    ///
    /// # Errors
    /// As [`RedisDriverBuilder::open`].
    pub fn open(url: &str) -> Result<RedisDriver> {
        RedisDriver::builder(url).open()
    }

    /// Settings for the servers of `url`; a wrong one is told of at open.
    #[must_use]
    pub fn builder(url: &str) -> RedisDriverBuilder {
        RedisDriverBuilder::new(url)
    }

    /// What was found at open that can lose sessions, for the operator to be told.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl SessionDriver for RedisDriver {
    fn capabilities(&self) -> Capabilities {
        let alone = !self.servers.is_cluster();
        Capabilities {
            persistent: true,
            embedded: false,
            sharing: Sharing::Host,
            native_expiry: Some(self.ttl_slack),
            atomic_rotate: alone,
            rotate_keeps_version: true,
            durability: self.durability,
            max_payload_bytes: self.max_payload_bytes,
            contention_bound: self.timeout,
            // A command may fail late, and be sent to another server once more.
            outage_bound: 2 * (self.connect_timeout + 2 * self.timeout),
            traverse_bytes_per_id: 256,
            ..Capabilities::MINIMAL
        }
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.try_retrieve(id, now)
            .map_err(during(Operation::Retrieve))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.try_store(id, record, when, now)
            .map_err(during(Operation::Store))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        self.try_touch(id, expires_at, now)
            .map_err(during(Operation::Touch))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.try_remove(id, now).map_err(during(Operation::Remove))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        self.try_rotate(from, to, now)
            .map_err(during(Operation::Rotate))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.try_traverse(now, visit)
            .map_err(during(Operation::Traverse))
    }

    fn sweep(&self, _now: Timestamp, _limit: NonZeroUsize) -> Result<Swept> {
        self.try_sweep().map_err(during(Operation::Sweep))
    }
}

fn during(operation: Operation) -> impl FnOnce(Fault) -> Error {
    move |fault| fault.during(operation)
}

impl fmt::Debug for RedisDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisDriver")
            .field("keyspace", &self.keyspace)
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}

//! The driver: the contract over a server's keys.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use session_driver::{
    Capabilities, NewRecord, Operation, Precondition, Record, Result, SessionDriver, SessionId,
    Swept, Timestamp, Version,
};

use super::{Pools, at_once};
use crate::builder::RedisDriverBuilder;
use crate::fault::during;
use crate::operations::Traversal;
use crate::store::Store;
use crate::warning::Warning;

/// Keeps each session under a key of its own in Redis or Valkey.
///
/// Any number of threads, processes and hosts may have the same servers and prefix open. See the
/// [crate's documentation](crate) for URLs, and what is kept how.
pub struct RedisDriver {
    store: Store<Pools>,
}

impl RedisDriver {
    pub(crate) fn new(store: Store<Pools>) -> RedisDriver {
        RedisDriver { store }
    }

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
        &self.store.warnings
    }
}

impl SessionDriver for RedisDriver {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        at_once(self.store.try_retrieve(id, now)).map_err(during(Operation::Retrieve))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        at_once(self.store.try_store(id, record, when, now)).map_err(during(Operation::Store))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        at_once(self.store.try_touch(id, expires_at, now)).map_err(during(Operation::Touch))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        at_once(self.store.try_remove(id, now)).map_err(during(Operation::Remove))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        at_once(self.store.try_rotate(from, to, now)).map_err(during(Operation::Rotate))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        let mut traversal = Traversal::new(now);
        while let Some(ids) =
            at_once(traversal.next_page(&self.store)).map_err(during(Operation::Traverse))?
        {
            if ids.iter().any(|id| visit(id).is_break()) {
                break;
            }
        }
        Ok(())
    }

    fn sweep(&self, _now: Timestamp, _limit: NonZeroUsize) -> Result<Swept> {
        at_once(self.store.try_sweep()).map_err(during(Operation::Sweep))
    }
}

impl fmt::Debug for RedisDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisDriver")
            .field("keyspace", &self.store.keyspace)
            .field("servers", &self.store.servers)
            .finish_non_exhaustive()
    }
}

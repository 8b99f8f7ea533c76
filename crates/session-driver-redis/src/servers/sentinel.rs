//! The master that sentinels name.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::cmd;
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::network::{Network, Server as _};
use crate::url::Address;

/// A service that is watched by sentinels.
#[derive(Debug)]
pub(crate) struct Sentinel<N: Network> {
    sentinels: Vec<Address>,
    service: String,
    network: N,
    master: Mutex<Option<Arc<N::Server>>>,
}

impl<N: Network> Sentinel<N> {
    pub(super) fn new(sentinels: Vec<Address>, service: String, network: N) -> Sentinel<N> {
        Sentinel {
            sentinels,
            service,
            network,
            master: Mutex::new(None),
        }
    }

    /// How many sentinels may be asked for the master.
    pub(super) fn count(&self) -> usize {
        self.sentinels.len()
    }

    /// The master, as far as is known; asked for when it is not.
    pub(super) async fn master(&self) -> Attempt<Arc<N::Server>> {
        if let Some(master) = &*self.lock() {
            return Ok(Arc::clone(master));
        }
        // Not under the lock: whoever waited for it would wait for every one before him.
        let address = self.ask().await?;
        let mut known = self.lock();
        match &*known {
            Some(master) if *master.address() == address => Ok(Arc::clone(master)),
            _ => Ok(Arc::clone(
                known.insert(Arc::new(self.network.server(address))),
            )),
        }
    }

    pub(super) fn forget(&self, node: &Arc<N::Server>) {
        let mut master = self.lock();
        if master
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, node))
        {
            *master = None;
        }
    }

    /// Asks one sentinel after the other, until one answers; those that hang do not hide the others,
    /// however long they take.
    async fn ask(&self) -> Attempt<Address> {
        let mut failure = None;
        for sentinel in &self.sentinels {
            match self.ask_one(sentinel).await {
                Ok(address) => return Ok(address),
                Err(fault) => failure = Some(fault.at(sentinel)),
            }
        }
        Err(failure.unwrap_or_else(|| Fault::new(ErrorKind::Unsupported, "there is no sentinel")))
    }

    async fn ask_one(&self, sentinel: &Address) -> Attempt<Address> {
        let mut question = cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.service);
        let question = question.get_packed_command();
        let reply = self.network.ask_sentinel(sentinel, &question).await?;
        match redis::from_redis_value::<Option<(String, u16)>>(reply) {
            Ok(Some((host, port))) => Ok(Address::Tcp { host, port }),
            Ok(None) => {
                let reason = "the sentinel knows no master of this service";
                Err(Fault::new(ErrorKind::Unavailable, reason))
            }
            Err(_) => Err(Fault::of_a_strange_reply()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<N::Server>>> {
        // Nothing that may panic happens under the lock.
        self.master.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

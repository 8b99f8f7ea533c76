//! The face that yields: one connection to each server, which all tasks share.

mod dial;
mod driver;
mod ids;
mod line;
mod node;
mod socket;

pub use self::driver::AsyncRedisDriver;

use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use session_driver::ErrorKind;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use self::dial::Stream;
use self::node::Node;
use crate::dialer::{Dialer, Wire as _};
use crate::fault::{Attempt, Fault};
use crate::network::Network;
use crate::url::Address;

/// Makes nodes that share a dialer, and whose connections end together.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    dialer: Arc<Dialer>,
    /// True once the driver is closed; each connection's task listens.
    is_over: Arc<watch::Sender<bool>>,
}

impl Lines {
    pub(crate) fn new(dialer: Arc<Dialer>) -> Lines {
        Lines {
            dialer,
            is_over: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Ends the connections, and waits until their tasks are gone; no longer than the timeout, for a
    /// runtime that is not running keeps its own.
    async fn close(&self) {
        self.is_over.send_replace(true);
        within(self.dialer.wait_timeout, self.is_over.closed()).await;
    }
}

impl Network for Lines {
    type Server = Node;

    fn server(&self, address: Address) -> Node {
        Node::new(address, self.clone())
    }

    async fn ask_sentinel(&self, sentinel: &Address, question: &[u8]) -> Attempt<Value> {
        runtime()?;
        let mut stream = Stream::to_sentinel(&self.dialer, sentinel).await?;
        let reply = timeout(self.dialer.wait_timeout, stream.call(question)).await;
        reply
            .map_err(|_| Fault::of_silence())?
            .map_err(|failure| failure.into_fault(true))
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// Waits for something, but no longer than the limit; not at all where nothing can tell the time.
async fn within<T>(limit: Duration, future: impl Future<Output = T>) {
    if runtime().is_ok() {
        let _ = timeout(limit, future).await;
    }
}

/// The runtime that the caller is on.
fn runtime() -> Attempt<Handle> {
    Handle::try_current()
        .map_err(|_| Fault::new(ErrorKind::Unsupported, "there is no tokio runtime here"))
}

//! One server, and the connections to it.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use redis::Value;
use session_driver::ErrorKind;

use super::connection::Connection;
use crate::dialer::Dialer;
use crate::fault::Fault;
use crate::network::{Failure, Server};
use crate::patience::Patience;
use crate::url::Address;

/// A server with a small pool: connections are made when they are needed, and kept when the reply
/// has come.
pub(crate) struct Node {
    address: Address,
    dialer: Arc<Dialer>,
    size: usize,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    /// Those that nobody uses; the last one was used last.
    idle: Vec<Connection>,
    /// How many there are, in use or not.
    open: usize,
    /// How many callers wait for one: to wake nobody costs a system call, too.
    waiting: usize,
}

impl Node {
    pub(crate) fn new(address: Address, dialer: Arc<Dialer>, size: usize) -> Node {
        Node {
            address,
            dialer,
            size,
            pool: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    fn call_all(
        &self,
        packed: &[u8],
        count: usize,
        patience: Patience,
    ) -> Result<Vec<Value>, Failure> {
        let mut lease = Lease {
            node: self,
            connection: self.take(patience)?,
        };
        let connection = match &mut lease.connection {
            Some(connection) => connection,
            none => none.insert(
                Connection::to_server(&self.dialer, &self.address).map_err(Failure::Unsent)?,
            ),
        };
        let outcome = connection.call_all(packed, count);
        if outcome.is_err() {
            // What befell one connection has befallen those that are as old, most likely.
            lease.connection = None;
            self.hang_up();
        }
        outcome
    }

    /// A connection, or leave to make one (`None`), within the bound of the pool.
    fn take(&self, patience: Patience) -> Result<Option<Connection>, Failure> {
        let mut pool = self.lock();
        loop {
            while let Some(mut connection) = pool.idle.pop() {
                if connection.is_quiet() {
                    return Ok(Some(connection));
                }
                pool.open -= 1;
            }
            if pool.open < self.size {
                pool.open += 1;
                return Ok(None);
            }
            let left = patience.left();
            if left.is_zero() {
                let reason = "all connections of the pool are in use";
                return Err(Failure::Unsent(Fault::new(ErrorKind::Busy, reason)));
            }
            pool.waiting += 1;
            pool = self
                .returned
                .wait_timeout(pool, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            pool.waiting -= 1;
        }
    }

    /// Drops the connections that nobody uses.
    fn hang_up(&self) {
        let mut pool = self.lock();
        pool.open -= pool.idle.len();
        pool.idle.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        // Nothing that may panic happens under the lock.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server for Node {
    fn address(&self) -> &Address {
        &self.address
    }

    async fn exchange(
        &self,
        packed: Vec<u8>,
        count: usize,
        patience: Patience,
    ) -> Result<Vec<Value>, Failure> {
        self.call_all(&packed, count, patience)
    }
}

/// A connection in use; one that is left goes back to the pool.
struct Lease<'a> {
    node: &'a Node,
    connection: Option<Connection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut pool = self.node.lock();
        match self.connection.take() {
            // While it unwinds, a reply may be outstanding.
            Some(connection) if !std::thread::panicking() => pool.idle.push(connection),
            _ => pool.open -= 1,
        }
        if pool.waiting > 0 {
            self.node.returned.notify_one();
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

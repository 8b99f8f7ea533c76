//! One server, and the connection to it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redis::Value;
use session_driver::ErrorKind;
use tokio::runtime::Id;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::line::{self, Order};
use super::{Lines, runtime};
use crate::fault::Fault;
use crate::network::{Failure, Server};
use crate::patience::Patience;
use crate::url::Address;

/// So many orders wait at most; each may hold a payload.
const MAX_WAITING: usize = 16 * 1024;

/// A server with one connection for each runtime: its task makes progress only while that runs.
pub(crate) struct Node {
    address: Address,
    lines: Lines,
    connections: Mutex<Vec<(Id, mpsc::Sender<Order>)>>,
}

impl Node {
    pub(super) fn new(address: Address, lines: Lines) -> Node {
        Node {
            address,
            lines,
            connections: Mutex::default(),
        }
    }

    /// Hands an order to the connection; one that has ended is made anew.
    fn place(&self, order: Order) -> Result<(), Failure> {
        let runtime = runtime().map_err(Failure::Unsent)?;
        let id = runtime.id();
        let mut connections = self.lock();
        let own = connections.iter().find(|(on, _)| *on == id);
        let placed = match own {
            Some((_, orders)) => orders.try_send(order),
            None => Err(TrySendError::Closed(order)),
        };
        let order = match placed {
            Ok(()) => return Ok(()),
            Err(TrySendError::Closed(order)) => order,
            Err(TrySendError::Full(_)) => {
                let reason = "too many operations wait for the connection";
                return Err(Failure::Unsent(Fault::new(ErrorKind::Busy, reason)));
            }
        };
        connections.retain(|(_, orders)| !orders.is_closed());
        let (orders, queue) = mpsc::channel(MAX_WAITING);
        // A queue that is empty takes it.
        let _ = orders.try_send(order);
        let (dialer, address) = (self.lines.dialer.clone(), self.address.clone());
        runtime.spawn(line::keep(
            dialer,
            address,
            queue,
            self.lines.is_over.subscribe(),
        ));
        connections.push((id, orders));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Id, mpsc::Sender<Order>)>> {
        // Whatever may panic under the lock leaves a list that is whole.
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
        _: Patience,
    ) -> Result<Vec<Value>, Failure> {
        let (reply, replied) = oneshot::channel();
        self.place(Order {
            packed,
            count,
            reply,
        })?;
        // The connection's task says in time what became of it, unless its runtime ends.
        replied
            .await
            .unwrap_or_else(|_| Err(Failure::Unanswered(Fault::of_a_lost_connection())))
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

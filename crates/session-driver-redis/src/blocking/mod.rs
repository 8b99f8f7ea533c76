//! The face that blocks: a pool of connections to each server.

mod connection;
mod driver;
mod node;
mod socket;
mod undisturbed;

pub use self::driver::RedisDriver;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use redis::Value;

use self::connection::Connection;
use self::node::Node;
use crate::dialer::Dialer;
use crate::fault::Attempt;
use crate::network::Network;
use crate::url::Address;

/// Makes nodes that share a dialer.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    pub(crate) dialer: Arc<Dialer>,
    pub(crate) pool_size: usize,
}

impl Network for Pools {
    type Server = Node;

    fn server(&self, address: Address) -> Node {
        Node::new(address, Arc::clone(&self.dialer), self.pool_size)
    }

    async fn ask_sentinel(&self, sentinel: &Address, question: &[u8]) -> Attempt<Value> {
        let mut connection = Connection::to_sentinel(&self.dialer, sentinel)?;
        let reply = connection.call(question);
        reply.map_err(|failure| failure.into_fault(true))
    }

    async fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// What a future gives that never waits, but blocks the thread.
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut context) {
            return outcome;
        }
    }
}

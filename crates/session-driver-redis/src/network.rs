//! How servers are reached: what the blocking and the async face do differently.
//!
//! All that is decided above it is written once, as futures. Those of the blocking face never wait,
//! for its thread does: polled once, they are done.

use std::fmt;
use std::time::Duration;

use redis::{ServerError, Value};

use crate::fault::{Attempt, Fault};
use crate::patience::Patience;
use crate::request::Request;
use crate::url::Address;

/// What is sent before a command that was redirected with ASK.
const ASKING: &[u8] = b"*1\r\n$6\r\nASKING\r\n";

/// The way to any server.
pub(crate) trait Network: Clone + fmt::Debug + Send + Sync + 'static {
    type Server: Server;

    /// The server at an address, to which nothing is connected yet.
    fn server(&self, address: Address) -> Self::Server;

    /// Sends a sentinel one command, on a connection made for it.
    fn ask_sentinel(
        &self,
        sentinel: &Address,
        question: &[u8],
    ) -> impl Future<Output = Attempt<Value>> + Send;

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// One server, and the connections to it.
pub(crate) trait Server: fmt::Debug + Send + Sync + 'static {
    fn address(&self) -> &Address;

    /// Sends so many commands at once and waits for their replies, refusals among them.
    fn exchange(
        &self,
        packed: Vec<u8>,
        count: usize,
        patience: Patience,
    ) -> impl Future<Output = Result<Vec<Value>, Failure>> + Send;

    /// Sends a command and waits for its reply; a script that the server does not know is sent in
    /// full. `asking` after a redirect with ASK.
    fn call(
        &self,
        request: &Request<'_>,
        asking: bool,
        patience: Patience,
    ) -> impl Future<Output = Result<Value, Failure>> + Send {
        async move {
            match self.send(request.packed(), asking, patience).await {
                Err(failure) if failure.refused_with("NOSCRIPT").is_some() => {
                    match request.packed_with_body() {
                        Some(packed) => self.send(packed, asking, patience).await,
                        None => Err(failure),
                    }
                }
                outcome => outcome,
            }
        }
    }

    /// Sends one command and waits for its reply.
    fn send(
        &self,
        packed: Vec<u8>,
        asking: bool,
        patience: Patience,
    ) -> impl Future<Output = Result<Value, Failure>> + Send {
        async move {
            let (packed, count) = match asking {
                true => ([ASKING, &packed].concat(), 2),
                false => (packed, 1),
            };
            match self.exchange(packed, count, patience).await?.pop() {
                Some(Value::ServerError(error)) => Err(Failure::Refused(error)),
                Some(value) => Ok(value),
                None => Err(Failure::Unanswered(Fault::of_a_strange_reply())),
            }
        }
    }
}

/// Why a command has no useful reply.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No whole command was sent: the server has not done it and will not.
    Unsent(Fault),
    /// It was sent, and no reply came.
    Unanswered(Fault),
    /// The server refuses it, and has changed nothing.
    Refused(ServerError),
}

impl Failure {
    /// What an operation answers: a write that may have happened is Indeterminate.
    pub(crate) fn into_fault(self, is_read: bool) -> Fault {
        match self {
            Failure::Unanswered(fault) if !is_read => fault.indeterminate(),
            Failure::Unsent(fault) | Failure::Unanswered(fault) => fault,
            Failure::Refused(error) => Fault::from(&error),
        }
    }

    /// The server's refusal, if it begins with this code.
    pub(crate) fn refused_with(&self, code: &str) -> Option<&ServerError> {
        match self {
            Failure::Refused(error) if error.code() == code => Some(error),
            _ => None,
        }
    }
}

//! One connection: a command is sent, and its reply is waited for.

use std::io::Write as _;

use redis::{Parser, Value};

use super::at_once;
use super::socket::Socket;
use crate::dialer::{Dialer, Wire};
use crate::fault::{Attempt, Fault};
use crate::network::Failure;
use crate::url::Address;

/// A connection on which no reply is outstanding, or that is about to be dropped: after any failure
/// but a refusal a late reply might come, and the next command would take it for its own.
pub(super) struct Connection {
    socket: Socket,
    parser: Parser,
}

impl Connection {
    /// Connects to a server, and introduces itself.
    pub(super) fn to_server(dialer: &Dialer, address: &Address) -> Attempt<Connection> {
        let mut connection = Connection::new(dialer, address)?;
        at_once(dialer.introduce(&mut connection))?;
        Ok(connection)
    }

    /// Connects to a sentinel, and introduces itself.
    pub(super) fn to_sentinel(dialer: &Dialer, address: &Address) -> Attempt<Connection> {
        let mut connection = Connection::new(dialer, address)?;
        at_once(dialer.introduce_to_sentinel(&mut connection))?;
        Ok(connection)
    }

    fn new(dialer: &Dialer, address: &Address) -> Attempt<Connection> {
        let (tls, timeout) = (dialer.tls.as_ref(), dialer.wait_timeout);
        Ok(Connection {
            socket: Socket::connect(address, tls, dialer.connect_timeout, timeout)?,
            parser: Parser::new(),
        })
    }

    /// Sends a command and waits for its reply.
    pub(super) fn call(&mut self, packed: &[u8]) -> Result<Value, Failure> {
        self.send(packed)?;
        match self.receive()? {
            Value::ServerError(error) => Err(Failure::Refused(error)),
            value => Ok(value),
        }
    }

    /// Sends so many commands at once and waits for their replies, refusals among them.
    pub(super) fn call_all(&mut self, packed: &[u8], count: usize) -> Result<Vec<Value>, Failure> {
        self.send(packed)?;
        (0..count).map(|_| self.receive()).collect()
    }

    /// Whether it can be used for another command.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.socket.is_quiet()
    }

    fn send(&mut self, packed: &[u8]) -> Result<(), Failure> {
        // A server acts on whole commands only.
        self.socket
            .write_all(packed)
            .map_err(|error| Failure::Unsent(Fault::from(error)))
    }

    fn receive(&mut self) -> Result<Value, Failure> {
        self.parser
            .parse_value(&mut self.socket)
            .map_err(|error| Failure::Unanswered(Fault::from(error)))
    }
}

impl Wire for Connection {
    async fn call(&mut self, packed: &[u8]) -> Result<Value, Failure> {
        Connection::call(self, packed)
    }
}

//! One connection: a command is sent, and its reply is waited for.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Parser, ServerError, Value, cmd};
use rustls::ClientConfig;
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::socket::Socket;
use crate::url::{Address, Login};

/// How connections are made.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) login: Login,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    /// Whether a server that is no master is refused: a master that was replaced comes back as a
    /// replica, and serves old records.
    pub(crate) masters_only: bool,
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

/// A connection on which no reply is outstanding, or that is about to be dropped: after any failure
/// but a refusal a late reply might come, and the next command would take it for its own.
pub(crate) struct Connection {
    socket: Socket,
    parser: Parser,
}

impl Connection {
    /// Sends a command and waits for its reply.
    pub(crate) fn call(&mut self, packed: &[u8]) -> Result<Value, Failure> {
        self.send(packed)?;
        match self.receive()? {
            Value::ServerError(error) => Err(Failure::Refused(error)),
            value => Ok(value),
        }
    }

    /// Sends so many commands at once and waits for their replies, refusals among them.
    pub(crate) fn call_all(&mut self, packed: &[u8], count: usize) -> Result<Vec<Value>, Failure> {
        self.send(packed)?;
        (0..count).map(|_| self.receive()).collect()
    }

    /// Whether it can be used for another command.
    pub(crate) fn is_quiet(&mut self) -> bool {
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

    fn command(&mut self, command: &Cmd) -> Attempt<Value> {
        self.call(&command.get_packed_command())
            .map_err(|failure| failure.into_fault(true))
    }
}

impl Dialer {
    /// Connects and introduces itself.
    pub(crate) fn dial(&self, address: &Address) -> Attempt<Connection> {
        let mut connection = self.connect(address)?;
        if let Some(password) = &self.login.password {
            authenticate(&mut connection, self.login.username.as_deref(), password)?;
        }
        if self.login.database != 0 {
            connection.command(cmd("SELECT").arg(self.login.database))?;
        }
        if self.masters_only {
            ensure_master(&mut connection)?;
        }
        Ok(connection)
    }

    /// Connects to a sentinel, which may have no password where the servers have one.
    pub(crate) fn dial_sentinel(&self, address: &Address) -> Attempt<Connection> {
        let mut connection = self.connect(address)?;
        match (connection.command(&cmd("PING")), &self.login.password) {
            (Err(fault), Some(password)) if fault.kind == ErrorKind::PermissionDenied => {
                authenticate(&mut connection, self.login.username.as_deref(), password)?;
            }
            (Err(fault), _) => return Err(fault),
            (Ok(_), _) => {}
        }
        Ok(connection)
    }

    fn connect(&self, address: &Address) -> Attempt<Connection> {
        let (tls, timeout) = (self.tls.as_ref(), self.timeout);
        Ok(Connection {
            socket: Socket::connect(address, tls, self.connect_timeout, timeout)?,
            parser: Parser::new(),
        })
    }
}

fn authenticate(
    connection: &mut Connection,
    username: Option<&str>,
    password: &str,
) -> Attempt<()> {
    let mut auth = cmd("AUTH");
    auth.arg(username).arg(password);
    connection.command(&auth)?;
    Ok(())
}

fn ensure_master(connection: &mut Connection) -> Attempt<()> {
    let is_master = match connection.command(&cmd("ROLE"))? {
        Value::Array(role) => {
            matches!(role.first(), Some(Value::BulkString(name)) if name == b"master")
        }
        _ => false,
    };
    if is_master {
        Ok(())
    } else {
        let reason = "the server is a replica; there is no master yet";
        Err(Fault::new(ErrorKind::Unavailable, reason))
    }
}

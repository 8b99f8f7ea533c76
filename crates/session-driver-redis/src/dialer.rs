//! What every connection begins with.

use std::time::Duration;

use redis::{Cmd, Value, cmd};
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::network::Failure;
use crate::tls::ClientTls;
use crate::url::Login;

/// How connections are made.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) tls: Option<ClientTls>,
    pub(crate) login: Login,
    pub(crate) connect_timeout: Duration,
    pub(crate) wait_timeout: Duration,
    /// Whether a server that is no master is refused: a master that was replaced comes back as a
    /// replica, and serves old records.
    pub(crate) masters_only: bool,
}

/// A new connection, on which nothing else is sent.
pub(crate) trait Wire: Send {
    /// Sends a command and waits for its reply.
    fn call(&mut self, packed: &[u8]) -> impl Future<Output = Result<Value, Failure>> + Send;
}

impl Dialer {
    /// Introduces itself to a server.
    pub(crate) async fn introduce(&self, wire: &mut impl Wire) -> Attempt<()> {
        if let Some(password) = &self.login.password {
            self.authenticate(wire, password).await?;
        }
        if self.login.database != 0 {
            command(wire, cmd("SELECT").arg(self.login.database)).await?;
        }
        if self.masters_only {
            ensure_master(wire).await?;
        }
        Ok(())
    }

    /// Introduces itself to a sentinel, which may have no password where the servers have one.
    pub(crate) async fn introduce_to_sentinel(&self, wire: &mut impl Wire) -> Attempt<()> {
        let ping = command(wire, &cmd("PING")).await;
        match (ping, &self.login.password) {
            (Err(fault), Some(password)) if fault.kind == ErrorKind::PermissionDenied => {
                self.authenticate(wire, password).await
            }
            (outcome, _) => outcome.map(|_| ()),
        }
    }

    async fn authenticate(&self, wire: &mut impl Wire, password: &str) -> Attempt<()> {
        let mut auth = cmd("AUTH");
        auth.arg(self.login.username.as_deref()).arg(password);
        command(wire, &auth).await?;
        Ok(())
    }
}

async fn command(wire: &mut impl Wire, command: &Cmd) -> Attempt<Value> {
    let reply = wire.call(&command.get_packed_command()).await;
    reply.map_err(|failure| failure.into_fault(true))
}

async fn ensure_master(wire: &mut impl Wire) -> Attempt<()> {
    let is_master = match command(wire, &cmd("ROLE")).await? {
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

//! What the servers say of themselves.

use std::sync::Arc;

use redis::Value;
use session_driver::{Durability, ErrorKind};

use crate::fault::{Attempt, Fault};
use crate::network::{Network, Server};
use crate::patience::Patience;
use crate::request::Request;
use crate::servers::Servers;
use crate::warning::Warning;

/// The oldest version that is supported.
const OLDEST: (u32, u32) = (6, 2);

/// The answer of one server to INFO.
pub(crate) struct Info(String);

impl Info {
    pub(crate) async fn of(node: &impl Server, patience: Patience) -> Attempt<Info> {
        let reply = node
            .call(&Request::read("INFO", &[], &[]), false, patience)
            .await;
        match reply.map_err(|failure| failure.into_fault(true).at(node.address()))? {
            Value::BulkString(text) => Ok(Info(String::from_utf8_lossy(&text).into_owned())),
            _ => Err(Fault::of_a_strange_reply()),
        }
    }

    /// What stands behind a name, empty where the server says nothing.
    pub(crate) fn field(&self, name: &str) -> &str {
        let mut lines = self.0.lines();
        lines
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .unwrap_or_default()
    }

    fn version(&self) -> Option<(u32, u32)> {
        let mut numbers = self.field("redis_version").split('.');
        let mut next = || numbers.next()?.parse().ok();
        Some((next()?, next()?))
    }
}

/// Looks at every server that keeps records.
///
/// # Errors
/// Unavailable when one cannot be reached; PermissionDenied when it does not let the driver in;
/// Unsupported when it is too old.
pub(crate) async fn inspect<N: Network>(
    servers: &Servers<N>,
    declared: Durability,
) -> Attempt<Vec<Warning>> {
    let mut warnings = vec![];
    if servers.sentinels() > 0 {
        warnings.push(Warning::AsynchronousFailover);
    }
    let masters = masters(servers).await?;
    let patience = servers.patience();
    for master in masters {
        match Info::of(&*master, patience).await {
            Ok(info) => {
                look(&info, declared, &mut warnings).map_err(|fault| fault.at(master.address()))?;
            }
            // Whoever may not ask this may still read and write; the password was taken.
            Err(fault) if fault.kind == ErrorKind::PermissionDenied => {
                let ping = Request::read("PING", &[], &[]);
                let ping = master.call(&ping, false, patience).await;
                ping.map_err(|failure| failure.into_fault(true).at(master.address()))?;
                warnings.push(Warning::Unknown);
            }
            Err(fault) => {
                servers.forget(&master);
                return Err(fault);
            }
        }
    }
    Ok(warnings)
}

/// The masters, as the first says that does not hang: one that does takes all the patience there is,
/// and the next try begins with another one.
async fn masters<N: Network>(servers: &Servers<N>) -> Attempt<Vec<Arc<N::Server>>> {
    let mut others = servers.seeds();
    loop {
        match servers.masters(servers.patience()).await {
            Err(fault) if fault.kind == ErrorKind::Unavailable && others > 1 => others -= 1,
            outcome => return outcome,
        }
    }
}

fn look(info: &Info, declared: Durability, warnings: &mut Vec<Warning>) -> Attempt<()> {
    if info.version().is_some_and(|version| version < OLDEST) {
        let reason = "the server is too old; this driver needs Redis 6.2";
        return Err(Fault::new(ErrorKind::Unsupported, reason));
    }
    let mut warn = |warning: Warning| {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    };
    let policy = info.field("maxmemory_policy");
    let limited = !matches!(info.field("maxmemory"), "" | "0");
    if limited && !matches!(policy, "" | "noeviction") {
        warn(Warning::Eviction {
            policy: policy.into(),
        });
    }
    if !matches!(info.field("connected_slaves"), "" | "0") {
        warn(Warning::AsynchronousFailover);
    }
    if declared > Durability::None && info.field("aof_enabled") == "0" {
        warn(Warning::NotDurable);
    }
    Ok(())
}

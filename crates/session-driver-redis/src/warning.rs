//! What an operator should know of the servers.

use std::fmt;

/// Something about the servers, found at open, that can lose sessions; `Display` says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// When its memory is full, a server drops sessions that are live (its `maxmemory-policy`).
    Eviction {
        /// The policy's name, such as `allkeys-lru`.
        policy: String,
    },
    /// A master tells its replicas of a write after it has acknowledged it: when one of them takes
    /// over, what it was not told of is undone, removes among them.
    AsynchronousFailover,
    /// A durability is declared that a server without an append-only file does not give.
    NotDurable,
    /// What the server would do when its memory is full, and whether it keeps an append-only file,
    /// it does not tell this user.
    Unknown,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Eviction { policy } => write!(
                f,
                "the server drops live sessions when its memory is full (maxmemory-policy is {policy}); \
                 set it to noeviction"
            ),
            Warning::AsynchronousFailover => f.write_str(
                "a failover can undo writes and removes that were acknowledged; set \
                 min-replicas-to-write and min-replicas-max-lag to bound how many",
            ),
            Warning::NotDurable => f.write_str(
                "the server keeps no append-only file, so that sessions do not outlive its end as is \
                 declared; set appendonly to yes, and appendfsync to always",
            ),
            Warning::Unknown => f.write_str(
                "the server does not let this user ask for its settings; allow INFO, or make sure \
                 that maxmemory-policy is noeviction",
            ),
        }
    }
}

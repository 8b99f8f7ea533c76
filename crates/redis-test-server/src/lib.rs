//! Private Redis servers for tests, and what can go wrong with a server, on demand.
//!
//! A [`Server`] is an instance of the installed `redis-server` or `valkey-server` of the test's
//! own: in a temporary directory, on a unix socket or a loopback port, and gone when it is dropped,
//! when the test panics, and when the test's process is killed.
//!
//! ```
//! use redis_test_server::{Options, Reply, Server};
//!
//! # fn main() -> Result<(), redis_test_server::Error> {
//! let Some(_) = redis_test_server::installed_or_skip("the example") else {
//!     return Ok(());
//! };
//! let server = Server::start(&Options::new())?;
//! assert_eq!(server.command(&["PING"])?, Reply::Simple("PONG".into()));
//! # Ok(())
//! # }
//! ```

mod availability;
mod binary;
mod cluster;
mod connection;
mod error;
mod options;
mod poll;
mod port;
mod process;
mod proxy;
mod sentinel;
mod server;

pub use availability::{Available, available, available_or_skip, installed_or_skip};
pub use binary::Binary;
pub use cluster::Cluster;
pub use connection::{Connection, Reply};
pub use error::{Error, Result};
pub use options::{AppendFsync, Options, Tls};
pub use proxy::Proxy;
pub use sentinel::Sentinels;
pub use server::Server;

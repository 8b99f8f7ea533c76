//! Sessions in Redis or Valkey, from version 6.2: one server, a master watched by Sentinels, or a
//! cluster; over TCP, TLS, or a unix socket.
//!
//! ```no_run
//! use session_driver_redis::RedisDriver;
//! use session_driver_redis::session_driver::Sessions;
//!
//! let driver = RedisDriver::open("redis://localhost")?;
//! for warning in driver.warnings() {
//!     eprintln!("{warning}");
//! }
//! let sessions = Sessions::new(driver);
//! let session = sessions.create("hello".to_owned())?;
//! assert_eq!(sessions.retrieve(session.id())?.unwrap().as_str(), "hello");
//! # Ok::<(), session_driver_redis::session_driver::Error>(())
//! ```
//!
//! With the feature `async` or `async-plain` there is `AsyncRedisDriver`, for tasks on tokio:
//!
//! ```no_run
//! # #[cfg(feature = "async-plain")]
//! # async fn example() -> session_driver_redis::session_driver::Result<()> {
//! use session_driver_async::{AsyncSessionDriver as _, AsyncSessions};
//! use session_driver_redis::AsyncRedisDriver;
//!
//! let driver = AsyncRedisDriver::open("redis://localhost").await?;
//! let sessions = AsyncSessions::<String, _>::new(driver.clone());
//! let session = sessions.create("hello".to_owned()).await?;
//! assert_eq!(sessions.retrieve(session.id()).await?.unwrap().as_str(), "hello");
//! driver.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! # URLs
//! | | |
//! |---|---|
//! | `redis://user:password@host:6379/0` | one server; all but the host can be left out |
//! | `rediss://…` | the same with TLS |
//! | `unix:///path/to/socket?db=0&user=…&pass=…` | one server on a unix socket |
//! | `redis-sentinel://user:password@one:26379,two/service/0` | the master that these Sentinels name for the service |
//! | `redis-cluster://user:password@one:6379,two` | the cluster that these belong to; the others are found |
//!
//! `rediss-sentinel` and `rediss-cluster` use TLS, `valkey` and `valkeys` are other names of `redis`
//! and `rediss`. User and password are percent-encoded; those of a Sentinel URL are the servers', and
//! given to a Sentinel only if it asks. With TLS the authorities of the system are trusted, or
//! [those that are given](RedisDriverBuilder::root_certificates); the cryptography is `ring`'s, named
//! for these connections alone. No default of the process is used or set, so a service that has
//! another one, such as `aws-lc-rs`, keeps it.
//!
//! The cause of an error names the server by host and port, never by user or password:
//! `redis: open failed: the backend cannot be reached: server 127.0.0.1:6379: Connection refused`,
//! where a program shows [`source`](std::error::Error::source) and what follows it.
//!
//! # Features
//! | feature | | |
//! |---|---|---|
//! | `tls` | default | URLs that ask for TLS; takes rustls, and ring, which needs a C compiler |
//! | `async` | | `AsyncRedisDriver`, with TLS; takes tokio |
//! | `async-plain` | | `AsyncRedisDriver` without TLS |
//! | `messagepack`, `json` | default | the codecs of `session_driver`; `bincode` is off |
//!
//! A service that talks to a server on its own host can do without TLS:
//! `default-features = false, features = ["messagepack"]`, and for tasks `"async-plain"` as well. A
//! URL that asks for TLS is Unsupported then.
//!
//! # What is on the server
//! Each session is one string. Its key is the prefix, which ends with a colon, and the id, in which a
//! colon is written `%3A`, a percent sign `%25`, and braces `%7B` and `%7D`: so the last colon ends the
//! prefix, `s:` and `s:x:` share no key, and a cluster's slots are told by the prefix alone or by the
//! whole key. The value is the record in the layout of `session-driver-envelope`; behind
//! it stand a seal, twice, which is the first 16 hexadecimal digits of the SHA-1 of all that follows
//! the deadline and its check in the record, and these two (12 bytes) once more.
//!
//! `now` decides whether a session is live, not the server's clock. Each key has a native time to
//! live, too, which is the time that remains and [some slack](RedisDriverBuilder::ttl_slack): it
//! cleans up, and a sweep has nothing to do. A deadline 146 million years ahead has none.
//!
//! # How it works
//! A read is a `GET`. Every write is one script, which judges the record and changes it at one
//! instant, in one round trip (the first time on a server it is sent in full). Before a script
//! touches, rotates or conditionally replaces a record it checks all of it, with the one digest that
//! the server computes outside of Lua: a damaged record is Corrupt, and stays. This costs the server
//! some microseconds for each KiB of payload.
//!
//! On a cluster a rotate takes three round trips: `from` is claimed (a key `{KEY} is rotating` says so
//! to those who want to change it, and they wait), `to` is created, `from` removed. A claim ends by
//! itself after half the timeout; while a slot is handed over there are none in it, and the copy may be
//! seen for a moment after `from` was changed, until it is taken back. `to` has its full time to live from the beginning, so that no moment
//! at which the process may die loses the session; one that dies in between leaves both ids live.
//!
//! A traversal is a `SCAN` of each master. When a server was started anew or slots were handed over
//! meanwhile it begins again, and passes over what was visited; when there is no end to that, it
//! fails with Unavailable.
//!
//! # What a success survives
//! Nothing, if you do not say otherwise ([`RedisDriverBuilder::durability`]): a server forgets what
//! it did not write to its append-only file. **A failover can undo what was acknowledged**, because
//! replicas are told later: a session that was logged out may come back, whatever durability is
//! declared. Open says so ([`Warning`]) where Sentinels or replicas are seen, and also when the
//! server would drop live sessions to make room (`maxmemory-policy`).
//!
//! # For tasks that yield
//! The async driver keeps what the blocking one keeps, by the same commands: both may be open at
//! once. All tasks of a runtime share one connection to each server. A task of the driver's own sends
//! what they ask for, many commands at once where many wait, and hands the replies out in their
//! order; it ends with the last handle, when one is closed, or when the server hangs up. A driver may be
//! used on several runtimes, and has a connection on each; where there is none, operations are
//! Unsupported.
//!
//! Dropping a call (rule CON-4) disturbs nobody: what was not sent yet does not happen, and a reply
//! that nobody waits for any more is dropped. A rotate between the servers of a cluster runs in a
//! task of its own and is finished there.
//!
//! When the server is silent for the timeout although a reply is due, everyone on that connection is
//! told: for those whose command was not sent in full, another connection is tried.
//!
//! # When a server is gone
//! Connections are made when they are needed, and kept. One that the server has closed is noticed
//! before a command is sent on it; one that failed in whatever way is never used again, so that no
//! late reply reaches the next caller. An operation that cannot have happened is Unavailable, and so
//! is a read that got no answer; a write that was sent and not answered is Indeterminate, and is not
//! sent again. The Sentinels, or the cluster, are asked anew after every failure, so that an
//! operation finds the new master as soon as they name it. No operation waits for a failover.
//!
//! # What a user of the server needs
//! An ACL has to allow the prefix's keys, and the commands `get`, `getrange`, `set`, `psetex`, `setrange`, `del`,
//! `exists`, `pexpire`, `persist`, `rename`, `eval`, `evalsha`, `scan`, `info` and `ping`; behind
//! Sentinels `role`, too, and in a cluster `cluster slots`, `cluster nodes` and `asking`. Without `info`
//! only traversals fail.
//!
//! # Systems
//! Tried on Linux. It compiles for macOS, FreeBSD and Windows, where no test has run. On Windows a
//! URL with a unix socket is Unsupported, and looking whether a kept connection is still open
//! takes three system calls instead of one.
//!
//! # Out of scope
//! - Reads from replicas: they show old records.
//! - Use of a driver by a child after `fork`: open another one there.
//! - The time that looking up a host's name takes is not bounded by the blocking driver's timeouts.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod blocking;
mod builder;
mod dialer;
mod fault;
mod inspection;
mod key;
#[cfg(feature = "async-plain")]
mod multiplexed;
mod network;
mod operations;
mod patience;
mod quiet;
mod request;
mod script;
mod servers;
mod store;
mod tls;
mod url;
mod value;
mod warning;

pub use session_driver;

pub use crate::blocking::RedisDriver;
pub use crate::builder::RedisDriverBuilder;
#[cfg(feature = "async-plain")]
pub use crate::multiplexed::AsyncRedisDriver;
pub use crate::url::SCHEMES;
pub use crate::warning::Warning;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

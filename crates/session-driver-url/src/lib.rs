//! Session stores by URL: the program's configuration says which driver keeps the sessions, and with
//! which options.
//!
//! ```
//! use session_driver_url::session_driver::Sessions;
//!
//! fn visit(url: &str) -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = Sessions::<Vec<String>, _>::new(session_driver_url::open(url)?);
//!     let session = sessions.create(vec!["tea".into()])?; // session.id() goes into the cookie
//!     sessions.update(session.id(), |items| items.push("milk".into()))?;
//!     assert_eq!(sessions.retrieve(session.id())?.map(|found| found.len()), Some(2));
//!     Ok(())
//! }
//!
//! # #[cfg(not(all(feature = "file", feature = "sled", feature = "sqlite", unix)))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> { visit("memory:") }
//! # #[cfg(all(feature = "file", feature = "sled", feature = "sqlite", unix))]
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     if let Ok(url) = std::env::var("SESSION_STORE") {
//!         return visit(&url); // such as redis://localhost
//!     }
//!     let directory = tempfile::tempdir()?;
//!     let path = directory.path().display();
//!     visit("memory:")?;
//!     visit(&format!("file:{path}/files?durability=power"))?;
//!     visit(&format!("sqlite:{path}/sessions.db?table=logins&wait-timeout=500ms"))?;
//!     visit(&format!("sled:{path}/sled?tree=logins"))
//! }
//! ```
//!
//! # URLs
//! A URL is a scheme, a place, and parameters: `sqlite:sessions.db?durability=power&table=logins`.
//! A parameter is named like the method of the driver's builder, with `-` for `_`, and does the same;
//! without it the builder's default holds. Lengths of time are written `250ms`, `90s`, `15m`.
//!
//! | URL | feature | parameters |
//! |---|---|---|
//! | `memory:` | | `max-payload-bytes` |
//! | `file:PATH` | `file` | `create`, `durability`, `max-payload-bytes`, `shards`, `wait-timeout` |
//! | `sqlite:PATH` | `sqlite` | `create`, `durability`, `max-payload-bytes`, `table`, `wait-timeout` |
//! | `sled:PATH` | `sled` | `create`, `durability`, `flush-every`, `max-payload-bytes`, `tree` |
//! | `redis:`, `rediss:`, `valkey:`, `valkeys:`, `unix:`, `redis+unix:`, `valkey+unix:`, `redis-sentinel:`, `rediss-sentinel:`, `redis-cluster:`, `rediss-cluster:` | `redis` | `connect-timeout`, `durability`, `max-payload-bytes`, `pool-size`, `prefix`, `root-certificates` (a file in PEM), `ttl-slack`, `wait-timeout`; with a unix socket `db`, `user`, `pass` |
//!
//! In a path, `?` is written `%3F` and `%` is written `%25`; in a user, a password and the value of a
//! parameter, `%`, `&`, `@`, `:` and `/` can be written so. `file` and `sled` need a unix.
//!
//! No error and no `Debug` shows a password: the URL is shown with `***` in its place.
//!
//! # Features
//! One for each driver, all of them off: `file`, `redis`, `sled`, `sqlite`. With `async` there is
//! `open_async`, which gives drivers for tasks on tokio: Redis's own, and the others
//! behind [`Blocking`](https://docs.rs/session-driver-async). `bundled` (on) builds SQLite with the
//! program. `json` and `messagepack` (on) and `bincode` (off) are the codecs of `session_driver`.
//!
//! # Drivers of your own
//! [`Drivers`] is the table of schemes, as a value: [`register`](Drivers::register) adds to it.
//!
//! # Source
//! Strings such as `driver:file;serializer:default` name the driver in Perl's
//! [CGI::Session](https://metacpan.org/pod/CGI::Session), whose drivers are the ancestors of these.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod builtin;
mod drivers;
mod error;
mod url;

pub use session_driver;
#[cfg(feature = "async")]
pub use session_driver_async;

use session_driver::SessionDriver;
#[cfg(feature = "async")]
use session_driver_async::AsyncSessionDriver;

pub use crate::drivers::{Drivers, Opened, Unopened, UrlDriver};
pub use crate::error::{OpenError, UrlError};
pub use crate::url::StoreUrl;

/// Opens the store that a URL names, and makes it if there is none.
///
/// # Errors
/// - [`OpenError::Url`] when the URL names no store; nothing is opened.
/// - [`OpenError::Driver`] when its driver does not open it.
pub fn open(url: &str) -> Result<Box<dyn SessionDriver>, OpenError> {
    Drivers::built_in().open(url)
}

/// Opens the store that a URL names for tasks, and makes it if there is none.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use session_driver_url::session_driver_async::AsyncSessions;
///
/// let driver = session_driver_url::open_async("memory:").await?;
/// let sessions = AsyncSessions::<String, _>::new(driver);
/// let session = sessions.create("hello".to_owned()).await?;
/// assert!(sessions.retrieve(session.id()).await?.is_some());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Like [`open`]; the driver's error is Unsupported outside a tokio runtime.
#[cfg(feature = "async")]
pub async fn open_async(url: &str) -> Result<Box<dyn AsyncSessionDriver>, OpenError> {
    Drivers::built_in().open_async(url).await
}

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

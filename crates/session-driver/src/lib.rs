//! Session storage for Rust services: one small driver contract, and a typed handle over it.
//!
//! ```
//! use session_driver::{MemoryDriver, Sessions};
//!
//! #[derive(Default, serde::Serialize, serde::Deserialize)]
//! struct Visitor {
//!     visits: u32,
//! }
//!
//! let sessions = Sessions::<Visitor, _>::new(MemoryDriver::new());
//! let session = sessions.create(Visitor::default())?;
//! sessions.update(session.id(), |visitor| visitor.visits += 1)?;
//! assert_eq!(sessions.retrieve(session.id())?.unwrap().visits, 1);
//! # Ok::<(), session_driver::Error>(())
//! ```
//!
//! # Where to read on
//! - [`Sessions`] is what a service holds: it mints ids, reads the clock, encodes values, and loses
//!   no update. [`Session`] is one session in a request's hands, [`Expiry`] says when it ends.
//! - [`SessionDriver`] is the contract that the author of a driver implements; its documentation
//!   names the rules that the conformance suite proves.
//! - [`MemoryDriver`] is the contract in its shortest form. Drivers that outlive the process are
//!   crates of their own (`session-driver-file` is one), and each re-exports this one.
//!
//! # Which codec
//! A stored session outlives the program that stored it, so the codec decides what a deploy does to
//! those who are logged in.
//!
//! | | [`MessagePack`], the default | [`Json`] | [`Bincode`] |
//! |---|---|---|---|
//! | a field is added (with a default), dropped, moved | sessions go on | sessions go on | new schema number, all sessions end |
//! | `skip_serializing_if`, `flatten`, `serde_json::Value` | yes | yes | no |
//! | readable by others | with a library | yes | no |
//! | a map of 21 entries, 1.1 KiB: encode, decode | 0.4, 3.3 µs | 1.3, 4.5 µs | 0.5, 3.1 µs |
//!
//! Bincode stores no names. A new field makes every stored session undecodable, and two fields of
//! one type that change places swap their values without any error, an `admin` flag among them;
//! hence its [schema number](Bincode::new). MessagePack with field names costs the bytes of the
//! names and hardly any time, and is the default for that reason. A [`Codec`] of one's own is two
//! methods.
//!
//! # Rust versions
//! Rust 1.95 or newer. A newer minimum is a minor release, not a patch.

mod attempt;
mod capabilities;
mod codec;
mod driver;
mod error;
mod expiry;
mod id;
mod memory;
mod payload;
#[doc(hidden)]
pub mod policy;
mod precondition;
mod record;
mod session;
mod sessions;
mod time;

pub use crate::capabilities::{Capabilities, Durability, Sharing};
pub use crate::codec::{Bincode, Codec, CodecError, CodecErrorKind, Json, MessagePack};
pub use crate::driver::{SessionDriver, Swept};
pub use crate::error::{Error, ErrorKind, Operation, Result};
pub use crate::expiry::Expiry;
pub use crate::id::{InvalidId, MAX_ID_LEN, SessionId};
pub use crate::memory::MemoryDriver;
pub use crate::precondition::Precondition;
pub use crate::record::{NewRecord, Record, Version};
pub use crate::session::Session;
pub use crate::sessions::Sessions;
pub use crate::time::{Timestamp, is_live};

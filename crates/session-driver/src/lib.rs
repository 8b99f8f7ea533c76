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
//! - [`adapter`] is for the author of an adapter to a web framework: what each of its calls does.
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
//! # Features
//! | | default | |
//! |---|---|---|
//! | `messagepack` | yes | the codec [`MessagePack`]; [`Sessions::new`], and that [`Sessions`] need not name a codec |
//! | `json` | yes | the codec [`Json`] |
//! | `bincode` | no | the codec [`Bincode`]; the crate of that name is no longer maintained ([RUSTSEC-2025-0141]) |
//!
//! With `default-features = false` the crate has no codec and no dependency on serde: enough for
//! the author of a driver, and for a program with a [`Codec`] of its own, which makes its handle
//! with [`Sessions::new_with_codec`].
//!
//! The crates that re-export this one have the same three features with the same defaults, so a
//! program that depends on a driver alone needs no second line in `Cargo.toml`. The adapters always
//! enable `messagepack`. Cargo unites the features that the crates of a program ask for: to drop a
//! codec, set `default-features = false` on each of these crates that the program depends on.
//!
//! [RUSTSEC-2025-0141]: https://rustsec.org/advisories/RUSTSEC-2025-0141
//!
//! # Rust versions
//! Rust 1.85 or newer. A newer minimum is a minor release, not a patch.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "bincode", feature = "json", feature = "messagepack")),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "what a feature leaves out has no page to link to"
    )
)]

pub mod adapter;
mod capabilities;
mod codec;
mod driver;
mod error;
mod expiry;
mod id;
mod memory;
mod payload;
mod precondition;
mod record;
mod session;
mod sessions;
mod time;

pub use crate::capabilities::{Capabilities, DEFAULT_MAX_PAYLOAD_BYTES, Durability, Sharing};
#[cfg(feature = "bincode")]
pub use crate::codec::Bincode;
#[cfg(feature = "json")]
pub use crate::codec::Json;
#[cfg(feature = "messagepack")]
pub use crate::codec::MessagePack;
pub use crate::codec::{Codec, CodecError, CodecErrorKind};
pub use crate::driver::{SessionDriver, Swept};
pub use crate::error::{Error, ErrorKind, Operation, Result};
pub use crate::expiry::Expiry;
pub use crate::id::{InvalidId, MAX_ID_LEN, SessionId};
pub use crate::memory::MemoryDriver;
pub use crate::precondition::Precondition;
pub use crate::record::{NewRecord, Record, Version};
pub use crate::session::Session;
pub use crate::sessions::{Removed, Sessions};
pub use crate::time::{Timestamp, is_live};

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

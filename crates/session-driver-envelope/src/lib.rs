//! The bytes of a session's record, for stores that keep each record as one value under its id.
//!
//! ```
//! use session_driver::{NewRecord, Timestamp, Version};
//! use session_driver_envelope::{decode, encode};
//!
//! let record = NewRecord { payload: b"hello", expires_at: Some(Timestamp::MAX) };
//! let mut bytes = Vec::new();
//! encode(record, Version::random()?, &mut bytes);
//! assert_eq!(decode(&bytes).unwrap().payload, b"hello");
//! # Ok::<(), session_driver::Error>(())
//! ```
//!
//! # Layout
//! Numbers are big-endian and unsigned; the header always has the same 40 bytes, so that a script
//! within the store can judge a record and move its deadline without reading the payload.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 4 | magic: `F7` and `SDR` |
//! | 4 | 4 | format: 1 |
//! | 8 | 4 | CRC-32 of bytes 0..8 |
//! | 12 | 4 | length of the payload, n |
//! | 16 | 8 | version |
//! | 24 | 8 | deadline in milliseconds since the Unix epoch; all ones for never |
//! | 32 | 4 | CRC-32 of the deadline (24..32), xor both halves of the version (16..20, 20..24) |
//! | 36 | 4 | CRC-32 of bytes 12..24 and the payload |
//! | 40 | n | payload |
//! | 40 + n | 8 | version once more |
//!
//! The first 12 bytes are the same in all records of this format ([`PREAMBLE`]). Whatever begins
//! otherwise is damaged, unless its check says that it is a format of another number.
//!
//! A record is live while `now` is less than the deadline, "never" included, for it is later than
//! any instant. A script whose numbers are doubles compares the halves as 32-bit numbers, the
//! higher ones first.
//!
//! A touch replaces bytes 24..36 ([`DEADLINE`]) and nothing else: the deadline has a check of its
//! own. That check covers the version, so that the deadline of another record does not fit, by xor,
//! so that a touch need not know the version: a script finishes the check that
//! [`encode_deadline`] gives for the version 0 with the halves of the version it finds.
//!
//! The version stands behind the payload, too, because one torn read in 2³² would pass a CRC-32.

mod error;
mod header;
mod record;

pub use crate::error::EnvelopeError;
pub use crate::header::{DEADLINE, HEADER_LEN, Header, PREAMBLE, encode_deadline};
pub use crate::record::{Decoded, LONGEST_PAYLOAD, OVERHEAD, decode, encode};

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

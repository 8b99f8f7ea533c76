//! A whole record: header, payload, trailer.

use std::fmt;

use session_driver::{NewRecord, Record, Timestamp, Version, is_live};

use crate::error::EnvelopeError;
use crate::header::{HEADER_LEN, Header, encode_header};

/// The bytes behind the payload: the version once more.
const TRAILER_LEN: usize = 8;

/// How many bytes longer than its payload a record is.
pub const OVERHEAD: usize = HEADER_LEN + TRAILER_LEN;

/// The largest payload that a driver should let itself be told to store, in bytes: 512 MiB less
/// what the record adds.
pub const LONGEST_PAYLOAD: usize = 512 * 1024 * 1024 - OVERHEAD;

/// A record whose payload is still where it was read. `Debug` shows the payload's length, not its
/// bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The bytes that were stored.
    pub payload: &'a [u8],
    /// The first instant at which the record is dead; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// The version of the store that wrote the record.
    pub version: Version,
}

impl Decoded<'_> {
    /// Whether the record is live at `now` (see [`is_live`]).
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        is_live(self.expires_at, now)
    }

    /// The record with a copy of the payload.
    #[must_use]
    pub fn to_record(&self) -> Record {
        Record {
            payload: self.payload.to_vec(),
            expires_at: self.expires_at,
            version: self.version,
        }
    }
}

impl fmt::Debug for Decoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded")
            .field("payload", &format_args!("[{} bytes]", self.payload.len()))
            .field("expires_at", &self.expires_at)
            .field("version", &self.version)
            .finish()
    }
}

/// Appends the bytes of a record to `into`: [`OVERHEAD`] more than the payload has.
///
/// # Panics
/// When the payload has 4 GiB or more, which nobody gets to who heeds [`LONGEST_PAYLOAD`].
pub fn encode(record: NewRecord<'_>, version: Version, into: &mut Vec<u8>) {
    let payload_len = u32::try_from(record.payload.len())
        .expect("the driver refuses payloads that 32 bits cannot count");
    into.reserve(record.payload.len() + OVERHEAD);
    into.extend_from_slice(&encode_header(record, version, payload_len));
    into.extend_from_slice(record.payload);
    into.extend_from_slice(&version.to_bits().to_be_bytes());
}

/// Reads a record from its bytes, all of them. Whatever they are, nothing is allocated.
///
/// # Errors
/// Corrupt when they are no record, or are not exactly as they were written; Incompatible on
/// another format.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, EnvelopeError> {
    let header = Header::read(bytes)?;
    let (head, body) = bytes
        .split_first_chunk::<HEADER_LEN>()
        .ok_or(EnvelopeError::Corrupt)?;
    let (payload, trailer) = body
        .split_last_chunk::<TRAILER_LEN>()
        .ok_or(EnvelopeError::Corrupt)?;
    // The trailer last: by then the check has gone through the payload in order, and the trailer is
    // in the cache. A look at it before that waits for memory, a twentieth of a read from sled.
    let is_whole = payload.len() == header.payload_len as usize
        && header.is_of(head, payload)
        && *trailer == header.version.to_bits().to_be_bytes();
    if !is_whole {
        return Err(EnvelopeError::Corrupt);
    }
    Ok(Decoded {
        payload,
        expires_at: header.expires_at,
        version: header.version,
    })
}

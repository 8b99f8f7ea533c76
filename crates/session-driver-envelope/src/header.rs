//! The header: all that stands before the payload.

use std::ops::Range;

use session_driver::{NewRecord, Timestamp, Version, is_live};

use crate::error::EnvelopeError;

/// The header's length, in bytes; the payload begins there.
pub const HEADER_LEN: usize = 40;

/// The first bytes of every record of this format: magic, format, and their check.
pub const PREAMBLE: [u8; 12] = *b"\xF7SDR\x00\x00\x00\x01\x23\xAC\xD5\x57";

/// Where the deadline and its check stand: what a touch replaces.
pub const DEADLINE: Range<usize> = 24..36;

const MAGIC: Range<usize> = 0..4;
const PAYLOAD_LEN: Range<usize> = 12..16;
const VERSION: Range<usize> = 16..24;
const MILLIS: Range<usize> = 24..32;
const DEADLINE_CHECK: Range<usize> = 32..36;

/// Where the check of the record stands, and what of the header it covers: length and version.
const CHECK: Range<usize> = 36..40;
const CHECKED: Range<usize> = 12..24;

const NEVER: u64 = u64::MAX;

/// What a record's header says. That the payload is whole only [`decode`](crate::decode) can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The first instant at which the record is dead; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// The version of the store that wrote the record.
    pub version: Version,
    /// The payload's length, in bytes, as it was written: the bytes may be fewer.
    pub payload_len: u32,
    check: u32,
}

impl Header {
    /// Reads the header at the beginning of a record; the rest of the record need not be there.
    ///
    /// # Errors
    /// Corrupt when the preamble, the deadline, its check, or the version it covers is damaged, or
    /// the bytes are too few; Incompatible on another format.
    pub fn read(bytes: &[u8]) -> Result<Header, EnvelopeError> {
        judge(bytes)?;
        let header: &[u8; HEADER_LEN] = bytes.first_chunk().ok_or(EnvelopeError::Corrupt)?;
        let version = Version::from_bits(u64_at(header, VERSION));
        let millis = u64_at(header, MILLIS);
        if deadline_check(millis, version) != u32_at(header, DEADLINE_CHECK) {
            return Err(EnvelopeError::Corrupt);
        }
        Ok(Header {
            expires_at: from_millis(millis)?,
            version,
            payload_len: u32_at(header, PAYLOAD_LEN),
            check: u32_at(header, CHECK),
        })
    }

    /// Whether the record is live at `now` (see [`is_live`]).
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        is_live(self.expires_at, now)
    }

    /// Whether these are the bytes of the payload that stands behind `header`, which are those that
    /// this was read from.
    pub(crate) fn is_of(&self, header: &[u8; HEADER_LEN], payload: &[u8]) -> bool {
        self.check == body_check(header, payload)
    }
}

/// The header of a record whose payload has so many bytes.
pub(crate) fn encode_header(
    record: NewRecord<'_>,
    version: Version,
    payload_len: u32,
) -> [u8; HEADER_LEN] {
    let mut bytes = [0; HEADER_LEN];
    bytes[..PREAMBLE.len()].copy_from_slice(&PREAMBLE);
    bytes[PAYLOAD_LEN].copy_from_slice(&payload_len.to_be_bytes());
    bytes[VERSION].copy_from_slice(&version.to_bits().to_be_bytes());
    bytes[DEADLINE].copy_from_slice(&encode_deadline(record.expires_at, version));
    let check = body_check(&bytes, record.payload);
    bytes[CHECK].copy_from_slice(&check.to_be_bytes());
    bytes
}

/// The deadline and its check, as they stand at [`DEADLINE`] in a record of this version.
#[must_use]
pub fn encode_deadline(expires_at: Option<Timestamp>, version: Version) -> [u8; 12] {
    let millis = to_millis(expires_at);
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&millis.to_be_bytes());
    bytes[8..].copy_from_slice(&deadline_check(millis, version).to_be_bytes());
    bytes
}

/// Whether the bytes begin like a record of this format.
fn judge(bytes: &[u8]) -> Result<(), EnvelopeError> {
    let head: &[u8; 12] = bytes.first_chunk().ok_or(EnvelopeError::Corrupt)?;
    if *head == PREAMBLE {
        return Ok(());
    }
    let [.., f3, f2, f1, f0, c3, c2, c1, c0] = *head;
    if head[MAGIC] == PREAMBLE[MAGIC]
        && crc32fast::hash(&head[..8]) == u32::from_be_bytes([c3, c2, c1, c0])
    {
        let format = u32::from_be_bytes([f3, f2, f1, f0]);
        return Err(EnvelopeError::Incompatible { format });
    }
    Err(EnvelopeError::Corrupt)
}

fn u32_at(header: &[u8; HEADER_LEN], field: Range<usize>) -> u32 {
    u32::from_be_bytes(header[field].try_into().expect("a field of 4 bytes"))
}

fn u64_at(header: &[u8; HEADER_LEN], field: Range<usize>) -> u64 {
    u64::from_be_bytes(header[field].try_into().expect("a field of 8 bytes"))
}

fn to_millis(expires_at: Option<Timestamp>) -> u64 {
    // A timestamp is never negative.
    expires_at.map_or(NEVER, |deadline| deadline.as_millis().unsigned_abs())
}

fn from_millis(millis: u64) -> Result<Option<Timestamp>, EnvelopeError> {
    if millis == NEVER {
        return Ok(None);
    }
    i64::try_from(millis)
        .ok()
        .and_then(Timestamp::from_millis)
        .map(Some)
        .ok_or(EnvelopeError::Corrupt)
}

fn deadline_check(millis: u64, version: Version) -> u32 {
    let version = version.to_bits();
    crc32fast::hash(&millis.to_be_bytes()) ^ (version >> 32) as u32 ^ version as u32
}

fn body_check(header: &[u8; HEADER_LEN], payload: &[u8]) -> u32 {
    let mut check = crc32fast::Hasher::new();
    check.update(&header[CHECKED]);
    check.update(payload);
    check.finalize()
}

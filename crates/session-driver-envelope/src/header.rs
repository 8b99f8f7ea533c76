//! The header: all that stands before the payload.

use std::ops::Range;

use bincode::config::{BigEndian, Configuration, Fixint};
use session_driver::{NewRecord, Timestamp, Version, is_live};

use crate::error::EnvelopeError;

/// The header's length, in bytes; the payload begins there.
pub const HEADER_LEN: usize = 40;

/// The first bytes of every record of this format: magic, format, and their check.
pub const PREAMBLE: [u8; 12] = *b"\xF7SDR\x00\x00\x00\x01\x23\xAC\xD5\x57";

/// Where the deadline and its check stand: what a touch replaces.
pub const DEADLINE: Range<usize> = 24..36;

/// Where the check of the record stands, and what of the header it covers: length and version.
const CHECK: Range<usize> = 36..40;
const CHECKED: Range<usize> = 12..24;

const MAGIC: Range<usize> = 0..4;
const NEVER: u64 = u64::MAX;

const LAYOUT: Configuration<BigEndian, Fixint> = bincode::config::standard()
    .with_big_endian()
    .with_fixed_int_encoding();

/// The header's fields in their order: preamble, length, version, deadline, its check, the check.
type Fields = ([u8; 12], u32, u64, u64, u32, u32);

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
        let (fields, _): (Fields, usize) =
            bincode::decode_from_slice(bytes, LAYOUT).map_err(|_| EnvelopeError::Corrupt)?;
        let (_, payload_len, version, millis, found, check) = fields;
        let version = Version::from_bits(version);
        if deadline_check(millis, version) != found {
            return Err(EnvelopeError::Corrupt);
        }
        Ok(Header {
            expires_at: from_millis(millis)?,
            version,
            payload_len,
            check,
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
    let millis = to_millis(record.expires_at);
    let check = deadline_check(millis, version);
    let fields: Fields = (PREAMBLE, payload_len, version.to_bits(), millis, check, 0);
    let mut bytes = [0; HEADER_LEN];
    bincode::encode_into_slice(fields, &mut bytes, LAYOUT)
        .expect("integers of fixed size have room in as many bytes");
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

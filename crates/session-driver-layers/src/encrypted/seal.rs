//! A payload, sealed for its id and its deadline.
//!
//! | bytes | hold |
//! |---|---|
//! | 4 | the letters `SES`, and the format's number, 1 |
//! | 4 | the number of the key |
//! | 8 | the record's version, as the layer's callers know it |
//! | 24 | the nonce, random |
//! | as many as the payload has | the payload, encrypted |
//! | 16 | the tag: over all of this, the deadline, and the id |
//!
//! Numbers have their highest byte first.

use std::fmt;

use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{Tag, XNonce};
use session_driver::{
    Error, ErrorKind, NewRecord, Operation, Record, Result, SessionId, Timestamp, Version,
};

use super::failure;
use super::key::KeyRing;

/// What a sealed payload begins with, before the format's number.
const MAGIC: [u8; 3] = *b"SES";

const FORMAT: u8 = 1;

/// What stands before the nonce.
const HEAD: usize = 4 + 4 + 8;

const NONCE: usize = 24;

const TAG: usize = 16;

/// By how many bytes the layer makes a payload longer.
pub(super) const OVERHEAD: usize = HEAD + NONCE + TAG;

/// A record as it lies beneath, and what is in it.
pub(super) struct Opened {
    pub(super) payload: Vec<u8>,
    pub(super) expires_at: Option<Timestamp>,
    /// The version that the layer's callers know, and that a touch leaves.
    pub(super) version: Version,
    /// The version that the driver beneath knows, which every change makes another.
    pub(super) beneath: Version,
}

/// Why a record cannot be opened. It shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unopened {
    NotSealed,
    Newer,
    UnknownKey,
    NotAuthentic,
}

/// Seals a record for this id, under a version.
///
/// # Errors
/// Unavailable when the operating system has no randomness to give; PayloadTooLarge for more than
/// the cipher can encrypt, 256 GiB.
pub(super) fn seal(
    keys: &KeyRing,
    id: &SessionId,
    record: NewRecord<'_>,
    version: Version,
    operation: Operation,
) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce)
        .map_err(|source| failure(ErrorKind::Unavailable, operation).with_source(source))?;
    let key = keys.sealing();
    let mut sealed = Vec::with_capacity(record.payload.len() + OVERHEAD);
    sealed.extend(MAGIC);
    sealed.push(FORMAT);
    sealed.extend(key.number().to_be_bytes());
    sealed.extend(version.to_bits().to_be_bytes());
    let associated = associated(&sealed, record.expires_at, id);
    sealed.extend(nonce);
    sealed.extend(record.payload);
    let payload = &mut sealed[HEAD + NONCE..];
    let tag = key
        .cipher()
        .encrypt_in_place_detached(XNonce::from_slice(&nonce), &associated, payload)
        .map_err(|_| failure(ErrorKind::PayloadTooLarge, operation))?;
    sealed.extend(tag);
    Ok(sealed)
}

/// Opens what was sealed for this id and this deadline.
///
/// # Errors
/// Corrupt when it was not, or by a key that is not on the ring; Incompatible when it is of a newer
/// format.
pub(super) fn open(
    keys: &KeyRing,
    id: &SessionId,
    record: Record,
    operation: Operation,
) -> Result<Opened> {
    unseal(keys, id, record).map_err(|unopened| unopened.during(operation))
}

/// Whether the sealed payload may be replaced by who asks for nothing but that.
///
/// # Errors
/// Incompatible when it is of a newer format.
pub(super) fn check_replaceable(sealed: &[u8], operation: Operation) -> Result<()> {
    match judge(sealed) {
        Err(Unopened::Newer) => Err(Unopened::Newer.during(operation)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether it begins as a payload of this format does.
fn judge(sealed: &[u8]) -> Result<(), Unopened> {
    match sealed.strip_prefix(&MAGIC) {
        Some([FORMAT, ..]) => Ok(()),
        Some([format, ..]) if *format > FORMAT => Err(Unopened::Newer),
        _ => Err(Unopened::NotSealed),
    }
}

fn unseal(keys: &KeyRing, id: &SessionId, record: Record) -> Result<Opened, Unopened> {
    let mut sealed = record.payload;
    judge(&sealed)?;
    let (head, rest) = sealed
        .split_first_chunk_mut::<HEAD>()
        .ok_or(Unopened::NotSealed)?;
    let (nonce, rest) = rest
        .split_first_chunk_mut::<NONCE>()
        .ok_or(Unopened::NotSealed)?;
    let (encrypted, tag) = rest
        .split_last_chunk_mut::<TAG>()
        .ok_or(Unopened::NotSealed)?;
    let [_, _, _, _, a, b, c, d, version @ ..] = *head;
    let associated = associated(head, record.expires_at, id);
    let mut unopened = Unopened::UnknownKey;
    for key in keys.numbered(u32::from_be_bytes([a, b, c, d])) {
        // The tag is checked before anything is decrypted, so a wrong key leaves the bytes as they
        // are for the next one.
        let opened = key.cipher().decrypt_in_place_detached(
            XNonce::from_slice(nonce),
            &associated,
            encrypted,
            Tag::from_slice(tag),
        );
        if opened.is_ok() {
            sealed.truncate(sealed.len() - TAG);
            sealed.drain(..HEAD + NONCE);
            return Ok(Opened {
                payload: sealed,
                expires_at: record.expires_at,
                version: Version::from_bits(u64::from_be_bytes(version)),
                beneath: record.version,
            });
        }
        unopened = Unopened::NotAuthentic;
    }
    Err(unopened)
}

/// What the tag vouches for beside the payload. Head and deadline have fixed lengths, so no three
/// of them look like another three.
fn associated(head: &[u8], expires_at: Option<Timestamp>, id: &SessionId) -> Vec<u8> {
    // No deadline is negative.
    let deadline = expires_at.map_or(-1, Timestamp::as_millis);
    [head, &deadline.to_be_bytes(), id.as_bytes()].concat()
}

impl Unopened {
    fn during(self, operation: Operation) -> Error {
        let kind = match self {
            Unopened::Newer => ErrorKind::Incompatible,
            _ => ErrorKind::Corrupt,
        };
        failure(kind, operation).with_source(self)
    }
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unopened::NotSealed => "the payload was not sealed by this layer",
            Unopened::Newer => "the payload was sealed by a newer release of this layer; use that",
            Unopened::UnknownKey => "no key of the ring has the number of the one that sealed it",
            Unopened::NotAuthentic => {
                "the payload was sealed by another key, for another id or deadline, or was changed since"
            }
        })
    }
}

impl std::error::Error for Unopened {}

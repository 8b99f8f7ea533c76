//! A payload, sealed for its id.
//!
//! | bytes | hold |
//! |---|---|
//! | 1 | what follows: [`STORED`] or [`TOUCHED`] |
//! | 4 | the number of the key |
//! | 8 | the record's version, if it was touched; else zeros |
//! | 24 | the nonce, random |
//! | as many as the payload has | the payload, encrypted |
//! | 16 | the tag: over all of this, and the id |
//!
//! Numbers have their highest byte first.

use std::fmt;

use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{Tag, XNonce};
use session_driver::{Error, ErrorKind, Operation, Result, SessionId, Version};

use super::NAME;
use super::key::KeyRing;

/// A record that has the version which the driver beneath gave it.
const STORED: u8 = 1;

/// A record that a touch stored again, and that goes on having the version in its seal.
const TOUCHED: u8 = 2;

/// What stands before the nonce.
const HEAD: usize = 1 + 4 + 8;

const NONCE: usize = 24;

const TAG: usize = 16;

/// By how much the layer makes a payload longer, in bytes.
pub const OVERHEAD: usize = HEAD + NONCE + TAG;

/// A payload, opened.
pub(super) struct Opened {
    pub(super) payload: Vec<u8>,
    /// The version that the record goes on having, if it was touched.
    pub(super) version: Option<Version>,
}

/// Why a record cannot be opened. It shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unopened {
    NotSealed,
    UnknownKey,
    NotAuthentic,
}

impl KeyRing {
    /// Seals a payload for this id, with the version that the record is to go on having, if there
    /// is one.
    ///
    /// # Errors
    /// Unavailable when the operating system has no randomness to give; PayloadTooLarge for more
    /// than the cipher can encrypt, 256 GiB.
    pub(super) fn seal(
        &self,
        id: &SessionId,
        payload: &[u8],
        version: Option<Version>,
        operation: Operation,
    ) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|source| {
            Error::new(ErrorKind::Unavailable, operation, NAME).with_source(source)
        })?;
        let mut sealed = Vec::with_capacity(payload.len() + OVERHEAD);
        sealed.push(if version.is_some() { TOUCHED } else { STORED });
        sealed.extend(self.sealing().number().to_be_bytes());
        sealed.extend(version.map_or(0, Version::to_bits).to_be_bytes());
        let associated = associated(&sealed, id);
        sealed.extend(nonce);
        sealed.extend(payload);
        let tag = self
            .sealing()
            .cipher()
            .encrypt_in_place_detached(
                XNonce::from_slice(&nonce),
                &associated,
                &mut sealed[HEAD + NONCE..],
            )
            .map_err(|_| Error::new(ErrorKind::PayloadTooLarge, operation, NAME))?;
        sealed.extend(tag);
        Ok(sealed)
    }

    /// Opens what was sealed for this id.
    ///
    /// # Errors
    /// Corrupt when it was not, or by a key that is not on the ring.
    pub(super) fn open(
        &self,
        id: &SessionId,
        sealed: Vec<u8>,
        operation: Operation,
    ) -> Result<Opened> {
        self.unseal(id, sealed).map_err(|unopened| {
            Error::new(ErrorKind::Corrupt, operation, NAME).with_source(unopened)
        })
    }

    fn unseal(&self, id: &SessionId, mut sealed: Vec<u8>) -> Result<Opened, Unopened> {
        let (head, rest) = sealed
            .split_first_chunk_mut::<HEAD>()
            .ok_or(Unopened::NotSealed)?;
        let (nonce, rest) = rest
            .split_first_chunk_mut::<NONCE>()
            .ok_or(Unopened::NotSealed)?;
        let (encrypted, tag) = rest
            .split_last_chunk_mut::<TAG>()
            .ok_or(Unopened::NotSealed)?;
        let [kind, a, b, c, d, bits @ ..] = *head;
        let version = match kind {
            STORED => None,
            TOUCHED => Some(Version::from_bits(u64::from_be_bytes(bits))),
            _ => return Err(Unopened::NotSealed),
        };
        let associated = associated(head, id);
        let mut unopened = Unopened::UnknownKey;
        for key in self.numbered(u32::from_be_bytes([a, b, c, d])) {
            // The tag is checked before anything is decrypted, so a wrong key leaves the bytes as
            // they are for the next one.
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
                    version,
                });
            }
            unopened = Unopened::NotAuthentic;
        }
        Err(unopened)
    }
}

/// What the tag vouches for beside the payload. The head's length is fixed, so no head and id
/// together look like another pair.
fn associated(head: &[u8], id: &SessionId) -> Vec<u8> {
    [head, id.as_bytes()].concat()
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unopened::NotSealed => "the payload was not sealed by this layer",
            Unopened::UnknownKey => "no key of the ring has the number of the one that sealed it",
            Unopened::NotAuthentic => {
                "the payload was sealed by another key, for another id, or was changed since"
            }
        })
    }
}

impl std::error::Error for Unopened {}

//! Keys, and which of them seals.

use std::fmt;

use chacha20poly1305::aead::generic_array::GenericArray;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};

/// A key of 256 bits, and the number by which records name it.
///
/// `Debug` shows the number alone, and the key's bytes are overwritten in memory when it is dropped.
#[derive(Clone)]
pub struct Key {
    number: u32,
    cipher: XChaCha20Poly1305,
}

impl Key {
    /// The key with these bytes, which must be random and secret; those that are given stay the
    /// caller's to overwrite.
    ///
    /// The number is no secret: each record shows the one of the key that sealed it. Give every key
    /// another, such as its year.
    #[must_use]
    pub fn new(number: u32, bytes: &[u8; 32]) -> Key {
        let cipher = XChaCha20Poly1305::new(GenericArray::from_slice(bytes));
        Key { number, cipher }
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn cipher(&self) -> &XChaCha20Poly1305 {
        &self.cipher
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// The key that seals, and those that open what was sealed before it.
#[derive(Clone, Debug)]
pub struct KeyRing {
    sealing: Key,
    opening: Vec<Key>,
}

impl KeyRing {
    /// A ring of one key, which seals and opens.
    #[must_use]
    pub fn new(sealing: Key) -> KeyRing {
        KeyRing {
            sealing,
            opening: vec![],
        }
    }

    /// The same ring with another key that opens: one that sealed before, or will from the next
    /// deploy on. Where two keys have one number, both are tried.
    #[must_use]
    pub fn opening(mut self, key: Key) -> KeyRing {
        self.opening.push(key);
        self
    }

    pub(super) fn sealing(&self) -> &Key {
        &self.sealing
    }

    /// The keys that a record with this number may have been sealed by.
    pub(super) fn numbered(&self, number: u32) -> impl Iterator<Item = &Key> {
        let keys = std::iter::once(&self.sealing).chain(&self.opening);
        keys.filter(move |key| key.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_byte_of_a_key() {
        let ring = KeyRing::new(Key::new(1, b"a-secret-key-of-thirty-two-bytes"))
            .opening(Key::new(2, &[0xAB; 32]));
        let shown = format!("{ring:?} {ring:#?}").to_lowercase();
        assert!(shown.contains("number: 2"), "{shown}");
        for secret in ["secret", "115", "0x73", "ab, ", "171"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

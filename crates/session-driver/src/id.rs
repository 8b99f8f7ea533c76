//! The name of a session: a secret, parsed once.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Operation, Result};

/// The longest id, in bytes.
pub const MAX_ID_LEN: usize = 128;

/// The bytes of randomness in a minted id. 128 bits are the floor of rule ID-6; 160 make 32 base32
/// characters.
const MINTED_BYTES: usize = 20;

/// The alphabet of minted ids: one case and no look-alikes, so that they survive being read aloud
/// or typed.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The name of a session: 1 to 128 bytes of visible ASCII (`0x21..=0x7E`).
///
/// Whoever knows an id is logged in, so `Debug` does not show it and there is no `Display`;
/// [`as_str`](SessionId::as_str) is the one way out.
///
/// ```
/// use session_driver::SessionId;
///
/// let minted = SessionId::generate()?;
/// assert_eq!(minted.as_str().len(), 32);
/// assert!(SessionId::parse("../etc/passwd").is_ok()); // a driver encodes it; it is never a path
/// assert!(SessionId::parse("two words").is_err());
/// # Ok::<(), session_driver::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Box<str>);

/// Why a text is no [`SessionId`]. It names the place, never the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// The text has no bytes.
    #[error("a session id has at least one byte")]
    Empty,
    /// The text has more than [`MAX_ID_LEN`] bytes.
    #[error("a session id has at most {MAX_ID_LEN} bytes, not {length}")]
    TooLong {
        /// The bytes it has.
        length: usize,
    },
    /// A byte is outside `0x21..=0x7E`.
    #[error("a session id is visible ASCII (0x21 to 0x7E); byte {position} is not")]
    InvalidByte {
        /// Where the first such byte stands, counted from 0.
        position: usize,
    },
}

impl SessionId {
    /// Takes a text from outside (a cookie, a file, a command line) as an id.
    ///
    /// # Errors
    /// [`InvalidId`] when the text is empty, longer than [`MAX_ID_LEN`] bytes, or holds a byte
    /// outside `0x21..=0x7E`.
    pub fn parse(text: &str) -> Result<SessionId, InvalidId> {
        if text.is_empty() {
            return Err(InvalidId::Empty);
        }
        if text.len() > MAX_ID_LEN {
            return Err(InvalidId::TooLong { length: text.len() });
        }
        match text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            Some(position) => Err(InvalidId::InvalidByte { position }),
            None => Ok(SessionId(text.into())),
        }
    }

    /// Mints an id of 160 bits from the operating system's generator, 32 characters of base32.
    ///
    /// At least 64 bits of entropy are what OWASP's Session Management Cheat Sheet asks for; rule
    /// ID-6 asks for 128.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the operating system has no randomness to give.
    pub fn generate() -> Result<SessionId> {
        let mut random = [0; MINTED_BYTES];
        getrandom::fill(&mut random).map_err(|source| {
            Error::new(
                ErrorKind::Unavailable,
                Operation::Generate,
                "session-driver",
            )
            .with_source(source)
        })?;
        Ok(SessionId(base32(&random).into()))
    }

    /// The id itself, as a cookie or a driver needs it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id's bytes, all of them in `0x21..=0x7E`.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// RFC 4648 base32 in lower case; a multiple of five bytes needs no padding.
fn base32(bytes: &[u8; MINTED_BYTES]) -> String {
    let mut text = [0; MINTED_BYTES * 8 / 5];
    let (mut bits, mut held) = (0_u32, 0);
    let mut place = 0;
    for &byte in bytes {
        bits = bits << 8 | u32::from(byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text[place] = ALPHABET[(bits >> held & 31) as usize];
            place += 1;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

impl FromStr for SessionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<SessionId, InvalidId> {
        SessionId::parse(text)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn id_2_refuses_what_is_outside_the_grammar() {
        assert_eq!(SessionId::parse(""), Err(InvalidId::Empty));
        assert_eq!(
            SessionId::parse(&"~".repeat(129)),
            Err(InvalidId::TooLong { length: 129 })
        );
        for (text, position) in [
            (" a", 0),
            ("a b", 1),
            ("ab\u{7f}", 2),
            ("a\0", 1),
            ("aé", 1),
            ("a\n", 1),
            ("\u{ff}", 0),
        ] {
            assert_eq!(
                SessionId::parse(text),
                Err(InvalidId::InvalidByte { position }),
                "{text:?}"
            );
        }
    }

    #[test]
    fn id_1_accepts_every_visible_byte_at_every_length() {
        for length in 1..=MAX_ID_LEN {
            assert!(SessionId::parse(&"~".repeat(length)).is_ok());
        }
        for byte in 0x21..=0x7E_u8 {
            let text = char::from(byte).to_string();
            assert_eq!(
                SessionId::parse(&text)
                    .expect("visible ASCII is an id")
                    .as_str(),
                text
            );
        }
    }

    #[test]
    fn id_4_debug_does_not_show_the_id() {
        let id = SessionId::parse("secret").expect("a valid id");
        assert!(!format!("{id:?}").contains("secret"));
    }

    fn minted() -> [u8; 32] {
        let id = SessionId::generate().expect("the operating system has randomness");
        id.as_bytes().try_into().expect("32 characters")
    }

    #[test]
    fn id_6_a_million_minted_ids_do_not_repeat() {
        fn mint_half() -> HashSet<[u8; 32]> {
            let mut ids = HashSet::with_capacity(500_000);
            for _ in 0..500_000 {
                ids.insert(minted());
            }
            ids
        }
        let other = std::thread::spawn(mint_half);
        let (ours, theirs) = (mint_half(), other.join().expect("it does not panic"));
        assert_eq!((ours.len(), theirs.len()), (500_000, 500_000));
        assert!(ours.is_disjoint(&theirs));
    }

    #[test]
    fn id_6_every_bit_of_minted_ids_varies() {
        // For each place of an id, a bit for every ASCII character that occurs there.
        let mut seen = [0_u128; 32];
        for _ in 0..10_000 {
            for (seen, character) in seen.iter_mut().zip(minted()) {
                *seen |= 1 << character;
            }
        }
        let digits = ALPHABET.iter().fold(0, |digits, digit| digits | 1 << digit);
        assert_eq!(seen, [digits; 32], "a digit is missing at some place");
    }

    #[test]
    fn base32_agrees_with_rfc_4648() {
        let mut bytes = [0; MINTED_BYTES];
        bytes[..10].copy_from_slice(b"foobarbaz!");
        assert_eq!(&base32(&bytes)[..16], "mzxw6ytbojrgc6rb");
    }
}

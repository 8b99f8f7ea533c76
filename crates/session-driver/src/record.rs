//! What a driver keeps under an id.

use std::fmt;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::time::{Timestamp, is_live};

/// A stored session as a driver gives it back. `Debug` shows the payload's length, not its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The bytes of the last successful store.
    pub payload: Vec<u8>,
    /// The first instant at which the record is dead; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// The version the last successful store returned.
    pub version: Version,
}

impl Record {
    /// Whether the record is live at `now` (see [`is_live`]).
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        is_live(self.expires_at, now)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("payload", &format_args!("[{} bytes]", self.payload.len()))
            .field("expires_at", &self.expires_at)
            .field("version", &self.version)
            .finish()
    }
}

/// What a store is to keep: payload and deadline, always both (rule STO-5). `Debug` shows the
/// payload's length, not its bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NewRecord<'a> {
    /// The bytes to keep, from none to the driver's declared maximum.
    pub payload: &'a [u8],
    /// The first instant at which the record is dead; `None` for never.
    pub expires_at: Option<Timestamp>,
}

impl NewRecord<'_> {
    /// Whether the record is live at `now` (see [`is_live`]); a store of a dead one discards what
    /// was there (rule EXP-3).
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        is_live(self.expires_at, now)
    }
}

impl fmt::Debug for NewRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewRecord")
            .field("payload", &format_args!("[{} bytes]", self.payload.len()))
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// An opaque 64-bit token for one state of one record.
///
/// Two successful stores never give the same one (rule CAS-1). It says nothing about order: a
/// driver takes it from [`Version::random`], from a counter that begins at a random number with
/// every opening, or from one that it persists; never from the version it finds, for a damaged one
/// would then repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(u64);

impl Version {
    /// A version from the operating system's generator.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when the operating system has no randomness to give.
    pub fn random() -> Result<Version> {
        let bits = getrandom::u64().map_err(|source| {
            Error::new(
                ErrorKind::Unavailable,
                Operation::Generate,
                "session-driver",
            )
            .with_source(source)
        })?;
        Ok(Version(bits))
    }

    /// The version with these bits, as a driver reads it back from where it keeps them.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Version {
        Version(bits)
    }

    /// The bits a driver keeps.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_4_debug_does_not_show_the_payload() {
        let record = Record {
            payload: b"secret".to_vec(),
            expires_at: None,
            version: Version::from_bits(7),
        };
        let new = NewRecord {
            payload: &record.payload,
            expires_at: None,
        };
        for shown in [format!("{record:?}"), format!("{new:?}")] {
            assert!(
                shown.contains("[6 bytes]") && !shown.contains("secret") && !shown.contains("115"),
                "{shown}"
            );
        }
    }
}

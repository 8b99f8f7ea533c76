//! Why bytes are no record.

use session_driver::ErrorKind;

/// Why bytes are not taken for a record. It holds none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// They are no record, or a damaged one.
    #[error("the bytes are no session record, or a damaged one")]
    Corrupt,
    /// They are a record of another format than this crate's.
    #[error("the record has format {format}, and this driver knows 1; use a newer driver")]
    Incompatible {
        /// The format's number.
        format: u32,
    },
}

impl EnvelopeError {
    /// The kind that a driver answers with: [`Corrupt`](ErrorKind::Corrupt) or
    /// [`Incompatible`](ErrorKind::Incompatible).
    #[must_use]
    pub fn kind(self) -> ErrorKind {
        match self {
            EnvelopeError::Corrupt => ErrorKind::Corrupt,
            EnvelopeError::Incompatible { .. } => ErrorKind::Incompatible,
        }
    }
}

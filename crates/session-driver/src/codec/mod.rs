//! How a session's value becomes bytes, and bytes a value.

#[cfg(feature = "bincode")]
mod bincode;
#[cfg(feature = "json")]
mod json;
#[cfg(any(feature = "bincode", feature = "json", feature = "messagepack"))]
mod limits;
#[cfg(feature = "messagepack")]
mod messagepack;

#[cfg(feature = "bincode")]
pub use self::bincode::Bincode;
#[cfg(feature = "json")]
pub use self::json::Json;
#[cfg(feature = "messagepack")]
pub use self::messagepack::MessagePack;

/// Turns values of `T` into bytes and back.
///
/// [`MessagePack`](crate::MessagePack) is the default of [`Sessions`](crate::Sessions);
/// [`Json`](crate::Json) and [`Bincode`](crate::Bincode) are the others here. Each is a
/// [feature](crate#features).
///
/// # Implementing
/// What `decode` is given may be hostile. It must not panic, and its memory must be bounded by the
/// length of the bytes, whatever lengths they claim; it must read them all. What `encode` accepts,
/// `decode` should give back, so that a value that cannot come back is refused while somebody still
/// has it.
pub trait Codec<T> {
    /// The codec's number. It stands before the encoded value, so that one codec never decodes what
    /// another wrote.
    ///
    /// 0 to 127 belong to this crate; other codecs choose from 128 to 255.
    const TAG: u8;

    /// Appends the encoded value to `bytes`.
    ///
    /// # Errors
    /// [`Unencodable`](CodecErrorKind::Unencodable). What is in `bytes` is then of no use.
    fn encode(&self, value: &T, bytes: &mut Vec<u8>) -> Result<(), CodecError>;

    /// The value that was encoded as exactly these bytes.
    ///
    /// # Errors
    /// [`Corrupt`](CodecErrorKind::Corrupt) or [`Incompatible`](CodecErrorKind::Incompatible).
    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError>;
}

/// Why a value could not be encoded or decoded: a kind, and a reason that is part of the program.
///
/// The messages of serialization libraries quote what they choke on (`invalid type: string
/// "hunter2"`), and a session is a secret. So none of them is kept: a reason is a `&'static str`,
/// and nothing that was stored can get into it (rule ID-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct CodecError {
    kind: CodecErrorKind,
    reason: &'static str,
}

impl CodecError {
    /// An error for this reason, for authors of codecs.
    #[must_use]
    pub const fn new(kind: CodecErrorKind, reason: &'static str) -> CodecError {
        CodecError { kind, reason }
    }

    /// What went wrong, for branching.
    #[must_use]
    pub const fn kind(&self) -> CodecErrorKind {
        self.kind
    }

    #[cfg(any(feature = "bincode", feature = "json", feature = "messagepack"))]
    const fn unencodable(reason: &'static str) -> CodecError {
        CodecError::new(CodecErrorKind::Unencodable, reason)
    }

    pub(crate) const fn corrupt(reason: &'static str) -> CodecError {
        CodecError::new(CodecErrorKind::Corrupt, reason)
    }

    pub(crate) const fn incompatible(reason: &'static str) -> CodecError {
        CodecError::new(CodecErrorKind::Incompatible, reason)
    }
}

/// What went wrong in a [`Codec`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodecErrorKind {
    /// The value cannot be encoded, or could not be decoded again.
    Unencodable,
    /// The bytes are malformed: damaged, cut short, or too long.
    Corrupt,
    /// The bytes are well-formed, but of another codec, schema or shape.
    Incompatible,
}

//! One error type, with few and closed kinds to branch on.

use std::fmt;

/// The result of an operation on a driver or a handle.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A failed operation: its kind, which operation it was, which driver failed, and the cause.
///
/// `Display` says what failed and leaves the cause to [`source`](std::error::Error::source).
/// Neither holds an id or a payload (rule ID-4), and whoever gives a cause to
/// [`with_source`](Error::with_source) answers for that of the cause, too.
///
/// Every kind but [`Indeterminate`](ErrorKind::Indeterminate) says that the operation changed
/// nothing (traverse and sweep excepted: they may have done a part).
#[derive(Debug, thiserror::Error)]
#[error("{driver}: {operation} failed: {kind}")]
pub struct Error {
    kind: ErrorKind,
    operation: Operation,
    driver: &'static str,
    source: Option<Source>,
}

impl Error {
    /// An error without a cause, for authors of drivers. `driver` is the driver's short name, such
    /// as `"file"`.
    #[must_use]
    pub fn new(kind: ErrorKind, operation: Operation, driver: &'static str) -> Error {
        Error {
            kind,
            operation,
            driver,
            source: None,
        }
    }

    /// The same error with its cause, which must hold neither an id nor a payload.
    #[must_use]
    pub fn with_source(self, source: impl Into<Source>) -> Error {
        Error {
            source: Some(source.into()),
            ..self
        }
    }

    /// What went wrong, for branching.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Which operation failed.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The short name of the driver that failed.
    #[must_use]
    pub fn driver(&self) -> &'static str {
        self.driver
    }

    /// Whether the same call may succeed later without anybody's help: for Busy, Locked and
    /// Unavailable alone.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }
}

/// What went wrong. The kinds are closed: a driver maps every failure to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The backend cannot express the deadline.
    InvalidDeadline,
    /// The payload is larger than the driver's declared maximum.
    PayloadTooLarge,
    /// The id is live and was to be absent.
    AlreadyExists,
    /// The id is absent and was to be live.
    NotFound,
    /// The id is live at another version than the one asked for: somebody else stored in between.
    Conflict,
    /// The record's bytes are damaged. Only this id is affected; remove it, or store with
    /// [`Any`](crate::Precondition::Any).
    Corrupt,
    /// The bytes are of a newer format, another codec or another schema, or the place holds another
    /// program's data.
    Incompatible,
    /// Others were using the record or the backend for longer than the declared bound. Retry.
    Busy,
    /// Another process or instance has the backend open, and the driver does not share. Retry when
    /// it is gone.
    Locked,
    /// The backend cannot be reached, or has stopped. Retry when it is back.
    Unavailable,
    /// Whether a write happened cannot be known. Read before deciding; never repeat it blindly.
    Indeterminate,
    /// The operating system or the server refuses access.
    PermissionDenied,
    /// The disk or the server's memory is full.
    StorageFull,
    /// The driver, as configured, cannot do this at all.
    Unsupported,
    /// Something else; the source says what.
    Other,
}

impl ErrorKind {
    /// Whether the same call may succeed later without anybody's help: for Busy, Locked and
    /// Unavailable alone.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            ErrorKind::Busy | ErrorKind::Locked | ErrorKind::Unavailable
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::InvalidDeadline => "the backend cannot express the deadline",
            ErrorKind::PayloadTooLarge => "the payload is larger than the declared maximum",
            ErrorKind::AlreadyExists => "a live session has this id already",
            ErrorKind::NotFound => "there is no live session with this id",
            ErrorKind::Conflict => "the session was stored by somebody else in between",
            ErrorKind::Corrupt => "the stored bytes are damaged",
            ErrorKind::Incompatible => {
                "the stored bytes are of another format, codec, schema or program"
            }
            ErrorKind::Busy => "others used it for longer than the declared bound",
            ErrorKind::Locked => "another process or instance has it open",
            ErrorKind::Unavailable => "the backend cannot be reached",
            ErrorKind::Indeterminate => "whether the write happened cannot be known",
            ErrorKind::PermissionDenied => "access was refused",
            ErrorKind::StorageFull => "the storage is full",
            ErrorKind::Unsupported => "the driver cannot do this as it is configured",
            ErrorKind::Other => "an unexpected error",
        })
    }
}

/// Which operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Opening a driver.
    Open,
    /// Minting an id or a version.
    Generate,
    /// [`SessionDriver::retrieve`](crate::SessionDriver::retrieve)
    Retrieve,
    /// [`SessionDriver::store`](crate::SessionDriver::store)
    Store,
    /// [`SessionDriver::touch`](crate::SessionDriver::touch)
    Touch,
    /// [`SessionDriver::remove`](crate::SessionDriver::remove)
    Remove,
    /// [`SessionDriver::rotate`](crate::SessionDriver::rotate)
    Rotate,
    /// [`SessionDriver::traverse`](crate::SessionDriver::traverse)
    Traverse,
    /// [`SessionDriver::sweep`](crate::SessionDriver::sweep)
    Sweep,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operation::Open => "open",
            Operation::Generate => "generate",
            Operation::Retrieve => "retrieve",
            Operation::Store => "store",
            Operation::Touch => "touch",
            Operation::Remove => "remove",
            Operation::Rotate => "rotate",
            Operation::Traverse => "traverse",
            Operation::Sweep => "sweep",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn display_leaves_the_cause_to_source() {
        let error = Error::new(ErrorKind::Unavailable, Operation::Store, "test")
            .with_source("the cable is out");
        assert_eq!(
            error.to_string(),
            "test: store failed: the backend cannot be reached"
        );
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("the cable is out")
        );
    }

    #[test]
    fn three_kinds_alone_are_retryable() {
        use ErrorKind::*;
        for kind in [Busy, Locked, Unavailable] {
            assert!(kind.is_retryable(), "{kind:?}");
        }
        for kind in [
            InvalidDeadline,
            PayloadTooLarge,
            AlreadyExists,
            NotFound,
            Conflict,
            Corrupt,
            Incompatible,
            Indeterminate,
            PermissionDenied,
            StorageFull,
            Unsupported,
            Other,
        ] {
            assert!(!kind.is_retryable(), "{kind:?}");
        }
    }
}

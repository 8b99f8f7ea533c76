//! What a driver's errors are to tower-sessions.

use std::error::Error as _;
use std::iter;

use session_driver::{Error, ErrorKind};
use tower_sessions_core::session_store;

/// A driver's error, by its kind: what cannot be stored as it is, what cannot be read, and all else.
pub(crate) fn failed(error: Error) -> session_store::Error {
    let wrap = match error.kind() {
        ErrorKind::InvalidDeadline | ErrorKind::PayloadTooLarge => session_store::Error::Encode,
        ErrorKind::Corrupt | ErrorKind::Incompatible => session_store::Error::Decode,
        ErrorKind::AlreadyExists
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Busy
        | ErrorKind::Locked
        | ErrorKind::Unavailable
        | ErrorKind::Indeterminate
        | ErrorKind::PermissionDenied
        | ErrorKind::StorageFull
        | ErrorKind::Unsupported
        | ErrorKind::Other => session_store::Error::Backend,
    };
    wrap(message(&error))
}

/// An error of the step before the driver, which has no kind of its own.
pub(crate) fn unencodable(error: Error) -> session_store::Error {
    session_store::Error::Encode(message(&error))
}

/// The error and its causes, for tower-sessions keeps a text alone. None of them holds an id or a
/// payload (rule ID-4).
fn message(error: &Error) -> String {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |message, cause| {
        format!("{message}: {cause}")
    })
}

#[cfg(test)]
mod tests {
    use session_driver::Operation;

    use super::*;

    fn wrapped(kind: ErrorKind) -> session_store::Error {
        failed(Error::new(kind, Operation::Store, "test").with_source("the cable is out"))
    }

    #[test]
    fn every_kind_has_its_place_and_the_cause_is_told() {
        use ErrorKind::*;
        use session_store::Error::{Backend, Decode, Encode};

        for kind in [InvalidDeadline, PayloadTooLarge] {
            assert!(matches!(wrapped(kind), Encode(_)), "{kind:?}");
        }
        for kind in [Corrupt, Incompatible] {
            assert!(matches!(wrapped(kind), Decode(_)), "{kind:?}");
        }
        for kind in [
            AlreadyExists,
            NotFound,
            Conflict,
            Busy,
            Locked,
            Unavailable,
            Indeterminate,
            PermissionDenied,
            StorageFull,
            Unsupported,
            Other,
        ] {
            assert!(matches!(wrapped(kind), Backend(_)), "{kind:?}");
        }
        assert_eq!(
            wrapped(Unavailable).to_string(),
            "test: store failed: the backend cannot be reached: the cable is out"
        );
    }
}

//! What a driver's errors are to tower-sessions.

use std::error::Error as _;
use std::iter;

use session_driver::{Error, ErrorKind};

/// An error of tower-sessions' store. Every version has these three kinds, each with a message.
#[derive(Debug)]
pub(crate) enum Failure {
    Encode(String),
    Decode(String),
    Backend(String),
}

impl Failure {
    /// The failure to encode values. Its error has no kind of its own.
    pub(crate) fn unencodable(error: &Error) -> Failure {
        Failure::Encode(message(error))
    }
}

/// By kind: what cannot be stored as it is, what cannot be read, and all else.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let wrap = match error.kind() {
            ErrorKind::InvalidDeadline | ErrorKind::PayloadTooLarge => Failure::Encode,
            ErrorKind::Corrupt | ErrorKind::Incompatible => Failure::Decode,
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
            | ErrorKind::Other => Failure::Backend,
        };
        wrap(message(&error))
    }
}

/// The error and its causes in one text, because tower-sessions keeps nothing else. None of them
/// holds an id or a payload (rule ID-4).
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

    fn failure(kind: ErrorKind) -> Failure {
        Error::new(kind, Operation::Store, "test")
            .with_source("the cable is out")
            .into()
    }

    #[test]
    fn every_kind_has_its_place_and_the_cause_is_told() {
        use ErrorKind::*;

        for kind in [InvalidDeadline, PayloadTooLarge] {
            assert!(matches!(failure(kind), Failure::Encode(_)), "{kind:?}");
        }
        for kind in [Corrupt, Incompatible] {
            assert!(matches!(failure(kind), Failure::Decode(_)), "{kind:?}");
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
            let Failure::Backend(message) = failure(kind) else {
                panic!("{kind:?}");
            };
            assert!(message.ends_with(": the cable is out"), "{message}");
        }
        let Failure::Backend(message) = failure(Unavailable) else {
            panic!("a backend that is down");
        };
        assert_eq!(
            message,
            "test: store failed: the backend cannot be reached: the cable is out"
        );
    }
}

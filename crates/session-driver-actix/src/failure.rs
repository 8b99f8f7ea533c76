//! What went wrong in a call of actix-session, before it is one of its errors.

use session_driver::{Error, ErrorKind, Operation};

/// How a save or an update fails. actix-session tells the two apart in every version.
#[derive(Debug)]
pub(crate) enum Failure {
    Encode(Error),
    Store(Error),
}

/// The id of this operation names no session.
pub(crate) fn not_found(operation: Operation) -> Error {
    Error::new(ErrorKind::NotFound, operation, "session-driver-actix")
}

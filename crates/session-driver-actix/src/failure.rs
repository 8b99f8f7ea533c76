//! Errors of a driver as those that actix-session has.

use actix_session::storage::{LoadError, SaveError, UpdateError};
use session_driver::{Error, ErrorKind, Operation};

/// The id of this operation names no session.
pub(crate) fn not_found(operation: Operation) -> Error {
    Error::new(ErrorKind::NotFound, operation, "session-driver-actix")
}

/// Never [`LoadError::Deserialization`]: the middleware answers that with an empty session under
/// the same key, and the request's update would replace what could not be read.
pub(crate) fn load(error: Error) -> LoadError {
    LoadError::Other(error.into())
}

/// How [`save`](actix_session::storage::SessionStore::save) and
/// [`update`](actix_session::storage::SessionStore::update) fail.
#[derive(Debug)]
pub(crate) enum Failure {
    Encode(Error),
    Store(Error),
}

impl From<Failure> for SaveError {
    fn from(failure: Failure) -> SaveError {
        match failure {
            Failure::Encode(error) => SaveError::Serialization(error.into()),
            Failure::Store(error) => SaveError::Other(error.into()),
        }
    }
}

impl From<Failure> for UpdateError {
    fn from(failure: Failure) -> UpdateError {
        match failure {
            Failure::Encode(error) => UpdateError::Serialization(error.into()),
            Failure::Store(error) => UpdateError::Other(error.into()),
        }
    }
}

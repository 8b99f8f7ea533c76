//! What a visitor sees when something failed.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use session_driver_tower::session_driver::{Error, ErrorKind};
use tower_sessions::session;

use super::pages;

/// Why a request has no answer of its own.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no such page, or no such tea.
    NotFound,
    /// From a basket, or a record of a session.
    Driver(Error),
    /// From tower-sessions.
    Session(session::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Driver(error)
    }
}

impl From<session::Error> for Failure {
    fn from(error: session::Error) -> Failure {
        Failure::Session(error)
    }
}

impl IntoResponse for Failure {
    #[allow(clippy::print_stderr, reason = "the log of a small program")]
    fn into_response(self) -> Response {
        let status = match self {
            Failure::NotFound => StatusCode::NOT_FOUND,
            Failure::Driver(error) => {
                eprintln!("store: {error}");
                // So many at once that no turn came is a matter of a moment, too.
                if error.is_retryable() || error.kind() == ErrorKind::Conflict {
                    StatusCode::SERVICE_UNAVAILABLE
                } else {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            }
            Failure::Session(error) => {
                eprintln!("session: {error}");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, pages::failure(status)).into_response()
    }
}

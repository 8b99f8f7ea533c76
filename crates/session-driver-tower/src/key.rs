//! Ids of tower-sessions as ids of a driver.

use session_driver::{Error, ErrorKind, Operation, Result, SessionId};
use tower_sessions_core::session::Id;

/// The driver's id for a session's: what stands in its cookie, 22 characters of base64 in the
/// alphabet that is safe in URLs ([RFC 4648], section 5), one text for each number.
///
/// [RFC 4648]: https://www.rfc-editor.org/rfc/rfc4648#section-5
pub(crate) fn of(id: &Id) -> SessionId {
    SessionId::parse(&id.to_string()).expect("22 characters of base64 are within the grammar")
}

/// A fresh id of 128 bits from the operating system's generator (rule ID-6).
///
/// # Errors
/// Unavailable when the operating system has no randomness to give.
pub(crate) fn mint() -> Result<Id> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|source| {
        Error::new(
            ErrorKind::Unavailable,
            Operation::Generate,
            "session-driver-tower",
        )
        .with_source(source)
    })?;
    Ok(Id(i128::from_le_bytes(bits)))
}

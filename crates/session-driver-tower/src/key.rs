//! Ids of tower-sessions as ids of a driver.

use std::fmt::Display;

use session_driver::{Error, ErrorKind, Operation, Result, SessionId};

/// The driver's id for a tower-sessions id: the text in the cookie, the same in every version. It
/// is 22 characters of base64 in the URL-safe alphabet ([RFC 4648], section 5), one text for each
/// number.
///
/// [RFC 4648]: https://www.rfc-editor.org/rfc/rfc4648#section-5
pub(crate) fn of(id: impl Display) -> SessionId {
    SessionId::parse(&id.to_string()).expect("22 characters of base64 are within the grammar")
}

/// The number of a fresh id: 128 bits from the operating system's generator (rule ID-6).
///
/// # Errors
/// Unavailable when the operating system has no randomness to give.
pub(crate) fn mint() -> Result<i128> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|source| {
        Error::new(
            ErrorKind::Unavailable,
            Operation::Generate,
            "session-driver-tower",
        )
        .with_source(source)
    })?;
    Ok(i128::from_le_bytes(bits))
}

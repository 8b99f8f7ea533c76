//! What must hold for a store to happen.

use crate::error::ErrorKind;
use crate::record::Version;

/// What must hold of the id for a [`store`](crate::SessionDriver::store) to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing: create or replace. Not for saving what was read, for it brings a removed session
    /// back (rule RES-1).
    Any,
    /// The id is absent: create.
    Absent,
    /// The id is live, at whatever version: replace.
    Present,
    /// The id is live at this version: replace what was read and nothing else.
    Version(Version),
}

impl Precondition {
    /// Whether the precondition holds of an id whose live record has version `live` (`None` when
    /// the id is absent).
    ///
    /// # Errors
    /// The kind a driver answers with: [`AlreadyExists`](ErrorKind::AlreadyExists) for
    /// [`Absent`](Precondition::Absent) on a live id, [`NotFound`](ErrorKind::NotFound) for
    /// [`Present`](Precondition::Present) or [`Version`](Precondition::Version) on an absent one,
    /// [`Conflict`](ErrorKind::Conflict) for another version.
    pub fn check(self, live: Option<Version>) -> Result<(), ErrorKind> {
        match (self, live) {
            (Precondition::Any, _)
            | (Precondition::Absent, None)
            | (Precondition::Present, Some(_)) => Ok(()),
            (Precondition::Absent, Some(_)) => Err(ErrorKind::AlreadyExists),
            (Precondition::Present | Precondition::Version(_), None) => Err(ErrorKind::NotFound),
            (Precondition::Version(expected), Some(found)) if expected == found => Ok(()),
            (Precondition::Version(_), Some(_)) => Err(ErrorKind::Conflict),
        }
    }
}

//! Minting ids for new sessions.

use crate::error::{Error, ErrorKind, Result};
use crate::id::SessionId;

/// How many ids are minted before a create or rotate gives up. A second one is never needed in
/// practice: ids have 160 random bits.
const MINT_TRIES: usize = 8;

/// Mints ids until one is not taken, at most 8.
///
/// A create stores under [`Precondition::Absent`](crate::Precondition::Absent), so an id that is
/// live is noticed, and the session under it stays as it is.
///
/// ```
/// use session_driver::adapter::{FreshIds, RecordCodec};
/// use session_driver::{Codec, Precondition, Result, SessionDriver, SessionId};
///
/// fn create<T, C: Codec<T>>(
///     driver: &dyn SessionDriver,
///     records: &RecordCodec<T, C>,
///     value: &T,
/// ) -> Result<SessionId> {
///     let now = records.now();
///     let encoded = records.encode(value, None, now)?;
///     let mut ids = FreshIds::default();
///     loop {
///         let id = ids.next_id()?;
///         match driver.store(&id, encoded.as_new_record(), Precondition::Absent, now) {
///             Ok(_) => return Ok(id),
///             Err(error) => ids.retry_if_taken(error)?,
///         }
///     }
/// }
/// ```
#[derive(Debug, Default)]
pub struct FreshIds {
    tries: usize,
}

impl FreshIds {
    /// The next id to try: [`SessionId::generate`].
    ///
    /// # Errors
    /// - Unavailable when the operating system has no randomness to give.
    pub fn next_id(&mut self) -> Result<SessionId> {
        self.tries += 1;
        SessionId::generate()
    }

    /// `Ok` when the error says that the id is taken and another is to be tried.
    ///
    /// # Errors
    /// - The same error, when it is of another kind than AlreadyExists, or when 8 ids were tried.
    pub fn retry_if_taken(&self, error: Error) -> Result<()> {
        if error.kind() == ErrorKind::AlreadyExists && self.tries < MINT_TRIES {
            Ok(())
        } else {
            Err(error)
        }
    }
}

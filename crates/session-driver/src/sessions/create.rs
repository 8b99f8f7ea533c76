//! New sessions.

use super::Sessions;
use crate::adapter::{FreshIds, handle};
use crate::codec::Codec;
use crate::driver::SessionDriver;
use crate::error::Result;
use crate::expiry::Expiry;
use crate::id::SessionId;
use crate::precondition::Precondition;
use crate::session::Session;

impl<T, D: SessionDriver, C: Codec<T>> Sessions<T, D, C> {
    /// Stores a new session under a fresh id.
    ///
    /// Nothing is stored when it fails, except after Indeterminate: then a session may exist whose
    /// id no caller knows, until it expires.
    ///
    /// # Errors
    /// - Other when the value cannot be encoded.
    /// - InvalidDeadline when the backend cannot express the deadline.
    /// - PayloadTooLarge over the driver's declared maximum.
    /// - AlreadyExists when each of 8 fresh ids was taken: something is wrong with the driver.
    pub fn create(&self, value: T) -> Result<Session<T>> {
        self.store_fresh(value, None)
    }

    /// Stores a new session that has an expiry rule of its own from the start, as if by
    /// [`Session::set_expiry`].
    ///
    /// # Errors
    /// Those of [`create`](Sessions::create).
    pub fn create_with(&self, value: T, expiry: Expiry) -> Result<Session<T>> {
        self.store_fresh(value, Some(expiry))
    }

    /// Stores a new session under this id: for applications that mint their own tokens, and for
    /// sessions that are migrated from another store.
    ///
    /// A live session under the id stays as it is, and no other id is tried.
    ///
    /// <div class="warning">
    ///
    /// Never pass an id that a client sent, such as the one in a visitor's cookie. An attacker who
    /// plants a cookie in the victim's browser knows the id, and shares the session after the
    /// login (session fixation, [CWE-384]). The id must come from the application itself, with at
    /// least 128 bits of entropy from a cryptographically secure generator (rule ID-6); a user's
    /// number, a time or a hash of either can be guessed. [`create`](Sessions::create) does all of
    /// this.
    ///
    /// </div>
    ///
    /// ```
    /// use session_driver::{ErrorKind, MemoryDriver, SessionId, Sessions};
    ///
    /// # fn token_from_the_applications_csprng() -> &'static str { "8f14e45fceea167a5a36dedd4bea2543" }
    /// let sessions = Sessions::<u32, _>::new(MemoryDriver::new());
    /// let id = SessionId::parse(token_from_the_applications_csprng())?;
    /// sessions.create_at(&id, 1)?;
    /// let taken = sessions.create_at(&id, 2).unwrap_err();
    /// assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [CWE-384]: https://cwe.mitre.org/data/definitions/384.html
    ///
    /// # Errors
    /// - AlreadyExists when a live session has the id.
    /// - Other when the value cannot be encoded.
    /// - InvalidDeadline when the backend cannot express the deadline.
    /// - PayloadTooLarge over the driver's declared maximum.
    /// - Corrupt or Incompatible when what is stored under the id cannot be judged.
    /// - Indeterminate when the session may have been stored: retrieve it before deciding.
    pub fn create_at(&self, id: &SessionId, value: T) -> Result<Session<T>> {
        self.store_at(id, value, None)
    }

    /// Like [`create_at`](Sessions::create_at), with an expiry rule of the session's own, as if by
    /// [`Session::set_expiry`]. A migrated session keeps its deadline with [`Expiry::At`].
    ///
    /// The warning at [`create_at`](Sessions::create_at) holds here, too.
    ///
    /// # Errors
    /// Those of [`create_at`](Sessions::create_at).
    pub fn create_at_with(&self, id: &SessionId, value: T, expiry: Expiry) -> Result<Session<T>> {
        self.store_at(id, value, Some(expiry))
    }

    fn store_fresh(&self, value: T, expiry: Option<Expiry>) -> Result<Session<T>> {
        let now = self.records.now();
        let encoded = self.records.encode(&value, expiry, now)?;
        let mut ids = FreshIds::default();
        loop {
            let id = ids.next_id()?;
            let record = encoded.as_new_record();
            match self.driver.store(&id, record, Precondition::Absent, now) {
                Ok(version) => return Ok(handle::created(id, value, &encoded, version)),
                Err(error) => ids.retry_if_taken(error)?,
            }
        }
    }

    fn store_at(&self, id: &SessionId, value: T, expiry: Option<Expiry>) -> Result<Session<T>> {
        let now = self.records.now();
        let encoded = self.records.encode(&value, expiry, now)?;
        let record = encoded.as_new_record();
        let version = self.driver.store(id, record, Precondition::Absent, now)?;
        Ok(handle::created(id.clone(), value, &encoded, version))
    }
}

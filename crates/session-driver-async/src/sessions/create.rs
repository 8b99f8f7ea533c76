//! New sessions.

use session_driver::adapter::{FreshIds, handle};
use session_driver::{Codec, Expiry, Precondition, Result, Session, SessionId};

use super::AsyncSessions;
use crate::driver::AsyncSessionDriver;

impl<T, A: AsyncSessionDriver, C: Codec<T>> AsyncSessions<T, A, C> {
    /// Stores a new session under a fresh id. Like
    /// [`Sessions::create`](session_driver::Sessions::create), asynchronously.
    ///
    /// # Errors
    /// Those of [`Sessions::create`](session_driver::Sessions::create).
    pub async fn create(&self, value: T) -> Result<Session<T>> {
        self.store_fresh(value, None).await
    }

    /// Stores a new session that has an expiry rule of its own. Like
    /// [`Sessions::create_with`](session_driver::Sessions::create_with), asynchronously.
    ///
    /// # Errors
    /// Those of [`Sessions::create`](session_driver::Sessions::create).
    pub async fn create_with(&self, value: T, expiry: Expiry) -> Result<Session<T>> {
        self.store_fresh(value, Some(expiry)).await
    }

    /// Stores a new session under this id, if no live session has it. Like
    /// [`Sessions::create_at`](session_driver::Sessions::create_at), asynchronously.
    ///
    /// <div class="warning">
    ///
    /// Never pass an id that a client sent, such as the one in a visitor's cookie: an attacker who
    /// plants a cookie shares the session after the login (session fixation, [CWE-384]). The id
    /// must come from the application itself, with at least 128 bits of entropy from a
    /// cryptographically secure generator.
    ///
    /// </div>
    ///
    /// [CWE-384]: https://cwe.mitre.org/data/definitions/384.html
    ///
    /// # Errors
    /// Those of [`Sessions::create_at`](session_driver::Sessions::create_at).
    pub async fn create_at(&self, id: &SessionId, value: T) -> Result<Session<T>> {
        self.store_at(id, value, None).await
    }

    /// Like [`create_at`](AsyncSessions::create_at), with an expiry rule of the session's own. The
    /// warning there holds here, too.
    ///
    /// # Errors
    /// Those of [`Sessions::create_at`](session_driver::Sessions::create_at).
    pub async fn create_at_with(
        &self,
        id: &SessionId,
        value: T,
        expiry: Expiry,
    ) -> Result<Session<T>> {
        self.store_at(id, value, Some(expiry)).await
    }

    async fn store_fresh(&self, value: T, expiry: Option<Expiry>) -> Result<Session<T>> {
        let now = self.records.now();
        let encoded = self.records.encode(&value, expiry, now)?;
        let mut ids = FreshIds::default();
        loop {
            let id = ids.next_id()?;
            let record = encoded.as_new_record();
            let stored = self.driver.store(&id, record, Precondition::Absent, now);
            match stored.await {
                Ok(version) => return Ok(handle::created(id, value, &encoded, version)),
                Err(error) => ids.retry_if_taken(error)?,
            }
        }
    }

    async fn store_at(
        &self,
        id: &SessionId,
        value: T,
        expiry: Option<Expiry>,
    ) -> Result<Session<T>> {
        let now = self.records.now();
        let encoded = self.records.encode(&value, expiry, now)?;
        let record = encoded.as_new_record();
        let stored = self.driver.store(id, record, Precondition::Absent, now);
        let version = stored.await?;
        Ok(handle::created(id.clone(), value, &encoded, version))
    }
}

//! What the store does in each of tower-sessions' calls, without the types of any of its versions.
//! `versions.rs` binds these methods to the traits.

use session_driver::adapter::SWEEP_CHUNK;
use session_driver::{Codec, ErrorKind, Expiry, Precondition, SessionId};
use session_driver_async::AsyncSessionDriver;
use time::OffsetDateTime;
use tokio::task::yield_now;

use crate::date::{date, deadline};
use crate::failure::Failure;
use crate::store::{Data, DriverStore, OnVanished};

impl<A: AsyncSessionDriver, C: Codec<Data>> DriverStore<A, C> {
    /// Stores a session under an id that no session has.
    pub(crate) async fn create_session(
        &self,
        id: &SessionId,
        data: &Data,
        expiry_date: OffsetDateTime,
    ) -> Result<(), Failure> {
        let stored = self.store_session(id, data, expiry_date, Precondition::Absent);
        Ok(stored.await??)
    }

    /// Replaces the live session under this id. Where there is none, [`OnVanished`] decides.
    pub(crate) async fn save_session(
        &self,
        id: &SessionId,
        data: &Data,
        expiry_date: OffsetDateTime,
    ) -> Result<(), Failure> {
        let stored = self.store_session(id, data, expiry_date, Precondition::Present);
        match stored.await? {
            Err(error)
                if error.kind() == ErrorKind::NotFound
                    && self.on_vanished == OnVanished::Discard =>
            {
                Ok(())
            }
            saved => Ok(saved?),
        }
    }

    async fn store_session(
        &self,
        id: &SessionId,
        data: &Data,
        expiry_date: OffsetDateTime,
        when: Precondition,
    ) -> Result<session_driver::Result<()>, Failure> {
        // With this rule every other writer of the session, such as an update by `AsyncSessions`,
        // keeps the deadline that tower-sessions set.
        let rule = Some(Expiry::At(deadline(expiry_date)));
        let now = self.records.now();
        let encoded = self.records.encode(data, rule, now);
        let encoded = encoded.map_err(|error| Failure::unencodable(&error))?;
        let stored = self.driver.store(id, encoded.as_new_record(), when, now);
        Ok(stored.await.map(drop))
    }

    /// The values and the date of the live session under this id.
    pub(crate) async fn load_session(
        &self,
        id: &SessionId,
    ) -> Result<Option<(Data, OffsetDateTime)>, Failure> {
        let found = self.driver.retrieve(id, self.records.now()).await?;
        let Some(record) = found else {
            return Ok(None);
        };
        let session = self.records.decode(id, record)?;
        let expiry_date = date(session.expires_at());
        Ok(Some((session.into_inner(), expiry_date)))
    }

    /// Removes the session under this id, if there is one.
    pub(crate) async fn delete_session(&self, id: &SessionId) -> Result<(), Failure> {
        self.driver.remove(id, self.records.now()).await?;
        Ok(())
    }

    /// Removes every session that has expired by now. Yields to other tasks between two steps.
    pub(crate) async fn delete_expired_sessions(&self) -> Result<(), Failure> {
        let now = self.records.now();
        while self.driver.sweep(now, SWEEP_CHUNK).await?.more {
            yield_now().await;
        }
        Ok(())
    }
}

//! What the store does in each of actix-session's calls, without the types of any of its versions.
//! `versions.rs` binds these methods to the traits.

use actix_web::cookie::time;
use session_driver::adapter::{EncodedRecord, FreshIds};
use session_driver::{
    Codec, Error, ErrorKind, Expiry, Operation, Precondition, Result, SessionId, Timestamp,
};
use session_driver_async::AsyncSessionDriver;

use crate::failure::{Failure, not_found};
use crate::on_vanished::OnVanished;
use crate::store::{DriverStore, State};

impl<A: AsyncSessionDriver, C: Codec<State>> DriverStore<A, C> {
    /// The state of the live session under this key.
    pub(crate) async fn load_session(&self, key: &str) -> Result<Option<State>> {
        let Some(id) = id_of(key) else {
            return Ok(None);
        };
        let found = self.driver.retrieve(&id, self.records.now()).await?;
        let Some(record) = found else {
            return Ok(None);
        };
        let session = self.records.decode(&id, record)?;
        Ok(Some(session.into_inner()))
    }

    /// Stores a new session under a fresh id. An id that is taken is replaced by another.
    pub(crate) async fn save_session(
        &self,
        state: &State,
        ttl: &time::Duration,
    ) -> Result<SessionId, Failure> {
        let now = self.records.now();
        let encoded = self.encode(state, ttl, now)?;
        let mut ids = FreshIds::default();
        loop {
            let id = ids.next_id().map_err(Failure::Store)?;
            let record = encoded.as_new_record();
            let stored = self.driver.store(&id, record, Precondition::Absent, now);
            match stored.await {
                Ok(_) => return Ok(id),
                Err(error) => ids.retry_if_taken(error).map_err(Failure::Store)?,
            }
        }
    }

    /// Replaces the state and moves the deadline of the live session under this key. Where there is
    /// none, [`OnVanished`] decides.
    pub(crate) async fn update_session(
        &self,
        key: &str,
        state: &State,
        ttl: &time::Duration,
    ) -> Result<(), Failure> {
        let now = self.records.now();
        let encoded = self.encode(state, ttl, now)?;
        let stored = match id_of(key) {
            Some(id) => {
                let record = encoded.as_new_record();
                let stored = self.driver.store(&id, record, Precondition::Present, now);
                stored.await.map(drop)
            }
            None => Err(not_found(Operation::Store)),
        };
        let kept = stored.or_else(|error| self.unless_vanished(error));
        kept.map_err(Failure::Store)
    }

    /// Moves the deadline of the live session under this key, if there is one.
    pub(crate) async fn touch_session(&self, key: &str, ttl: &time::Duration) -> Result<()> {
        if let Some(id) = id_of(key) {
            let now = self.records.now();
            let expires_at = self.records.touch_deadline(Some(expiry(ttl)), now)?;
            self.driver.touch(&id, expires_at, now).await?;
        }
        Ok(())
    }

    /// Removes the session under this key. Where there is none, [`OnVanished`] decides.
    pub(crate) async fn remove_session(&self, key: &str) -> Result<()> {
        let removed = match id_of(key) {
            Some(id) => self.driver.remove(&id, self.records.now()).await?,
            None => false,
        };
        if !removed {
            self.unless_vanished(not_found(Operation::Remove))?;
        }
        Ok(())
    }

    /// The record of a state with this ttl, stored at `now`.
    fn encode(
        &self,
        state: &State,
        ttl: &time::Duration,
        now: Timestamp,
    ) -> Result<EncodedRecord, Failure> {
        let encoded = self.records.encode(state, Some(expiry(ttl)), now);
        encoded.map_err(|error| match error.kind() {
            ErrorKind::InvalidDeadline => Failure::Store(error),
            _ => Failure::Encode(error),
        })
    }

    /// The error, unless it says that the session has vanished and that is to be ignored.
    fn unless_vanished(&self, error: Error) -> Result<()> {
        match (error.kind(), self.on_vanished) {
            (ErrorKind::NotFound, OnVanished::Discard) => Ok(()),
            _ => Err(error),
        }
    }
}

/// The id that a client's key is; `None` for a text that is no id of any driver.
fn id_of(key: &str) -> Option<SessionId> {
    SessionId::parse(key).ok()
}

/// A negative ttl ends the session at once, like one of zero.
fn expiry(ttl: &time::Duration) -> Expiry {
    Expiry::Ttl((*ttl).try_into().unwrap_or_default())
}

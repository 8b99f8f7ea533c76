//! What the store does in each of actix-session's calls, without the types of any of its versions.
//! `versions.rs` binds these methods to the traits.

use actix_web::cookie::time;
use session_driver::policy::{Mint, Term};
use session_driver::{Codec, Error, ErrorKind, Expiry, Operation, Precondition, Result, SessionId};
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
        let found = self.driver.retrieve(&id, self.policy.now()).await?;
        let Some(record) = found else {
            return Ok(None);
        };
        let session = self.policy.decode(&id, record)?;
        Ok(Some(session.into_inner()))
    }

    /// Stores a new session under a fresh id. An id that is taken is replaced by another.
    pub(crate) async fn save_session(
        &self,
        state: &State,
        ttl: &time::Duration,
    ) -> Result<SessionId, Failure> {
        let (term, payload) = self.encode(state, ttl)?;
        let mut mint = Mint::default();
        loop {
            let id = mint.id().map_err(Failure::Store)?;
            let record = term.record(&payload);
            let stored = self
                .driver
                .store(&id, record, Precondition::Absent, term.now);
            match stored.await {
                Ok(_) => return Ok(id),
                Err(error) => mint.retry(error).map_err(Failure::Store)?,
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
        let (term, payload) = self.encode(state, ttl)?;
        let stored = match id_of(key) {
            Some(id) => {
                let record = term.record(&payload);
                let stored = self
                    .driver
                    .store(&id, record, Precondition::Present, term.now);
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
            let term = self.policy.term(Some(expiry(ttl)), Operation::Touch)?;
            self.driver.touch(&id, term.expires_at, term.now).await?;
        }
        Ok(())
    }

    /// Removes the session under this key. Where there is none, [`OnVanished`] decides.
    pub(crate) async fn remove_session(&self, key: &str) -> Result<()> {
        let removed = match id_of(key) {
            Some(id) => self.driver.remove(&id, self.policy.now()).await?,
            None => false,
        };
        if !removed {
            self.unless_vanished(not_found(Operation::Remove))?;
        }
        Ok(())
    }

    /// The term and the payload of a state with this ttl.
    fn encode(&self, state: &State, ttl: &time::Duration) -> Result<(Term, Vec<u8>), Failure> {
        let rule = Some(expiry(ttl));
        let term = self
            .policy
            .term(rule, Operation::Store)
            .map_err(Failure::Store)?;
        let payload = self.policy.encode(state, rule).map_err(Failure::Encode)?;
        Ok((term, payload))
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

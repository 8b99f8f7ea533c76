//! The operations, made of calls of the driver beneath.

use session_driver::{
    Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionId, Timestamp,
    Version,
};

use super::calls::Calls;
use super::key::KeyRing;
use super::patience::Patience;
use super::seal::Opened;

/// One operation's view of the driver beneath and the keys.
#[derive(Debug)]
pub(super) struct Protocol<'a, C> {
    pub(super) calls: C,
    pub(super) keys: &'a KeyRing,
}

/// A record as it lies beneath, and what is in it.
pub(super) struct Found {
    pub(super) payload: Vec<u8>,
    pub(super) expires_at: Option<Timestamp>,
    /// The version that the layer's callers know.
    pub(super) version: Version,
    /// The version that the driver beneath knows, which a touch changes as well.
    pub(super) inner: Version,
}

impl<C: Calls> Protocol<'_, C> {
    pub(super) fn new(calls: C, keys: &KeyRing) -> Protocol<'_, C> {
        Protocol { calls, keys }
    }

    pub(super) async fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        let found = self.find(id, now, Operation::Retrieve).await?;
        Ok(found.map(|found| Record {
            payload: found.payload,
            expires_at: found.expires_at,
            version: found.version,
        }))
    }

    pub(super) async fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        let sealed = self.keys.seal(id, record.payload, None, Operation::Store)?;
        let sealed = NewRecord {
            payload: &sealed,
            expires_at: record.expires_at,
        };
        let stored = self.calls.store(id, sealed, when, now).await;
        match (when, stored) {
            (Precondition::Version(version), Err(error)) if error.kind() == ErrorKind::Conflict => {
                self.store_if_touched(id, sealed, version, now, error).await
            }
            (_, stored) => stored,
        }
    }

    /// Stores at a version that stands in the seal of a record which was touched; if it does not,
    /// the driver beneath was right to find a `conflict`.
    async fn store_if_touched(
        &self,
        id: &SessionId,
        sealed: NewRecord<'_>,
        version: Version,
        now: Timestamp,
        mut conflict: Error,
    ) -> Result<Version> {
        let patience = self.patience();
        loop {
            let when = match self.find(id, now, Operation::Store).await? {
                Some(found) if found.version == version => Precondition::Version(found.inner),
                Some(_) => return Err(conflict),
                // Gone meanwhile, as the driver beneath will say.
                None => Precondition::Version(version),
            };
            match self.calls.store(id, sealed, when, now).await {
                Err(error) if error.kind() == ErrorKind::Conflict => conflict = error,
                stored => return stored,
            }
            patience.again(Operation::Store)?;
        }
    }

    /// Stores the same payload with another deadline, at the version that was read.
    pub(super) async fn touch(
        &self,
        id: &SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool> {
        let patience = self.patience();
        loop {
            let Some(found) = self.find(id, now, Operation::Touch).await? else {
                return Ok(false);
            };
            let version = Some(found.version);
            let sealed = self
                .keys
                .seal(id, &found.payload, version, Operation::Touch)?;
            let record = NewRecord {
                payload: &sealed,
                expires_at,
            };
            let when = Precondition::Version(found.inner);
            match self.calls.store(id, record, when, now).await {
                Ok(_) => return Ok(true),
                Err(error) => match error.kind() {
                    ErrorKind::NotFound => return Ok(false),
                    ErrorKind::Conflict => patience.again(Operation::Touch)?,
                    _ => return Err(of(Operation::Touch, error)),
                },
            }
        }
    }

    /// The live record under `id`, opened.
    pub(super) async fn find(
        &self,
        id: &SessionId,
        now: Timestamp,
        operation: Operation,
    ) -> Result<Option<Found>> {
        let found = self.calls.retrieve(id, now).await;
        let Some(record) = found.map_err(|error| of(operation, error))? else {
            return Ok(None);
        };
        let Opened { payload, version } = self.keys.open(id, record.payload, operation)?;
        Ok(Some(Found {
            payload,
            expires_at: record.expires_at,
            version: version.unwrap_or(record.version),
            inner: record.version,
        }))
    }

    pub(super) fn patience(&self) -> Patience {
        Patience::new(self.calls.capabilities().contention_bound)
    }
}

/// The failure of a call, as one of the operation that the call was a part of.
pub(super) fn of(operation: Operation, error: Error) -> Error {
    if error.operation() == operation {
        return error;
    }
    Error::new(error.kind(), operation, error.driver()).with_source(error)
}

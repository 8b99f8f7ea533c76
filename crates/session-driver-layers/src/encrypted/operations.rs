//! The operations, made of calls of the driver beneath; rotate has a file of its own.
//!
//! Each that changes a record does so with one store of the driver beneath, at the version that the
//! record has there. If somebody else was quicker it begins again, having changed nothing.

use session_driver::{
    Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionId, Timestamp,
    Version,
};

use super::calls::Calls;
use super::key::KeyRing;
use super::patience::Patience;
use super::seal::{Opened, check_replaceable, open, seal};
use super::{declared, failure};

/// One operation's view of the driver beneath and the keys.
#[derive(Debug)]
pub(super) struct Operations<'a, C> {
    pub(super) calls: C,
    pub(super) keys: &'a KeyRing,
}

impl<C: Calls> Operations<'_, C> {
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
        if record.payload.len() > declared(self.calls.capabilities()).max_payload_bytes {
            return Err(failure(ErrorKind::PayloadTooLarge, Operation::Store));
        }
        let version = Version::random().map_err(during(Operation::Store))?;
        let sealed = seal(self.keys, id, record, version, Operation::Store)?;
        let sealed = NewRecord {
            payload: &sealed,
            ..record
        };
        let patience = self.patience();
        loop {
            let beneath = self.precondition(id, when, now).await?;
            match self.calls.store(id, sealed, beneath, now).await {
                Ok(_) => return Ok(version),
                Err(error) => match error.kind() {
                    ErrorKind::AlreadyExists | ErrorKind::NotFound | ErrorKind::Conflict => {}
                    _ => return Err(error),
                },
            }
            // One that can be opened; else it is Corrupt, and not merely there.
            if when == Precondition::Absent && self.find(id, now, Operation::Store).await?.is_some()
            {
                return Err(failure(ErrorKind::AlreadyExists, Operation::Store));
            }
            patience.again(Operation::Store)?;
        }
    }

    /// What must hold beneath for the store to happen; it holds unless somebody is quicker.
    async fn precondition(
        &self,
        id: &SessionId,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Precondition> {
        match when {
            Precondition::Absent => Ok(Precondition::Absent),
            // A newer format is not to be replaced (rule ERR-6), and the driver beneath cannot
            // see one.
            Precondition::Any => match self.calls.retrieve(id, now).await {
                Ok(None) => Ok(Precondition::Absent),
                Ok(Some(record)) => {
                    check_replaceable(&record.payload, Operation::Store)?;
                    Ok(Precondition::Version(record.version))
                }
                Err(error) if error.kind() == ErrorKind::Corrupt => Ok(Precondition::Any),
                Err(error) => Err(during(Operation::Store)(error)),
            },
            Precondition::Present | Precondition::Version(_) => {
                let found = self.find(id, now, Operation::Store).await?;
                when.check(found.as_ref().map(|found| found.version))
                    .map_err(|kind| failure(kind, Operation::Store))?;
                let beneath = found.map(|found| Precondition::Version(found.beneath));
                Ok(beneath.unwrap_or(Precondition::Present))
            }
        }
    }

    /// Stores the same payload and version with another deadline.
    pub(super) async fn touch(
        &self,
        id: &SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool> {
        let patience = self.patience();
        while let Some(found) = self.find(id, now, Operation::Touch).await? {
            let record = NewRecord {
                payload: &found.payload,
                expires_at,
            };
            let sealed = seal(self.keys, id, record, found.version, Operation::Touch)?;
            let sealed = NewRecord {
                payload: &sealed,
                expires_at,
            };
            let beneath = Precondition::Version(found.beneath);
            match self.calls.store(id, sealed, beneath, now).await {
                Ok(_) => return Ok(true),
                Err(error) => match error.kind() {
                    ErrorKind::NotFound | ErrorKind::Conflict => {}
                    _ => return Err(during(Operation::Touch)(error)),
                },
            }
            patience.again(Operation::Touch)?;
        }
        Ok(false)
    }

    /// The live record under `id`, opened.
    pub(super) async fn find(
        &self,
        id: &SessionId,
        now: Timestamp,
        operation: Operation,
    ) -> Result<Option<Opened>> {
        let found = self.calls.retrieve(id, now).await;
        let found = found.map_err(during(operation))?;
        found
            .map(|record| open(self.keys, id, record, operation))
            .transpose()
    }

    pub(super) fn patience(&self) -> Patience {
        Patience::new(self.calls.capabilities().contention_bound)
    }
}

/// Makes the failure of a call one of the operation that the call was a part of.
pub(super) fn during(operation: Operation) -> impl Fn(Error) -> Error {
    move |error| match error.operation() == operation {
        true => error,
        false => Error::new(error.kind(), operation, error.driver()).with_source(error),
    }
}

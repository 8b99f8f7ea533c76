//! Rotate: a copy that is sealed for the new id, then the remove of what was copied.

use session_driver::{
    Error, ErrorKind, NewRecord, Operation, Precondition, Result, SessionId, Timestamp, Version,
};

use super::calls::Calls;
use super::protocol::{Found, Protocol, of};

/// How one try ended.
enum Try {
    Moved(Version),
    Absent,
    /// `from` or `to` was stored, touched or removed by others meanwhile.
    Overtaken,
}

/// What became of a copy that is not wanted any more.
enum TakenBack {
    /// It is gone, or another's record stands in its place.
    Gone,
    /// It may still be live.
    Unknown,
}

impl<C: Calls> Protocol<'_, C> {
    /// Moves a record by storing `to` and removing `from`.
    pub(super) async fn rotate(
        &self,
        from: &SessionId,
        to: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Version>> {
        let patience = self.patience();
        loop {
            match self.try_to_rotate(from, to, now).await? {
                Try::Moved(version) => return Ok(Some(version)),
                Try::Absent => return Ok(None),
                Try::Overtaken => patience.again(Operation::Rotate)?,
            }
        }
    }

    async fn try_to_rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Try> {
        let Some(found) = self.find(from, now, Operation::Rotate).await? else {
            return Ok(Try::Absent);
        };
        let copy = match self.copy(&found, to, now).await {
            Ok(copy) => copy,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return self.judge_refused(from, &found, now, error).await;
            }
            Err(error) => return Err(error),
        };
        // A conditional remove: touches change the version beneath, too, so that neither an update
        // nor a deadline is lost.
        let nothing = NewRecord {
            payload: b"",
            expires_at: Some(now),
        };
        let when = Precondition::Version(found.inner);
        let Err(error) = self.calls.store(from, nothing, when, now).await else {
            return Ok(Try::Moved(copy));
        };
        if error.kind() == ErrorKind::Indeterminate {
            // Perhaps `from` is gone, and the copy all there is.
            return Err(of(Operation::Rotate, error));
        }
        if let TakenBack::Unknown = self.take_back(to, copy, now).await {
            let unknown = Error::new(ErrorKind::Indeterminate, Operation::Rotate, error.driver());
            return Err(unknown.with_source(error));
        }
        match error.kind() {
            ErrorKind::NotFound => Ok(Try::Absent),
            ErrorKind::Conflict => Ok(Try::Overtaken),
            _ => Err(of(Operation::Rotate, error)),
        }
    }

    /// Stores what was found under `to`, and gives its version there.
    async fn copy(&self, found: &Found, to: &SessionId, now: Timestamp) -> Result<Version> {
        let sealed = self
            .keys
            .seal(to, &found.payload, None, Operation::Rotate)?;
        let record = NewRecord {
            payload: &sealed,
            expires_at: found.expires_at,
        };
        let stored = self.calls.store(to, record, Precondition::Absent, now);
        stored.await.map_err(|error| of(Operation::Rotate, error))
    }

    /// Whether `from` was live while `to` was, so that the copy was `refused` rightly: it may have
    /// gone after it was read and before `to` came to be.
    async fn judge_refused(
        &self,
        from: &SessionId,
        found: &Found,
        now: Timestamp,
        refused: Error,
    ) -> Result<Try> {
        match self.find(from, now, Operation::Rotate).await? {
            None => Ok(Try::Absent),
            Some(again) if again.inner == found.inner => Err(refused),
            Some(_) => Ok(Try::Overtaken),
        }
    }

    /// Removes the copy, touched or not, unless others stored something in its place.
    async fn take_back(&self, to: &SessionId, copy: Version, now: Timestamp) -> TakenBack {
        let nothing = NewRecord {
            payload: b"",
            expires_at: Some(now),
        };
        let when = Precondition::Version(copy);
        match self.store(to, nothing, when, now).await {
            Ok(_) => TakenBack::Gone,
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::Conflict => TakenBack::Gone,
                _ => TakenBack::Unknown,
            },
        }
    }
}

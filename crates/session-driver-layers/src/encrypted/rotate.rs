//! Rotate: a copy that is sealed for the new id, then the remove of what was copied.

use session_driver::{
    Error, ErrorKind, NewRecord, Operation, Precondition, Result, SessionId, Timestamp, Version,
};

use super::calls::Calls;
use super::operations::{Operations, during};
use super::seal::{Opened, seal};
use super::{NAME, failure};

const ROTATE: Operation = Operation::Rotate;

/// What was stored under `to`.
#[derive(Clone, Copy, Debug)]
struct Copied {
    version: Version,
    /// The version that the driver beneath gave it; a touch makes it another.
    beneath: Version,
}

impl<C: Calls> Operations<'_, C> {
    pub(super) async fn rotate(
        &self,
        from: &SessionId,
        to: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Version>> {
        let patience = self.patience();
        while let Some(found) = self.find(from, now, ROTATE).await? {
            let moved = match self.copy(&found, from, to, now).await? {
                Some(copy) => self.remove_copied(&found, from, to, copy, now).await?,
                None => None,
            };
            if moved.is_some() {
                return Ok(moved);
            }
            patience.again(ROTATE)?;
        }
        Ok(None)
    }

    /// Stores what was found under `to`; `None` when it was refused, and may not be when it is tried
    /// again.
    ///
    /// # Errors
    /// AlreadyExists when `from` and `to` were live at one instant; Corrupt or Incompatible when what is
    /// under `to` cannot be opened.
    async fn copy(
        &self,
        found: &Opened,
        from: &SessionId,
        to: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Copied>> {
        if from == to {
            return Err(failure(ErrorKind::AlreadyExists, ROTATE));
        }
        let version = Version::random().map_err(during(ROTATE))?;
        let record = NewRecord {
            payload: &found.payload,
            expires_at: found.expires_at,
        };
        let sealed = seal(self.keys, to, record, version, ROTATE)?;
        let sealed = NewRecord {
            payload: &sealed,
            ..record
        };
        match self
            .calls
            .store(to, sealed, Precondition::Absent, now)
            .await
        {
            Ok(beneath) => return Ok(Some(Copied { version, beneath })),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(during(ROTATE)(error)),
        }
        self.find(to, now, ROTATE).await?;
        // `from` may have gone after it was found and before `to` came to be; but not if it is still
        // what it was.
        let again = self.find(from, now, ROTATE).await?;
        match again.is_some_and(|again| again.beneath == found.beneath) {
            true => Err(failure(ErrorKind::AlreadyExists, ROTATE)),
            false => Ok(None),
        }
    }

    /// Removes `from` if it is what was copied, and gives the copy's version; else takes the copy
    /// back.
    ///
    /// # Errors
    /// Those of the remove. Indeterminate, too, when the copy could not be taken back: it may be
    /// live.
    async fn remove_copied(
        &self,
        found: &Opened,
        from: &SessionId,
        to: &SessionId,
        copy: Copied,
        now: Timestamp,
    ) -> Result<Option<Version>> {
        let Err(error) = self.discard(from, found.beneath, now).await else {
            return Ok(Some(copy.version));
        };
        if error.kind() == ErrorKind::Indeterminate {
            // Perhaps `from` is gone, and the copy all there is.
            return Err(during(ROTATE)(error));
        }
        if let Err(error) = self.take_back(to, copy).await {
            let unknown = Error::new(ErrorKind::Indeterminate, ROTATE, NAME);
            return Err(unknown.with_source(error));
        }
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::Conflict => Ok(None),
            _ => Err(during(ROTATE)(error)),
        }
    }

    /// Removes the copy, touched or not, unless somebody else's record stands in its place. It is
    /// looked at from the first of all instants: a touch may have let it expire at the one of the
    /// rotate, and not at earlier ones.
    async fn take_back(&self, to: &SessionId, mut copy: Copied) -> Result<()> {
        let (now, patience) = (Timestamp::MIN, self.patience());
        loop {
            match self.discard(to, copy.beneath, now).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => return Ok(()),
            }
            match self.find(to, now, ROTATE).await {
                Ok(Some(found)) if found.version == copy.version => copy.beneath = found.beneath,
                Err(error) if !is_of_the_record(&error) => return Err(error),
                Ok(_) | Err(_) => return Ok(()),
            }
            patience.again(ROTATE)?;
        }
    }

    /// Removes the record that has this version beneath (rule EXP-3).
    async fn discard(&self, id: &SessionId, beneath: Version, now: Timestamp) -> Result<()> {
        let nothing = NewRecord {
            payload: b"",
            expires_at: Some(now),
        };
        let when = Precondition::Version(beneath);
        self.calls.store(id, nothing, when, now).await.map(drop)
    }
}

fn is_of_the_record(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Incompatible)
}

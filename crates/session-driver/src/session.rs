//! One session in the hands of a request.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::expiry::Expiry;
use crate::id::SessionId;
use crate::record::Version;
use crate::time::Timestamp;

/// A session as it was created or retrieved: read and change its value through it, then
/// [`save`](crate::Sessions::save) it.
///
/// It dereferences to the value. It remembers the version it was read at, so that a save after
/// somebody else's is refused and not a lost update. Nothing is stored before a save, nor when it
/// is dropped.
///
/// `Debug` shows neither id nor value (rule ID-4).
#[derive(Clone)]
pub struct Session<T> {
    pub(crate) id: SessionId,
    pub(crate) value: T,
    pub(crate) expiry: Option<Expiry>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) version: Version,
}

impl<T> Session<T> {
    /// The session's id, which the client shows to come back to it: a secret.
    #[must_use]
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// The version the session was read or last saved at.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The deadline the session was read or last saved with; `None` for never.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The session's own expiry rule; `None` while it follows that of the
    /// [`Sessions`](crate::Sessions).
    #[must_use]
    pub fn expiry(&self) -> Option<Expiry> {
        self.expiry
    }

    /// Gives the session an expiry rule of its own, such as a month for "remember me".
    ///
    /// The next save stores it and moves the deadline; from then on every save and touch keeps it,
    /// in later requests, too. A rule whose deadline has passed ([`Expiry::At`], or a ttl of zero)
    /// makes the next save remove the session.
    pub fn set_expiry(&mut self, expiry: Expiry) {
        self.expiry = Some(expiry);
    }

    /// Drops the session's own expiry rule; from the next save on it follows that of the
    /// [`Sessions`](crate::Sessions) again.
    pub fn clear_expiry(&mut self) {
        self.expiry = None;
    }

    /// The value alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Session<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Session<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("version", &self.version)
            .field("expires_at", &self.expires_at)
            .field("expiry", &self.expiry)
            .finish_non_exhaustive()
    }
}

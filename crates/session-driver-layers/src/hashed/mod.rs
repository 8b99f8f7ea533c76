//! The backend sees a digest in the place of each id.

#[cfg(feature = "async")]
mod asynchronous;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use data_encoding::BASE64URL_NOPAD;
use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionDriver, SessionId, Swept,
    Timestamp, Version,
};
use sha2::{Digest as _, Sha256};

/// Stands before the id in what is hashed, so that the digests are of no use anywhere else, and
/// those from elsewhere of none here. It ends with a byte that no id has.
const DOMAIN: &[u8] = b"session-driver-layers: session id, 1\0";

/// Hides the ids from the backend: it keeps each record under a SHA-256 digest of its id.
///
/// Whoever reads the backend, or a backup of it, then knows no id to log in with (rule ID-5). The
/// digest has no key and no salt, so it hides what cannot be guessed: the ids that
/// [`SessionId::generate`] mints, and not short ones of your own.
///
/// ```
/// use session_driver_layers::Hashed;
/// use session_driver_layers::session_driver::{ErrorKind, MemoryDriver, Sessions};
///
/// let sessions = Sessions::<String, _>::new(Hashed::new(MemoryDriver::new()));
/// let session = sessions.create("ana".into())?;
/// assert_eq!(*sessions.retrieve(session.id())?.unwrap(), "ana");
///
/// // The ids are not there to be read, so nothing that needs them pretends that it found none.
/// let error = sessions.find(|_, _| std::ops::ControlFlow::Continue(())).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Unsupported);
/// # Ok::<(), session_driver_layers::session_driver::Error>(())
/// ```
///
/// # What is given up
/// The descriptor says `hashed_ids` and not `readable_ids`: a traversal visits the digests, which
/// count the records and name none to any operation (rule TRV-6). So
/// [`Sessions::count`](session_driver::Sessions::count) works, and what needs the ids themselves,
/// [`find`](session_driver::Sessions::find), [`remove_all`](session_driver::Sessions::remove_all)
/// and copying, is Unsupported.
/// Everything else is as the driver beneath does it.
///
/// # What the digest is
/// SHA-256 of the text `session-driver-layers: session id, 1`, a NUL, and the id, as 43 characters of
/// base64 for URLs without padding. So one who has an id can look its record up.
///
/// # Around a store that is in use
/// What was stored under plain ids is absent through this layer. It stays, and is visited, until a
/// sweep finds it expired.
#[derive(Clone, Debug)]
pub struct Hashed<D> {
    inner: D,
}

impl<D> Hashed<D> {
    /// The driver, with its ids hashed.
    #[must_use]
    pub fn new(inner: D) -> Hashed<D> {
        Hashed { inner }
    }

    /// The driver beneath, which knows the digests alone.
    #[must_use]
    pub fn inner(&self) -> &D {
        &self.inner
    }
}

impl<D: SessionDriver> SessionDriver for Hashed<D> {
    fn capabilities(&self) -> Capabilities {
        declared(self.inner.capabilities())
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.inner.retrieve(&digest(id), now)
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.inner.store(&digest(id), record, when, now)
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        self.inner.touch(&digest(id), expires_at, now)
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.inner.remove(&digest(id), now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        self.inner.rotate(&digest(from), &digest(to), now)
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.inner.traverse(now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.inner.sweep(now, limit)
    }
}

/// What the layer promises around a driver that promises `inner`.
fn declared(inner: Capabilities) -> Capabilities {
    Capabilities {
        readable_ids: false,
        hashed_ids: true,
        ..inner
    }
}

/// Under what name the driver beneath knows the id.
fn digest(id: &SessionId) -> SessionId {
    let hash = Sha256::new()
        .chain_update(DOMAIN)
        .chain_update(id.as_bytes());
    let digest = BASE64URL_NOPAD.encode(&hash.finalize());
    SessionId::parse(&digest).expect("43 characters of base64 are visible ASCII, and not too many")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is stored under a digest is lost when the digest becomes another:
    /// `printf 'session-driver-layers: session id, 1\0abc' | openssl dgst -sha256 -binary | basenc --base64url`
    #[test]
    fn the_digest_stays_what_it_is() {
        let id = SessionId::parse("abc").expect("visible ASCII");
        assert_eq!(
            digest(&id).as_str(),
            "qG6E2GSAQsuY_4xbZO_OEXZBa8JohyleSv9FWBTDHhg"
        );
    }
}

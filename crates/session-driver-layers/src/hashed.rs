//! The backend sees a digest in the place of each id.

#[cfg(feature = "async")]
mod asynchronous;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use data_encoding::HEXLOWER;
use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionDriver, SessionId, Swept,
    Timestamp, Version,
};
use sha2::{Digest as _, Sha256};

/// The characters of a digest.
const DIGEST_LEN: usize = 64;

/// Hides the ids from the backend: it keeps each record under the SHA-256 of its id, in 64 lower
/// case hexadecimal digits.
///
/// Whoever reads the backend, or a backup of it, then knows no id to log in with (rule ID-5). One
/// who knows an id finds its record with `printf %s "$ID" | sha256sum`. The digest has no key and
/// no salt, so it hides only what cannot be guessed: the ids that
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
/// let error = sessions.find(|_| std::ops::ControlFlow::Continue(())).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Unsupported);
/// # Ok::<(), session_driver_layers::session_driver::Error>(())
/// ```
///
/// # What is given up
/// The descriptor says `hashed_ids` and not `readable_ids`: a traversal visits digests, which count
/// the records and name none (rule TRV-6), and what needs the ids themselves,
/// [`Sessions::find`](session_driver::Sessions::find) and copying, is Unsupported.
///
/// # Around a store that is in use
/// What was stored under plain ids is absent through this layer, and not visited. It stays until a
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
        let ours = is_ours(self.inner.capabilities());
        self.inner.traverse(now, &mut |shown| match ours(shown) {
            true => visit(shown),
            false => ControlFlow::Continue(()),
        })
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
    let digest = HEXLOWER.encode(&Sha256::digest(id.as_bytes()));
    SessionId::parse(&digest)
        .expect("hexadecimal digits are visible ASCII, and 64 are not too many")
}

/// Whether an id that the driver beneath shows can be one of this layer's digests. One that is not
/// was stored without the layer and is nobody's to see; where the driver shows digests of its own,
/// that cannot be told.
fn is_ours(inner: Capabilities) -> impl Fn(&SessionId) -> bool + Send {
    move |shown| {
        let hexadecimal = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let bytes = shown.as_bytes();
        !inner.readable_ids || (bytes.len() == DIGEST_LEN && bytes.iter().all(hexadecimal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second example of FIPS 180-4.
    #[test]
    fn the_digest_is_sha_256_in_hexadecimal() {
        let id = SessionId::parse("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
        assert_eq!(
            digest(&id.expect("visible ASCII")).as_str(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        );
    }
}

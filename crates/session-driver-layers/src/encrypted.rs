//! The backend sees ciphertext in the place of each payload.

#[cfg(feature = "async")]
mod asynchronous;
mod calls;
mod key;
mod patience;
mod protocol;
mod rotation;
mod seal;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;

use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionDriver, SessionId, Swept,
    Timestamp, Version,
};

use self::calls::{AtOnce, at_once};
pub use self::key::{Key, KeyRing};
use self::protocol::Protocol;
pub use self::seal::OVERHEAD;

/// The name of the layer in its own errors.
const NAME: &str = "encrypted";

/// How many of the driver's contention bounds the layer's operations may take: those of a rotate's
/// tries, and of the four calls of its last one.
const CONTENTION_BOUNDS: u32 = 5;

/// How many of the driver's outage bounds they may take: a rotate whose second half fails tries to
/// take back the first.
const OUTAGE_BOUNDS: u32 = 2;

/// Encrypts payloads, so that the backend, and whoever reads it or a backup of it, knows nothing
/// but their lengths, and can change none of them unnoticed.
///
/// The cipher is XChaCha20-Poly1305 (the construction of RFC 8439 with nonces of 192 bits): random
/// nonces do not meet, however often sessions are written. The session id is authenticated with
/// each payload, so a record that somebody put in the place of another is Corrupt. So is one that was
/// sealed with a key that the ring has not got, that was changed, or that was never sealed; none of
/// them is a panic, and none of them "no session". What no seal can show is an older record of the
/// same id put back.
///
/// Ids, deadlines and versions are as readable beneath as without the layer: see
/// [`Hashed`](crate::Hashed) for the ids.
///
/// ```
/// use session_driver_layers::session_driver::{MemoryDriver, Sessions};
/// use session_driver_layers::{Encrypted, Key, KeyRing};
///
/// // 32 bytes from where you keep your secrets: `openssl rand -hex 32` makes some.
/// # let (of_2025, of_2026) = ([1; 32], [2; 32]);
/// let keys = KeyRing::new(Key::new(2026, of_2026)) // seals
///     .opening(Key::new(2025, of_2025)); // opens what was sealed before
/// let sessions = Sessions::<String, _>::new(Encrypted::new(MemoryDriver::new(), keys));
/// let session = sessions.create("ana".into())?;
/// assert_eq!(*sessions.retrieve(session.id())?.unwrap(), "ana");
/// # Ok::<(), session_driver_layers::session_driver::Error>(())
/// ```
///
/// # Changing the key
/// First every process opens with the new key, then every process seals with it, and the old one
/// goes when the last record it sealed has expired. Every store, touch and rotate seals anew with
/// the sealing key.
///
/// # What it costs
/// [`OVERHEAD`] bytes a payload, by which the declared maximum is lower. Retrieve, remove, sweep
/// and store are one call of the driver beneath. A touch is two, a retrieve and a store, which
/// writes the payload again; see below for the reason. A store at a version, after a touch, is three.
///
/// # How a rotate stays lawful
/// The payload is sealed for its id, so a rotate has to seal it for the new one, and cannot leave
/// the move to the driver beneath. It stores a copy under `to`, if that is absent, and then removes
/// `from`, if that is still what was copied, version for version; else it takes the copy back and
/// begins again. So `to` gets a new version, both ids are live for a moment and, when the process
/// dies in that moment, until the old one expires: the descriptor says neither `atomic_rotate` nor
/// `rotate_keeps_version`. An id is live at every moment, and exactly one of a rotate and a remove, or
/// of two rotates, wins (rules ROT-3 and ROT-4).
///
/// A touch must not be lost to a rotate either, and a driver's own touch leaves no trace in the
/// version by which `from` is compared. So this layer's touch is a store of the same payload with
/// the new deadline, at the version that was read; the seal then says which version the record
/// goes on having to the layer's callers (rule CAS-4).
///
/// If the second half of a rotate fails and the first cannot be taken back either, the answer is
/// Indeterminate: both ids may be live. A rotate's future that is dropped half-way (rule CON-4) leaves
/// the same; [`Blocking`](https://docs.rs/session-driver-async) around the layer, and not beneath it, runs
/// it to its end.
#[derive(Clone, Debug)]
pub struct Encrypted<D> {
    inner: D,
    keys: Arc<KeyRing>,
}

impl<D> Encrypted<D> {
    /// The driver, with its payloads sealed and opened by these keys.
    #[must_use]
    pub fn new(inner: D, keys: KeyRing) -> Encrypted<D> {
        Encrypted {
            inner,
            keys: Arc::new(keys),
        }
    }

    /// The driver beneath, which knows the sealed payloads alone.
    #[must_use]
    pub fn inner(&self) -> &D {
        &self.inner
    }
}

impl<D: SessionDriver> Encrypted<D> {
    fn protocol(&self) -> Protocol<'_, AtOnce<'_, D>> {
        Protocol::new(AtOnce(&self.inner), &self.keys)
    }
}

impl<D: SessionDriver> SessionDriver for Encrypted<D> {
    fn capabilities(&self) -> Capabilities {
        declared(self.inner.capabilities())
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        at_once(self.protocol().retrieve(id, now))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        at_once(self.protocol().store(id, record, when, now))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        at_once(self.protocol().touch(id, expires_at, now))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.inner.remove(id, now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        at_once(self.protocol().rotate(from, to, now))
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
        atomic_rotate: false,
        rotate_keeps_version: false,
        rotate_overlap: None,
        max_payload_bytes: inner.max_payload_bytes.saturating_sub(OVERHEAD),
        contention_bound: inner.contention_bound.saturating_mul(CONTENTION_BOUNDS),
        outage_bound: inner.outage_bound.saturating_mul(OUTAGE_BOUNDS),
        ..inner
    }
}

//! The backend sees ciphertext in the place of each payload.

#[cfg(feature = "async")]
mod asynchronous;
mod calls;
mod key;
mod operations;
mod patience;
mod rotate;
mod seal;

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;

use session_driver::{
    Capabilities, Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result,
    SessionDriver, SessionId, Swept, Timestamp, Version,
};

use self::calls::{AtOnce, at_once};
pub use self::key::{Key, KeyRing};
use self::operations::Operations;
use self::seal::OVERHEAD;

/// The name of the layer in its own errors.
const NAME: &str = "encrypted";

/// How many of the driver's contention bounds the longest operation may take, a rotate: one in
/// which it begins again, three calls of its last try, one in which it tries to take its copy back,
/// and the two calls of the last try of that.
const CONTENTION_BOUNDS: u32 = 7;

/// How many of the driver's outage bounds a rotate may take: after the call that fails it tries to
/// take its copy back.
const OUTAGE_BOUNDS: u32 = 2;

/// Encrypts payloads, so that the backend, and whoever reads it or a backup of it, knows no more of
/// them than their lengths, and can change none of them unnoticed.
///
/// The cipher is XChaCha20-Poly1305 (the construction of RFC 8439 with nonces of 192 bits): random
/// nonces do not meet, however often sessions are written. Each payload is sealed for its session
/// id, its deadline and its version, so a record that somebody put in the place of another, or whose
/// deadline he moved, is Corrupt. So is one that was sealed with a key that the ring has not got, that
/// was changed, or that was never sealed; none of them is a panic, and none of them "no session".
///
/// ```
/// use session_driver_layers::session_driver::{MemoryDriver, Sessions};
/// use session_driver_layers::{Encrypted, Key, KeyRing};
///
/// // 32 bytes each from where you keep your secrets: `openssl rand -hex 32` makes some.
/// # let (of_2025, of_2026) = ([1; 32], [2; 32]);
/// let keys = KeyRing::new(Key::new(2026, &of_2026)) // seals
///     .opening(Key::new(2025, &of_2025)); // opens what was sealed before
/// let sessions = Sessions::<String, _>::new(Encrypted::new(MemoryDriver::new(), keys));
/// let session = sessions.create("ana".into())?;
/// assert_eq!(*sessions.retrieve(session.id())?.unwrap(), "ana");
/// # Ok::<(), session_driver_layers::session_driver::Error>(())
/// ```
///
/// # What it does not hide
/// Ids (`Hashed` does, around this layer), the lengths of payloads, deadlines, the
/// number of the key, when records are written, and that a record is the same version as before. And
/// no seal shows that an older record of the same id was put back, or that one was removed.
///
/// # Changing the key
/// First every process opens with the new key, then every process seals with it, and the old one
/// goes when the last record it sealed has expired: what is left is Corrupt then. Every store, touch and
/// rotate seals anew with the sealing key.
///
/// # What it costs
/// 56 bytes a payload, by which the declared maximum is lower. Retrieve, remove and a store on
/// [`Precondition::Absent`] are one call of the driver beneath; every other store and a touch are two,
/// for a record is replaced only after it was opened. A touch writes the payload again. A rotate is
/// three calls. All of them are more if others change the same record meanwhile.
///
/// # Versions
/// The version that callers know stands in the seal, and a touch leaves it (rule CAS-4). The driver
/// beneath has versions of its own, which every change makes another: by those this layer makes sure
/// that it replaces what it has opened.
///
/// # How a rotate stays lawful
/// The payload is sealed for its id, so a rotate has to seal it for the new one, and cannot leave
/// the move to the driver beneath. It stores a copy under `to`, if that is absent, and then removes
/// `from`, if that is still what was copied; else it takes the copy back, touched or not, and begins
/// again. So `to` gets a new version, both ids are live for a moment and, when the process dies in that
/// moment, until one of them expires: the descriptor says neither `atomic_rotate` nor
/// `rotate_keeps_version`. An id is live at every moment, and exactly one of a rotate and a remove, or of
/// two rotates, wins (rules ROT-3 and ROT-4). If `from` cannot be removed and the copy not be taken back
/// either, the answer is Indeterminate.
///
/// # Around an async driver
/// Payloads are sealed and opened on the thread that polls. A rotate goes on in a task of its own when
/// its future is dropped (rule CON-4), so it needs a runtime of tokio, and is Unsupported where there is
/// none; closing waits for it. A runtime that is shut down ends it as the death of the process does.
pub struct Encrypted<D> {
    shared: Arc<Shared<D>>,
}

/// What all clones share.
struct Shared<D> {
    inner: D,
    keys: KeyRing,
    /// Every rotate of the async face reads it until it is done; closing writes it.
    #[cfg(feature = "async")]
    under_way: tokio::sync::RwLock<()>,
}

impl<D> Encrypted<D> {
    /// The driver, with its payloads sealed and opened by these keys.
    #[must_use]
    pub fn new(inner: D, keys: KeyRing) -> Encrypted<D> {
        Encrypted {
            shared: Arc::new(Shared {
                inner,
                keys,
                #[cfg(feature = "async")]
                under_way: tokio::sync::RwLock::default(),
            }),
        }
    }

    /// The driver beneath, which knows the sealed payloads alone.
    #[must_use]
    pub fn inner(&self) -> &D {
        &self.shared.inner
    }
}

impl<D: SessionDriver> Encrypted<D> {
    fn operations(&self) -> Operations<'_, AtOnce<'_, D>> {
        Operations {
            calls: AtOnce(&self.shared.inner),
            keys: &self.shared.keys,
        }
    }
}

impl<D: SessionDriver> SessionDriver for Encrypted<D> {
    fn capabilities(&self) -> Capabilities {
        declared(self.shared.inner.capabilities())
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        at_once(self.operations().retrieve(id, now))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        at_once(self.operations().store(id, record, when, now))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        at_once(self.operations().touch(id, expires_at, now))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.shared.inner.remove(id, now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        at_once(self.operations().rotate(from, to, now))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.shared.inner.traverse(now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.shared.inner.sweep(now, limit)
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
        // The seal is at most a seventieth of what a record counts.
        space_factor: inner.space_factor.saturating_add(1),
        ..inner
    }
}

/// An error that the layer finds, not the driver beneath.
fn failure(kind: ErrorKind, operation: Operation) -> Error {
    Error::new(kind, operation, NAME)
}

impl<D> Clone for Encrypted<D> {
    fn clone(&self) -> Encrypted<D> {
        Encrypted {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<D: fmt::Debug> fmt::Debug for Encrypted<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted")
            .field("inner", &self.shared.inner)
            .field("keys", &self.shared.keys)
            .finish()
    }
}

//! The contract: what a driver author implements.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::capabilities::Capabilities;
use crate::error::Result;
use crate::id::SessionId;
use crate::precondition::Precondition;
use crate::record::{NewRecord, Record, Version};
use crate::time::Timestamp;

/// Keeps the sessions of one namespace (a directory, a table, a key prefix) in one backend.
///
/// This is the implementor's face; users of sessions hold a [`Sessions`](crate::Sessions), which
/// mints ids, reads the clock and encodes values. The numbered rules named here are proven by the
/// conformance suite; [`MemoryDriver`](crate::MemoryDriver) is the contract in its shortest form.
///
/// # Words
/// A record is *live* when it was stored, was not removed, and `now` lies before its deadline
/// ([`is_live`](crate::is_live)); everything else is *absent*. `now` is whatever instant the caller
/// passes: a driver reads no clock to judge a record, calls may carry their `now`s out of order,
/// and an operation given a `now` at which a record is expired may discard it for good.
///
/// # What a driver may count on
/// Ids are valid ([`SessionId`] is parsed), but hostile within their grammar: `../x`, `*` and `%00`
/// are ids. Methods are called from any thread at any time, from within a visitor of
/// [`traverse`](SessionDriver::traverse), too.
///
/// # What callers may count on
/// Every method is whole: a success is visible at once to every handle of the backend, and an error
/// of any [kind](crate::ErrorKind) but Indeterminate means that nothing changed and nothing will
/// (rule ATM-3; `traverse` and `sweep` may have done a part). A failure of the backend is always an
/// error, never `None`, `false`, zero or an empty traversal (rule ERR-2). Contention ends in
/// success, Conflict, or a retryable Busy within the declared bound (rule CON-3).
///
/// # Errors
/// Any method may fail with Busy, Locked, Unavailable, PermissionDenied, Unsupported or Other; a
/// write also with StorageFull or Indeterminate. The kinds in a method's own section are those that
/// belong to its meaning.
///
/// # Implementing
/// There are no default methods: a wrapper must forward every one, or it does not compile. The
/// trait is object-safe, and `&D`, `Box<D>` and `Arc<D>` are drivers where `D` is, `dyn
/// SessionDriver` included.
pub trait SessionDriver: fmt::Debug + Send + Sync {
    /// What this instance, as it is configured, promises beyond the rules that hold for all; the
    /// same for its whole life.
    fn capabilities(&self) -> Capabilities;

    /// The live record under `id`, or `None` when the id is absent. Changes nothing (rules RET-1 to
    /// RET-4).
    ///
    /// # Errors
    /// Corrupt when the record's bytes are damaged, Incompatible when they are of a newer format.
    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>>;

    /// Sets payload and deadline together, if `when` holds, and returns a version that no record of
    /// the namespace ever had.
    ///
    /// With a deadline that is not after `now` the store succeeds and discards the record; the
    /// version then names nothing. So a store of an expired record under [`Precondition::Version`]
    /// is a conditional remove (rule EXP-3).
    ///
    /// # Errors
    /// AlreadyExists, NotFound or Conflict when the precondition does not hold
    /// ([`Precondition::check`]); PayloadTooLarge over the declared maximum; InvalidDeadline for
    /// one the backend cannot express; Corrupt when the precondition cannot be judged because the
    /// record is damaged ([`Precondition::Any`] replaces it); Incompatible on a newer format,
    /// [`Precondition::Any`] included.
    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version>;

    /// Moves the deadline of a live record and leaves payload and version alone; `false` when the
    /// id is absent.
    ///
    /// With a deadline that is not after `now` the record is discarded, and the answer is `true`
    /// (rule EXP-3).
    ///
    /// # Errors
    /// InvalidDeadline for one the backend cannot express; Corrupt or Incompatible as
    /// [`retrieve`](SessionDriver::retrieve).
    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool>;

    /// Makes `id` absent; `true` when it was live. Of concurrent removes one answers `true` (rule
    /// REM-4).
    ///
    /// What is stored under an expired id is discarded, too, with the answer `false`. A record that
    /// cannot be decoded is removed, with the answer `true` (rule REM-3).
    ///
    /// # Errors
    /// Those of the trait.
    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool>;

    /// Moves the live record under `from` to the id `to`, and returns the version it has there;
    /// `None` when `from` is absent.
    ///
    /// Payload and deadline stay. The version stays where [`Capabilities::rotate_keeps_version`]
    /// says so. Whether others can see both ids live for a moment is
    /// [`Capabilities::atomic_rotate`]; never are both absent (rule ROT-3).
    ///
    /// # Errors
    /// AlreadyExists when both are live, also when they are the same id; Corrupt or Incompatible
    /// when either cannot be judged.
    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>>;

    /// Visits each live id once, in no order, until the visitor breaks.
    ///
    /// An id that is live all the while is visited exactly once; one that comes, goes or expires
    /// meanwhile at most once. No lock is held while the visitor runs: it may call any operation,
    /// on the visited id too, and it may panic. One that can fail keeps its error outside and
    /// breaks. A damaged record is visited. At [`Timestamp::MIN`] expired records that no sweep has
    /// removed yet are visited as well. Without [`Capabilities::readable_ids`] the ids are digests
    /// that no operation knows (rule TRV-6).
    ///
    /// # Errors
    /// Those of the trait; some ids may have been visited.
    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()>;

    /// Removes at most `limit` expired records, and says how many it removed itself and whether to
    /// call again.
    ///
    /// A loop until [`more`](Swept::more) is false ends and, unless the backend expires records
    /// itself ([`Capabilities::native_expiry`]), has then removed all that was expired at its
    /// start; it costs the order of one pass. A damaged record stays, at least until its deadline.
    ///
    /// # Errors
    /// Those of the trait; some records may have been removed.
    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept>;
}

/// What one [`sweep`](SessionDriver::sweep) did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many records this call removed; those that others removed meanwhile are not counted.
    pub removed: u64,
    /// Whether something that was expired when the sweep began may be left.
    pub more: bool,
}

/// Implements the trait for a pointer to a driver.
macro_rules! forward {
    ($($pointer:ty),+) => {$(
        impl<D: SessionDriver + ?Sized> SessionDriver for $pointer {
            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }

            fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
                (**self).retrieve(id, now)
            }

            fn store(
                &self,
                id: &SessionId,
                record: NewRecord<'_>,
                when: Precondition,
                now: Timestamp,
            ) -> Result<Version> {
                (**self).store(id, record, when, now)
            }

            fn touch(
                &self,
                id: &SessionId,
                expires_at: Option<Timestamp>,
                now: Timestamp,
            ) -> Result<bool> {
                (**self).touch(id, expires_at, now)
            }

            fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
                (**self).remove(id, now)
            }

            fn rotate(
                &self,
                from: &SessionId,
                to: &SessionId,
                now: Timestamp,
            ) -> Result<Option<Version>> {
                (**self).rotate(from, to, now)
            }

            fn traverse(
                &self,
                now: Timestamp,
                visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
            ) -> Result<()> {
                (**self).traverse(now, visit)
            }

            fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
                (**self).sweep(now, limit)
            }
        }
    )+};
}

forward!(&D, Box<D>, Arc<D>);

//! The driver: the contract over a tree of sled.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use session_driver::{
    Capabilities, Error, NewRecord, Operation, Precondition, Record, Result, SessionDriver,
    SessionId, Sharing, Swept, Timestamp, Version,
};

use crate::builder::SledDriverBuilder;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::key::INDEX;
use crate::root::{OUTAGE_BOUND, Root};
use crate::stripes::Stripes;

/// sled gives a segment of its log back when all in it is written anew elsewhere, and later than
/// that while its threads do not get to run: 18 times the live volume were seen on a busy machine.
const SPACE_FACTOR: u32 = 32;

/// Keeps sessions in a tree of a sled store, which it alone has open.
///
/// Reads take no lock; writes lock the one session's group in memory. See the
/// [crate's documentation](crate) for what is on disk.
pub struct SledDriver {
    // Closed before the directory is let go: fields are dropped in this order.
    pub(crate) engine: Engine,
    pub(crate) root: Root,
    pub(crate) stripes: Stripes,
    next_version: AtomicU64,
    pub(crate) max_payload_bytes: usize,
    /// The last entry of the index that a sweep has judged.
    pub(crate) swept_to: Mutex<Vec<u8>>,
}

impl SledDriver {
    /// Opens the store in `path` with the default settings, and makes it when nothing or an empty
    /// directory is there.
    ///
    /// # Errors
    /// As [`SledDriverBuilder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<SledDriver> {
        SledDriver::builder(path).open()
    }

    /// Settings for a store in `path`, which exists, is empty, or is yet to be made in a directory
    /// that exists.
    #[must_use]
    pub fn builder(path: impl AsRef<Path>) -> SledDriverBuilder {
        SledDriverBuilder::new(path.as_ref())
    }

    /// `first_version` is random, so that the versions of two openings do not meet.
    pub(crate) fn new(
        root: Root,
        engine: Engine,
        max_payload_bytes: usize,
        first_version: Version,
    ) -> SledDriver {
        SledDriver {
            engine,
            root,
            stripes: Stripes::new(),
            next_version: AtomicU64::new(first_version.to_bits()),
            max_payload_bytes,
            swept_to: Mutex::new(vec![INDEX]),
        }
    }

    /// A version that no record had. Those of one opening follow each other, for to ask the
    /// operating system each time would cost about a quarter of a read. Nobody else has the store
    /// open, and two openings of n stores meet with a chance of 2n in 2⁶⁴, which is less than that
    /// of as many random versions.
    pub(crate) fn new_version(&self) -> Version {
        Version::from_bits(self.next_version.fetch_add(1, Ordering::Relaxed))
    }
}

impl SessionDriver for SledDriver {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            persistent: true,
            embedded: true,
            sharing: Sharing::Instance,
            atomic_rotate: true,
            rotate_keeps_version: true,
            durability: self.engine.durability,
            max_payload_bytes: self.max_payload_bytes,
            outage_bound: OUTAGE_BOUND,
            space_factor: SPACE_FACTOR,
            ..Capabilities::MINIMAL
        }
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.try_retrieve(id, now)
            .map_err(during(Operation::Retrieve))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.try_store(id, record, when, now)
            .map_err(during(Operation::Store))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        self.try_touch(id, expires_at, now)
            .map_err(during(Operation::Touch))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.try_remove(id, now).map_err(during(Operation::Remove))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        self.try_rotate(from, to, now)
            .map_err(during(Operation::Rotate))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.try_traverse(now, visit)
            .map_err(during(Operation::Traverse))
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.try_sweep(now, limit).map_err(during(Operation::Sweep))
    }
}

fn during(operation: Operation) -> impl FnOnce(Fault) -> Error {
    move |fault| fault.during(operation)
}

impl fmt::Debug for SledDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledDriver")
            .field("path", &self.root.path())
            .finish_non_exhaustive()
    }
}

//! What a driver does and how long it takes, for those who run it.

#[cfg(feature = "async")]
mod asynchronous;
mod measures;
mod watch;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionDriver, SessionId, Swept,
    Timestamp, Version,
};

use self::watch::{Seen, Watch};

/// Tells [`tracing`] and the [`metrics`] facade of each operation: which it was, on which driver, how
/// it ended, how long it took, how many bytes it moved. Neither hears an id or a payload (rule ID-4).
///
/// ```
/// use session_driver_layers::Traced;
/// use session_driver_layers::session_driver::{MemoryDriver, Sessions};
///
/// let sessions = Sessions::<String, _>::new(Traced::new(MemoryDriver::new(), "memory"));
/// sessions.create("ana".into())?; // a span: driver="memory" operation="store" outcome="done" ..
/// # Ok::<(), session_driver_layers::session_driver::Error>(())
/// ```
///
/// # Spans
/// Each operation is a span `session_store` of level DEBUG, in which the driver beneath works. Its
/// fields:
///
/// | field | holds |
/// |---|---|
/// | `driver` | the name given to [`new`](Traced::new) |
/// | `operation` | `retrieve`, `store`, `touch`, `remove`, `rotate`, `traverse` or `sweep` |
/// | `outcome` | how it ended, see below |
/// | `bytes` | the length of the payload that was retrieved or stored |
/// | `records` | how many ids were visited or records swept |
/// | `latency_us` | how long it took, in microseconds; a traversal's holds the time of its visitor |
///
/// An error that is a fault is an event of level WARN as well, within the span; one that answers a
/// precondition (AlreadyExists, NotFound, Conflict) is not.
///
/// # Metrics
/// Two histograms: `session_driver_operation_seconds`, by `driver`, `operation` and `outcome`, whose
/// count is that of the operations; and `session_driver_payload_bytes`, by `driver` and `operation`.
///
/// # Outcomes
/// | outcome | of an operation that |
/// |---|---|
/// | `live`, `absent` | succeeded, and says so of the id: retrieve, touch, remove, rotate |
/// | `done` | succeeded: store, traverse, sweep; a traversal also when its visitor broke it off |
/// | `conflict`, `unavailable`, .. | failed: the error's kind in lower case, words joined by `_` |
/// | `dropped` | was given up by its caller before it ended: its future was dropped |
/// | `panicked` | ended in a panic, of the driver or of a visitor |
#[derive(Clone, Debug)]
pub struct Traced<D> {
    inner: D,
    driver: &'static str,
}

impl<D> Traced<D> {
    /// The driver, with its operations told under the name `driver`, such as `"sqlite"`.
    #[must_use]
    pub fn new(inner: D, driver: &'static str) -> Traced<D> {
        Traced { inner, driver }
    }

    /// The driver beneath, which tells nothing.
    #[must_use]
    pub fn inner(&self) -> &D {
        &self.inner
    }

    fn watch(&self, operation: &'static str) -> Watch {
        Watch::begin(self.driver, operation)
    }
}

impl<D: SessionDriver> SessionDriver for Traced<D> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        let watch = self.watch("retrieve");
        let answer = watch.within(|| self.inner.retrieve(id, now));
        watch.end(answer, |found| Seen::retrieved(found.as_ref()))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        let watch = self.watch("store");
        let answer = watch.within(|| self.inner.store(id, record, when, now));
        watch.end(answer, |_| Seen::stored(record))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        let watch = self.watch("touch");
        let answer = watch.within(|| self.inner.touch(id, expires_at, now));
        watch.end(answer, |was_live| Seen::was(*was_live))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        let watch = self.watch("remove");
        let answer = watch.within(|| self.inner.remove(id, now));
        watch.end(answer, |was_live| Seen::was(*was_live))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        let watch = self.watch("rotate");
        let answer = watch.within(|| self.inner.rotate(from, to, now));
        watch.end(answer, |moved| Seen::was(moved.is_some()))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        let watch = self.watch("traverse");
        let mut visits = 0;
        let answer = watch.within(|| {
            self.inner.traverse(now, &mut |id| {
                visits += 1;
                visit(id)
            })
        });
        watch.end(answer, |()| Seen::records(visits))
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        let watch = self.watch("sweep");
        let answer = watch.within(|| self.inner.sweep(now, limit));
        watch.end(answer, |swept| Seen::records(swept.removed))
    }
}

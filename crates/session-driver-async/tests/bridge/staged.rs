//! A driver in memory that does what a test wants before each operation, and a gate for it to wait
//! at.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex};

use session_driver_async::session_driver::{
    Capabilities, MemoryDriver, NewRecord, Operation, Precondition, Record, Result, SessionDriver,
    SessionId, Swept, Timestamp, Version,
};

pub(crate) struct Staged {
    inner: MemoryDriver,
    before: Box<dyn Fn(Operation) + Send + Sync>,
}

impl Staged {
    pub(crate) fn new(
        inner: &MemoryDriver,
        before: impl Fn(Operation) + Send + Sync + 'static,
    ) -> Staged {
        Staged {
            inner: inner.clone(),
            before: Box::new(before),
        }
    }
}

impl SessionDriver for Staged {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        (self.before)(Operation::Retrieve);
        self.inner.retrieve(id, now)
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        (self.before)(Operation::Store);
        self.inner.store(id, record, when, now)
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        (self.before)(Operation::Touch);
        self.inner.touch(id, expires_at, now)
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        (self.before)(Operation::Remove);
        self.inner.remove(id, now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        (self.before)(Operation::Rotate);
        self.inner.rotate(from, to, now)
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        (self.before)(Operation::Traverse);
        self.inner.traverse(now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        (self.before)(Operation::Sweep);
        self.inner.sweep(now, limit)
    }
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged").finish_non_exhaustive()
    }
}

/// Keeps those who come until it is opened, and counts them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<(Mutex<(usize, bool)>, Condvar)>);

impl Gate {
    pub(crate) fn pass(&self) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().expect("no test panics here");
        state.0 += 1;
        changed.notify_all();
        drop(changed.wait_while(state, |(_, is_open)| !*is_open));
    }

    /// Waits until so many have come.
    pub(crate) fn wait_for(&self, count: usize) {
        let (state, changed) = &*self.0;
        let state = state.lock().expect("no test panics here");
        drop(changed.wait_while(state, |(came, _)| *came < count));
    }

    pub(crate) fn came(&self) -> usize {
        self.0.0.lock().expect("no test panics here").0
    }

    pub(crate) fn open(&self) {
        let (state, changed) = &*self.0;
        state.lock().expect("no test panics here").1 = true;
        changed.notify_all();
    }
}

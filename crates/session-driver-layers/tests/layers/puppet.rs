//! A memory driver that fails when it is told to, and between whose calls others can act.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use session_driver_layers::session_driver::{
    Capabilities, Error, ErrorKind, MemoryDriver, NewRecord, Operation, Precondition, Record,
    Result, SessionDriver, SessionId, Swept, Timestamp, Version,
};

/// Asked before every call, of which it is told the operation; it may act itself, panic, or have
/// the call fail.
type Strings = Box<dyn FnMut(Operation) -> Result<(), ErrorKind> + Send>;

#[derive(Clone)]
pub(crate) struct Puppet {
    pub(crate) memory: MemoryDriver,
    strings: Arc<Mutex<Strings>>,
}

impl Puppet {
    pub(crate) fn new() -> Puppet {
        Puppet {
            memory: MemoryDriver::new(),
            strings: Arc::new(Mutex::new(Box::new(|_| Ok(())))),
        }
    }

    pub(crate) fn pull(
        &self,
        strings: impl FnMut(Operation) -> Result<(), ErrorKind> + Send + 'static,
    ) {
        *self.strings.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(strings);
    }

    fn ask(&self, operation: Operation) -> Result<()> {
        let mut strings = self.strings.lock().unwrap_or_else(PoisonError::into_inner);
        strings(operation).map_err(|kind| Error::new(kind, operation, "puppet"))
    }
}

impl SessionDriver for Puppet {
    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.ask(Operation::Retrieve)?;
        self.memory.retrieve(id, now)
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.ask(Operation::Store)?;
        self.memory.store(id, record, when, now)
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        self.ask(Operation::Touch)?;
        self.memory.touch(id, expires_at, now)
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.ask(Operation::Remove)?;
        self.memory.remove(id, now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        self.ask(Operation::Rotate)?;
        self.memory.rotate(from, to, now)
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.ask(Operation::Traverse)?;
        self.memory.traverse(now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.ask(Operation::Sweep)?;
        self.memory.sweep(now, limit)
    }
}

impl fmt::Debug for Puppet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Puppet").finish_non_exhaustive()
    }
}

//! A saboteur: a driver with one fault.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionDriver, SessionId, Swept,
    Timestamp, Version,
};

use crate::honest;
use crate::shelf::Handle;
use crate::subject::Opening;

/// What a traversal calls for each id.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&SessionId) -> ControlFlow<()>;

/// A driver that is honest but for the methods its author replaced: `Saboteur { name, fault,
/// breaks, touch: |..| .., ..HONEST }`.
pub(crate) struct Saboteur {
    /// The name of its test.
    pub(crate) name: &'static str,
    /// What it does wrong, and who did so in the wild.
    pub(crate) fault: &'static str,
    /// The rules it breaks, first those it is written for: each of those that try it must accuse it,
    /// and no other may.
    pub(crate) breaks: &'static [&'static str],
    /// Rules that accuse it in some runs and not in others, for it breaks them by chance.
    pub(crate) sometimes: &'static [&'static str],
    /// Whether every stochastic rule tries it in every run.
    pub(crate) races: bool,

    /// Which shelf an opening gets; Unsupported for namespaces unless the saboteur is about them.
    pub(crate) open: fn(&Opening<'_>) -> Result<String>,
    /// Under which id a record is kept, for faults that concern every operation alike.
    pub(crate) key: fn(&Handle, &SessionId) -> SessionId,
    pub(crate) debug: fn(&Handle, &mut fmt::Formatter<'_>) -> fmt::Result,
    pub(crate) capabilities: fn(&Handle) -> Capabilities,
    pub(crate) retrieve: fn(&Handle, &SessionId, Timestamp) -> Result<Option<Record>>,
    pub(crate) store:
        fn(&Handle, &SessionId, NewRecord<'_>, Precondition, Timestamp) -> Result<Version>,
    pub(crate) touch: fn(&Handle, &SessionId, Option<Timestamp>, Timestamp) -> Result<bool>,
    pub(crate) remove: fn(&Handle, &SessionId, Timestamp) -> Result<bool>,
    pub(crate) rotate: fn(&Handle, &SessionId, &SessionId, Timestamp) -> Result<Option<Version>>,
    pub(crate) traverse: fn(&Handle, Timestamp, Visit<'_>) -> Result<()>,
    pub(crate) sweep: fn(&Handle, Timestamp, NonZeroUsize) -> Result<Swept>,
}

/// The base of every saboteur, and a test of its own: no rule may accuse it.
pub(crate) const HONEST: Saboteur = Saboteur {
    name: "honest",
    fault: "none: what the others are before their fault",
    breaks: &[],
    sometimes: &[],
    races: false,
    open: honest::open,
    key: honest::key,
    debug: honest::debug,
    capabilities: honest::capabilities,
    retrieve: honest::retrieve,
    store: honest::store,
    touch: honest::touch,
    remove: honest::remove,
    rotate: honest::rotate,
    traverse: honest::traverse,
    sweep: honest::sweep,
};

impl SessionDriver for Handle {
    fn capabilities(&self) -> Capabilities {
        (self.saboteur.capabilities)(self)
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        (self.saboteur.retrieve)(self, &(self.saboteur.key)(self, id), now)
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        (self.saboteur.store)(self, &(self.saboteur.key)(self, id), record, when, now)
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        (self.saboteur.touch)(self, &(self.saboteur.key)(self, id), expires_at, now)
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        (self.saboteur.remove)(self, &(self.saboteur.key)(self, id), now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        let key = self.saboteur.key;
        (self.saboteur.rotate)(self, &key(self, from), &key(self, to), now)
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        (self.saboteur.traverse)(self, now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        (self.saboteur.sweep)(self, now, limit)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.saboteur.debug)(self, f)
    }
}

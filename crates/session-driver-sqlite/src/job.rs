//! A change that waits for its transaction, and a caller who waits for the change.

use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use crate::fault::{Attempt, Fault};
use crate::patience::Patience;
use crate::table::Table;
use crate::writer::lock;

/// A change on its way through the writer's queue.
pub(crate) trait Job: Send + Sync {
    fn bytes(&self) -> usize;
    fn patience(&self) -> Patience;
    /// Runs the change within a transaction; `false` when that has come to nothing.
    fn run(&self, table: &Table, connection: &Connection) -> bool;
    /// Tells the caller that the transaction has ended, and how.
    fn settle(&self, ended: Attempt<()>);
    /// Has the caller, who waits, lead the next transaction.
    fn lead(&self);
}

/// A change and its caller, who waits for the outcome.
pub(crate) struct Ticket<T, F> {
    change: F,
    bytes: usize,
    patience: Patience,
    progress: Mutex<Progress<T>>,
    changed: Condvar,
}

struct Progress<T> {
    phase: Phase,
    outcome: Option<Attempt<T>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Leading,
    Done,
}

impl<T, F> Ticket<T, F> {
    pub(crate) fn new(change: F, bytes: usize, patience: Patience) -> Ticket<T, F> {
        Ticket {
            change,
            bytes,
            patience,
            progress: Mutex::new(Progress {
                phase: Phase::Waiting,
                outcome: None,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits for the outcome; `None` when this one is to lead.
    pub(crate) fn wait(&self) -> Option<Attempt<T>> {
        let progress = lock(&self.progress);
        let mut progress = self
            .changed
            .wait_while(progress, |progress| progress.phase == Phase::Waiting)
            .unwrap_or_else(PoisonError::into_inner);
        progress.outcome.take()
    }

    fn proceed(&self, phase: Phase) {
        lock(&self.progress).phase = phase;
        self.changed.notify_one();
    }
}

impl<T, F> Job for Ticket<T, F>
where
    T: Send,
    F: Fn(&Table, &Connection) -> Attempt<T> + Send + Sync,
{
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn patience(&self) -> Patience {
        self.patience
    }

    fn run(&self, table: &Table, connection: &Connection) -> bool {
        let outcome = (self.change)(table, connection);
        let goes_on = !outcome.as_ref().is_err_and(Fault::is_of_the_engine);
        lock(&self.progress).outcome = Some(outcome);
        goes_on
    }

    fn settle(&self, ended: Attempt<()>) {
        if let Err(fault) = ended {
            lock(&self.progress).outcome = Some(Err(fault));
        }
        self.proceed(Phase::Done);
    }

    fn lead(&self) {
        self.proceed(Phase::Leading);
    }
}

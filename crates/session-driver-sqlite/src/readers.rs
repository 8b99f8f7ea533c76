//! Connections that read, kept for the next who does.

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::fault::Attempt;

/// How many connections are kept while nobody reads. Each has two descriptors and up to 2 MiB.
const MAX_IDLE: usize = 16;

/// Idle connections; the one used last, whose pages are in memory, is used first.
#[derive(Default)]
pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Reads with an idle connection, or one that `connect` opens when all are in use.
    pub(crate) fn read<T>(
        &self,
        connect: impl FnOnce() -> Attempt<Connection>,
        act: impl FnOnce(&Connection) -> Attempt<T>,
    ) -> Attempt<T> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect()?,
        };
        let outcome = act(&connection);
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        } else {
            // Closed after the lock is free.
            drop(idle);
        }
        outcome
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // Poisoned or not, each connection in it is idle.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

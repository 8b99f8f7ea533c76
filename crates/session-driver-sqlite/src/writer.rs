//! The one connection that writes, and how those who wait for it share its transactions.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::ffi;
use session_driver::ErrorKind;

use crate::checkpoint::Wal;
use crate::fault::{Attempt, Fault, code_of};
use crate::ffi::HookedConnection;
use crate::job::{Job, Ticket};
use crate::patience::Patience;
use crate::place::Place;
use crate::schema;
use crate::table::Table;

/// The most that one transaction takes, so that nobody waits long for those behind him, and memory
/// and the log stay small.
const MAX_JOBS: usize = 64;
const MAX_BYTES: usize = 1024 * 1024;

/// The writing connection and the queue before it.
///
/// Who comes to an empty queue leads: he runs his change in a transaction at once, and then, in the
/// same one, the changes of those who came meanwhile; the sync of the commit is theirs together.
/// Then the first who came too late leads, and he wakes those whose changes he ran. A lone caller
/// meets two locks that nobody holds.
pub(crate) struct Writer {
    queue: Mutex<Queue>,
    connection: Mutex<Connected>,
}

#[derive(Default)]
struct Queue {
    has_leader: bool,
    waiting: VecDeque<Arc<dyn Job>>,
}

struct Connected {
    connection: HookedConnection,
    /// SQLite's count of what other connections committed, when the format was last looked at.
    data_version: Option<i64>,
}

/// What the leader needs to know of the store.
pub(crate) struct Ground<'a> {
    pub(crate) table: &'a Table,
    pub(crate) place: Option<&'a Place>,
    pub(crate) wal: Option<&'a Wal>,
}

impl Writer {
    pub(crate) fn new(connection: HookedConnection) -> Writer {
        Writer {
            queue: Mutex::default(),
            connection: Mutex::new(Connected {
                connection,
                data_version: None,
            }),
        }
    }

    /// Runs `change` in a transaction, alone or together with others', and answers once it is
    /// committed. The change may be run again when the transaction failed for another one's sake.
    /// At most one of its statements changes what can be seen, for it is not undone by itself.
    pub(crate) fn write<T, F>(
        &self,
        ground: &Ground<'_>,
        timeout: Duration,
        bytes: usize,
        change: F,
    ) -> Attempt<T>
    where
        T: Send + 'static,
        F: Fn(&Table, &Connection) -> Attempt<T> + Send + Sync + 'static,
    {
        let ticket = Arc::new(Ticket::new(change, bytes, Patience::new(timeout)));
        let mut queue = lock(&self.queue);
        if queue.has_leader {
            queue.waiting.push_back(ticket.clone());
            drop(queue);
            if let Some(outcome) = ticket.wait() {
                return outcome;
            }
        } else {
            queue.has_leader = true;
            drop(queue);
        }
        self.lead(ticket.clone(), ground);
        ticket.wait().unwrap_or(Err(ErrorKind::Other.into()))
    }

    /// Uses the connection while no transaction is open.
    pub(crate) fn read<T>(&self, act: impl FnOnce(&Connection) -> Attempt<T>) -> Attempt<T> {
        act(&lock(&self.connection).connection)
    }

    /// How many wait in the queue.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.queue).waiting.len()
    }

    fn lead(&self, own: Arc<dyn Job>, ground: &Ground<'_>) {
        let mut connected = lock(&self.connection);
        let mut batch = vec![own];
        let ended = connected.run(&mut batch, ground, |size| self.next(size));
        let ended = ended.unwrap_or_else(|| {
            // Not to be blamed on those who shared it: each by himself.
            for job in batch.drain(..) {
                let ended = connected.run(&mut vec![job.clone()], ground, |_| None);
                job.settle(ended.unwrap_or(Ok(())));
            }
            Ok(())
        });
        let mut settle = || batch.drain(..).for_each(|job| job.settle(ended.clone()));
        if let Some(wal) = ground.wal.filter(|wal| wal.is_overdue()) {
            // Which takes its time.
            settle();
            wal.restart(&connected.connection);
        }
        drop(connected);
        // Before waking the callers, each of which costs about as much as what he asked for.
        self.hand_over();
        settle();
    }

    fn hand_over(&self) {
        let mut queue = lock(&self.queue);
        let next = queue.waiting.pop_front();
        queue.has_leader = next.is_some();
        drop(queue);
        if let Some(next) = next {
            next.lead();
        }
    }

    /// The next in the queue, if there is room for it in a transaction that has so many jobs and
    /// bytes.
    fn next(&self, (jobs, bytes): (usize, usize)) -> Option<Arc<dyn Job>> {
        let mut queue = lock(&self.queue);
        let fits = |next: &Arc<dyn Job>| jobs < MAX_JOBS && bytes + next.bytes() <= MAX_BYTES;
        match queue.waiting.front() {
            Some(next) if fits(next) => queue.waiting.pop_front(),
            _ => None,
        }
    }
}

impl Connected {
    /// Runs a batch, and those that `next` gives, in one transaction, and says how that ended;
    /// `None` when one of several failed so that none took place. A change that failed alone says
    /// so itself.
    fn run(
        &mut self,
        batch: &mut Vec<Arc<dyn Job>>,
        ground: &Ground<'_>,
        next: impl Fn((usize, usize)) -> Option<Arc<dyn Job>>,
    ) -> Option<Attempt<()>> {
        let begun = batch[0].patience().retry(|| self.begin(ground));
        let mut size = (0, 0);
        let mut failed = begun.is_err();
        while !failed {
            let job = match batch.get(size.0) {
                Some(job) => job.clone(),
                None => match next(size) {
                    Some(job) => {
                        batch.push(job.clone());
                        job
                    }
                    None => break,
                },
            };
            size = (size.0 + 1, size.1 + job.bytes());
            failed = !job.run(ground.table, &self.connection);
        }
        if begun.is_ok() && failed {
            self.roll_back();
            return (batch.len() == 1).then_some(Ok(()));
        }
        Some(begun.and_then(|()| self.commit(ground)))
    }

    fn begin(&mut self, ground: &Ground<'_>) -> Attempt<()> {
        if let Some(wal) = ground.wal {
            wal.ensure_sound()?;
        }
        if let Some(place) = ground.place {
            place.ensure_present()?;
        }
        let connection = &self.connection;
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let data_version = connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)));
        let checked = match data_version {
            Ok(version) if self.data_version == Some(version) => Ok(()),
            // Somebody else committed: perhaps another format.
            Ok(version) => schema::ensure_unchanged(connection, ground.table)
                .map(|()| self.data_version = Some(version)),
            Err(error) => Err(error.into()),
        };
        checked.inspect_err(|_| self.roll_back())
    }

    fn commit(&self, ground: &Ground<'_>) -> Attempt<()> {
        let committed = self
            .connection
            .prepare_cached("COMMIT")
            .and_then(|mut statement| statement.execute([]));
        if let Err(error) = committed {
            let code = code_of(&error);
            self.roll_back();
            let fault = Fault::from(error);
            // There was no room for the log, so the commit is not in it. After any other failure,
            // such as that of the sync, it may be, and be found there after a crash.
            return Err(match code {
                Some(ffi::SQLITE_FULL) => fault,
                _ => fault.indeterminate(),
            });
        }
        // A file that was taken away meanwhile took the commit with it, or will bring it back.
        match ground.place.map_or(Ok(()), Place::ensure_present) {
            Ok(()) => Ok(()),
            Err(fault) => Err(fault.indeterminate()),
        }
    }

    /// Ends a transaction that an error may have ended already. Nothing of it is visible to others,
    /// whether or not this succeeds.
    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

/// No code that can panic between two changes runs under these locks, so what they guard is whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

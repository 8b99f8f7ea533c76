//! Moving the write-ahead log into the database, off the writers' path.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::sync::sync_database;

/// After how many pages of 4 KiB the log is moved: in the background, over and over.
const STEP_PAGES: i32 = 1_000;

/// From how many pages on a writer is asked to move the rest: while writers never pause the log
/// never ends, and only one who keeps the others out can have it begin anew. He is asked when the
/// thread has just moved, and synced, almost all of it.
const LIMIT_PAGES: i32 = 4_000;

/// From how many pages on a writer does so though the thread has not come to it.
const OVERDUE_PAGES: i32 = 2 * LIMIT_PAGES;

/// To what size the log is cut when it begins anew. Not to less: a sync of a log that grows costs
/// twice one of a log that is written over.
pub(crate) const LIMIT_BYTES: i64 = LIMIT_PAGES as i64 * 4096;

/// How long a writer waits for those who still read from the log. They read a record or a page of
/// ids, so it is moments; if it is longer, he tries again a step later.
const READERS_BOUND: Duration = Duration::from_millis(50);

/// Watches the log's length, and has a thread that moves it.
pub(crate) struct Wal {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    wish: Mutex<Wish>,
    changed: Condvar,
    overdue: AtomicBool,
    /// Held while the log is moved: SQLite refuses a second one at it.
    moving: Mutex<()>,
}

#[derive(Default)]
struct Wish {
    due: bool,
    end: bool,
}

impl Wal {
    /// Watches what `writer` commits, and moves the log through a `mover` of its own.
    pub(crate) fn watch(writer: &mut Connection, mover: Connection) -> Attempt<Wal> {
        let shared = Arc::new(Shared::default());
        let (watcher, mut before) = (shared.clone(), 0);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            watcher.note(before, pages);
            before = pages;
            Ok(())
        }))?;
        let worker = shared.clone();
        let thread = thread::Builder::new()
            .name("session-driver-sqlite".into())
            .spawn(move || worker.work(&mover))
            .map_err(|error| Fault::new(ErrorKind::Unavailable, error))?;
        Ok(Wal {
            shared,
            thread: Some(thread),
        })
    }

    /// Has the log begin anew if it has become too long, with the connection that writes, between
    /// two transactions.
    pub(crate) fn restart_if_overdue(&self, writer: &Connection) {
        if self.shared.overdue.load(Ordering::Relaxed) {
            self.shared.overdue.store(false, Ordering::Relaxed);
            let _moving = self
                .shared
                .moving
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            // If another process or a reader is in the way, a later commit tries again.
            let _ = writer.busy_timeout(READERS_BOUND);
            let _ = checkpoint(writer, "PRAGMA wal_checkpoint(RESTART)");
            let _ = writer.busy_timeout(Duration::ZERO);
        }
    }
}

impl Shared {
    /// Takes note that the log grew from so many pages to so many, or began anew.
    fn note(&self, before: i32, pages: i32) {
        if pages / STEP_PAGES > before / STEP_PAGES {
            if pages >= OVERDUE_PAGES {
                self.overdue.store(true, Ordering::Relaxed);
            }
            self.wish(|wish| wish.due = true);
        }
    }

    fn wish(&self, change: impl FnOnce(&mut Wish)) {
        change(&mut self.wish.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// The thread's work: once at first, for a killed process may have left its log.
    ///
    /// SQLite syncs the database when it has moved the end of the log, so of one that grows
    /// meanwhile only in a checkpoint for which the writers wait. The thread does it before that.
    fn work(&self, mover: &Connection) {
        loop {
            let pages = {
                let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
                // What keeps it from being moved keeps it safe where it is.
                checkpoint(mover, "PRAGMA wal_checkpoint(PASSIVE)").unwrap_or(0)
            };
            if pages > 0 && !sync_database(mover) {
                // The system tells each handle once of what it could not write. This one must not
                // call a log moved from now on; the writers' will be told, too.
                return;
            }
            if pages >= LIMIT_PAGES {
                self.wish(|wish| wish.due = false);
                self.overdue.store(true, Ordering::Relaxed);
            }
            let wish = self.wish.lock().unwrap_or_else(PoisonError::into_inner);
            let mut wish = self
                .changed
                .wait_while(wish, |wish| !wish.due && !wish.end)
                .unwrap_or_else(PoisonError::into_inner);
            if wish.end {
                return;
            }
            wish.due = false;
        }
    }
}

/// Gives the log's length in pages.
fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<i32> {
    let mut statement = connection.prepare_cached(pragma)?;
    statement.query_row([], |row| row.get(1))
}

impl Drop for Wal {
    fn drop(&mut self) {
        self.shared.wish(|wish| wish.end = true);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say; that it panicked would have been printed.
            let _ = thread.join();
        }
    }
}

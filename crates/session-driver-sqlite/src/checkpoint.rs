//! Moving the write-ahead log into the database, off the writers' path.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::ffi::SQLITE_IOERR_FSYNC;
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault, code_of};
use crate::ffi::{HookedConnection, sync_database};

/// After how many pages of 4 KiB the log is moved: in the background, over and over.
const STEP_PAGES: i32 = 1_000;

/// From how many pages on a writer is asked to move the rest: while writers never pause the log
/// never ends, and only one who keeps the others out can have it begin anew. He is asked when the
/// thread has just moved, and synced, almost all of it.
const LIMIT_PAGES: i32 = 4_000;

/// From how many pages on a writer does so though the thread has not come to it.
const OVERDUE_PAGES: i32 = 6_000;

/// To what size the log is cut when it begins anew. Not to less than it grows to each time: a sync
/// of a log that grows costs twice one of a log that is written over.
pub(crate) const KEPT_BYTES: i64 = OVERDUE_PAGES as i64 * 4096;

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
    /// How long the log was after the last commit.
    pages: AtomicI32,
    /// How long the log was when a checkpoint last moved all of it. While it still is, there is no
    /// other checkpoint: SQLite before 3.51.3 could damage the database if a commit started the log
    /// again during that one (<https://www.sqlite.org/wal.html#walresetbug>).
    emptied_at: AtomicI32,
    /// A writer is to have the log begin anew.
    overdue: AtomicBool,
    /// A sync failed, so that nobody knows what of the database is on the disk. A second one could
    /// succeed without the data of the first: <https://lwn.net/Articles/752063/>. The log, which
    /// has it all, stays as it is.
    has_failed: AtomicBool,
    /// Held while the log is moved: SQLite refuses a second one at it.
    moving: Mutex<()>,
}

#[derive(Default)]
struct Wish {
    due: bool,
    end: bool,
}

impl Wal {
    /// Watches what `writer` commits, and moves the log through the connection `mover`.
    pub(crate) fn watch(writer: Connection, mover: Connection) -> Attempt<(HookedConnection, Wal)> {
        let shared = Arc::new(Shared::default());
        let watcher = shared.clone();
        let writer = HookedConnection::new(writer, move |pages| watcher.note(pages));
        let worker = shared.clone();
        let thread = thread::Builder::new()
            .name("session-driver-sqlite".into())
            .spawn(move || worker.work(&mover))
            .map_err(|error| Fault::new(ErrorKind::Unavailable, error))?;
        let thread = Some(thread);
        Ok((writer, Wal { shared, thread }))
    }

    /// Whether the log has become so long that a writer is to [`restart`](Wal::restart) it.
    pub(crate) fn is_overdue(&self) -> bool {
        self.shared.overdue.load(Ordering::Relaxed)
    }

    /// Has the log begin anew, with the connection that writes, between two transactions. If another
    /// process or a reader is in the way, it is tried again when the log has grown by a step.
    pub(crate) fn restart(&self, writer: &Connection) {
        self.shared.overdue.store(false, Ordering::Relaxed);
        let _moving = self.shared.moving();
        let _ = writer.busy_timeout(READERS_BOUND);
        self.shared
            .checkpoint(writer, "PRAGMA wal_checkpoint(RESTART)");
        let _ = writer.busy_timeout(Duration::ZERO);
        if self.ensure_sound().is_err() {
            // The writer's handle may have been told of the failure, so that a last sync, when it is
            // closed, would succeed, and the log would go.
            let _ = writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }

    /// To be asked before something is written.
    ///
    /// # Errors
    /// Unavailable since a sync of the database or its log has failed.
    pub(crate) fn ensure_sound(&self) -> Attempt<()> {
        if self.shared.has_failed.load(Ordering::Acquire) {
            let reason = "the disk failed to keep what was written; open the database again";
            return Err(Fault::new(ErrorKind::Unavailable, reason));
        }
        Ok(())
    }
}

impl Shared {
    /// Takes note that the log has so many pages now.
    fn note(&self, pages: i32) {
        let before = self.pages.swap(pages, Ordering::Relaxed);
        // A commit makes the log longer, unless it starts it again.
        if pages <= before {
            self.emptied_at.store(0, Ordering::Relaxed);
        }
        if pages / STEP_PAGES > before / STEP_PAGES {
            if pages >= OVERDUE_PAGES {
                self.overdue.store(true, Ordering::Relaxed);
            }
            self.wish(|wish| wish.due = true);
        }
    }

    /// Moves what is in the log, unless a sync has failed, and returns the log's length and how many
    /// of its pages are moved; `None` when it could not be done.
    fn checkpoint(&self, connection: &Connection, pragma: &str) -> Option<(i32, i32)> {
        if self.has_failed.load(Ordering::Acquire) {
            return None;
        }
        let pages = self.pages.load(Ordering::Relaxed);
        if pages > 0 && pages == self.emptied_at.load(Ordering::Relaxed) {
            return Some((pages, pages));
        }
        let moved = connection.prepare_cached(pragma).and_then(|mut statement| {
            statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))
        });
        if moved.as_ref().err().and_then(code_of) == Some(SQLITE_IOERR_FSYNC) {
            self.has_failed.store(true, Ordering::Release);
        }
        let (length, moved) = moved.ok()?;
        if moved == length {
            self.emptied_at.store(length, Ordering::Relaxed);
        }
        Some((length, moved))
    }

    /// Nobody else moves the log meanwhile.
    fn moving(&self) -> MutexGuard<'_, ()> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wish(&self, change: impl FnOnce(&mut Wish)) {
        change(&mut self.wish.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// The thread's work: once at first, for a killed process may have left its log.
    ///
    /// SQLite syncs the database when it has moved the end of the log, so of one that grows
    /// meanwhile only in a checkpoint for which the writers wait. The thread does it before that,
    /// after each step, so that little is left each time.
    fn work(&self, mover: &Connection) {
        loop {
            // If it cannot be moved, it is safe where it is.
            let moved = {
                let _moving = self.moving();
                self.checkpoint(mover, "PRAGMA wal_checkpoint(PASSIVE)")
            };
            if let Some((length, moved)) = moved {
                let pages = self.pages.load(Ordering::Relaxed);
                if length >= pages {
                    // At the log's end SQLite has synced the database, and the next commit starts
                    // the log again. What was wished for meanwhile is moved, too, unless the log
                    // was started again since.
                    if moved == length && length == pages {
                        self.wish(|wish| wish.due = false);
                    }
                } else if !sync_database(mover) {
                    self.has_failed.store(true, Ordering::Release);
                } else if length >= LIMIT_PAGES {
                    // A writer moves what was wished for, too.
                    self.wish(|wish| wish.due = false);
                    self.overdue.store(true, Ordering::Relaxed);
                }
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

impl Drop for Wal {
    fn drop(&mut self) {
        self.shared.wish(|wish| wish.end = true);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say; that it panicked would have been printed.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(connection: &Connection) {
        connection
            .execute("INSERT INTO t VALUES (randomblob(100000))", [])
            .expect("a write");
    }

    /// The log's length after a restart and one more write, as a part of its length before, and
    /// whether there is one after all was closed.
    fn after_a_restart(has_failed: bool) -> (f64, bool) {
        let directory = tempfile::tempdir().expect("a directory");
        let open = || Connection::open(directory.path().join("a.db")).expect("a database");
        let writer = open();
        writer
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
            .expect("a table");
        let (writer, wal) = Wal::watch(writer, open()).expect("a thread");
        (0..20).for_each(|_| write(&writer));
        let before = wal.shared.pages.load(Ordering::Relaxed);
        wal.shared.has_failed.store(has_failed, Ordering::Release);
        assert_eq!(wal.ensure_sound().is_err(), has_failed);
        wal.restart(&writer);
        write(&writer);
        let after = wal.shared.pages.load(Ordering::Relaxed);
        drop((wal, writer));
        let is_there = directory.path().join("a.db-wal").exists();
        (f64::from(after) / f64::from(before), is_there)
    }

    #[test]
    fn a_log_that_was_moved_is_left_alone_until_the_next_commit() {
        let directory = tempfile::tempdir().expect("a directory");
        let open = || Connection::open(directory.path().join("a.db")).expect("a database");
        let (writer, mover) = (open(), open());
        writer
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
            .expect("a table");
        let shared = Arc::new(Shared::default());
        let watcher = shared.clone();
        let writer = HookedConnection::new(writer, move |pages| watcher.note(pages));
        write(&writer);
        let moved = || shared.checkpoint(&mover, "PRAGMA wal_checkpoint(PASSIVE)");
        let all = shared.pages.load(Ordering::Relaxed);
        assert_eq!(moved(), Some((all, all)));
        // SQLite would fail: it is given no statement.
        let left_alone = shared.checkpoint(&mover, "no statement");
        assert_eq!(left_alone, Some((all, all)));
        // The log is started again, and has the same length once more: what it holds is not moved.
        shared.note(1);
        shared.note(all);
        assert_eq!(shared.checkpoint(&mover, "no statement"), None);
        write(&writer);
        write(&writer);
        let longer = shared.pages.load(Ordering::Relaxed);
        assert!(longer > all, "{longer}");
        assert_eq!(moved(), Some((longer, longer)));
    }

    #[test]
    fn the_log_begins_anew_and_goes_in_the_end_unless_a_sync_has_failed() {
        let (length, is_there) = after_a_restart(false);
        assert!(length < 0.1 && !is_there, "{length}");
        let (length, is_there) = after_a_restart(true);
        assert!(length > 1.0 && is_there, "{length}");
    }
}

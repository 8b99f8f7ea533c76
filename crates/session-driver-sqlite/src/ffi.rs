//! What rusqlite has no safe interface for, or none that all its supported releases share: syncing
//! the database file, and the hook that SQLite calls after each commit to the write-ahead log. The
//! only file of the crate with `unsafe` code.

#![allow(
    unsafe_code,
    reason = "SQLite syncs the database file only at the end of a checkpoint, which made 16 \
        writers at NORMAL wait 20 ms instead of 4; and the safe interface of the hook differs \
        between releases of rusqlite"
)]

use std::any::Any;
use std::ffi::{c_char, c_int, c_void};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::ffi::{
    SQLITE_FCNTL_FILE_POINTER, SQLITE_OK, SQLITE_SYNC_FULL, sqlite3, sqlite3_file,
    sqlite3_file_control, sqlite3_wal_hook,
};

/// Syncs the database file to the disk; `false` when it may not have reached it.
///
/// SQLite has no statement for that. A descriptor of our own would, when it is closed, release all
/// locks that the process holds on the file (rule HYG-8), so the sync goes through SQLite's:
/// <https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlfilepointer>.
pub(crate) fn sync_database(connection: &Connection) -> bool {
    let mut file: *mut sqlite3_file = ptr::null_mut();
    // SAFETY: the handle belongs to an open connection, which only this thread uses and which stays
    // open for the whole call. This control writes one pointer to a file to the given address.
    let found = unsafe {
        sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            SQLITE_FCNTL_FILE_POINTER,
            (&raw mut file).cast(),
        )
    };
    if found != SQLITE_OK || file.is_null() {
        return false;
    }
    // SAFETY: the file lives as long as the connection; its methods are those of an open file, or
    // null.
    let sync = unsafe { (*file).pMethods.as_ref() }.and_then(|methods| methods.xSync);
    // FULL is F_FULLFSYNC on Apple's systems, and what NORMAL is on all others.
    // SAFETY: the method is the file's own, and may be called while the file is open.
    sync.is_some_and(|sync| unsafe { sync(file, SQLITE_SYNC_FULL as c_int) } == SQLITE_OK)
}

/// A connection, and the function that SQLite calls after each of its commits, if there is one.
///
/// Both live here so that the function outlives its registration: [`Drop`] removes the hook, then
/// the connection is closed, and the function is freed last. Only a shared reference to the
/// connection is given out, so that it cannot be moved out or exchanged for another.
pub(crate) struct HookedConnection {
    connection: Connection,
    /// Never read: SQLite has a pointer to it.
    on_commit: Option<Arc<dyn Any + Send + Sync>>,
}

impl HookedConnection {
    /// Has `on_commit` called after each commit of the connection to the write-ahead log, on the
    /// thread that commits, with the log's length in pages.
    ///
    /// SQLite keeps one such hook for a connection, and `PRAGMA wal_autocheckpoint` replaces it:
    /// set that before. A replaced hook is no longer called.
    pub(crate) fn new<F>(connection: Connection, on_commit: F) -> HookedConnection
    where
        F: Fn(c_int) + Send + Sync + 'static,
    {
        let on_commit = Arc::new(on_commit);
        let client_data = Arc::as_ptr(&on_commit).cast_mut().cast();
        // SAFETY: the handle belongs to an open connection, which only this thread uses. The
        // callback gets the pointer that it expects, to an `F` that lives until the hook was
        // removed and the connection closed, and that any thread may call.
        unsafe {
            sqlite3_wal_hook(connection.handle(), Some(call::<F>), client_data);
        }
        HookedConnection {
            connection,
            on_commit: Some(on_commit),
        }
    }
}

/// The callback that SQLite has for an `on_commit` of type `F`.
///
/// # Safety
/// `client_data` points to a live `F`.
unsafe extern "C" fn call<F: Fn(c_int)>(
    client_data: *mut c_void,
    _: *mut sqlite3,
    _: *const c_char,
    pages: c_int,
) -> c_int {
    // SAFETY: as the caller promises. It is shared with other threads at most, never changed.
    let on_commit = unsafe { &*client_data.cast::<F>().cast_const() };
    // A panic must not unwind through C. It was reported by the panic hook, and the commit, which
    // is done, succeeds all the same.
    let _ = catch_unwind(AssertUnwindSafe(|| on_commit(pages)));
    SQLITE_OK
}

impl From<Connection> for HookedConnection {
    /// Without a hook.
    fn from(connection: Connection) -> HookedConnection {
        HookedConnection {
            connection,
            on_commit: None,
        }
    }
}

impl Deref for HookedConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for HookedConnection {
    fn drop(&mut self) {
        if self.on_commit.is_some() {
            // SAFETY: the handle belongs to a connection that is still open, and that only this
            // thread uses. No callback is given, so the pointer is not used.
            unsafe {
                sqlite3_wal_hook(self.connection.handle(), None, ptr::null_mut());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn on_disk(directory: &tempfile::TempDir) -> Connection {
        let connection = Connection::open(directory.path().join("a.db")).expect("a database");
        connection
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
            .expect("a table");
        connection
    }

    fn insert(connection: &Connection) {
        let inserted = connection.execute("INSERT INTO t VALUES (1)", []);
        assert_eq!(inserted.expect("a write"), 1);
    }

    #[test]
    fn a_database_in_a_file_is_synced_and_one_in_memory_is_not() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(sync_database(&on_disk(&directory)));
        let in_memory = Connection::open_in_memory().expect("a database");
        assert!(!sync_database(&in_memory));
    }

    #[test]
    fn the_hook_sees_each_commit_and_is_freed_with_its_connection() {
        let directory = tempfile::tempdir().expect("a directory");
        let seen = Arc::new(Mutex::new(vec![]));
        let watcher = seen.clone();
        let hooked = HookedConnection::new(on_disk(&directory), move |pages| {
            watcher.lock().expect("no panic").push(pages);
        });
        // Moved to another place and to another thread, like a connection.
        let hooked = std::thread::spawn(move || {
            insert(&hooked);
            Box::new(hooked)
        });
        let hooked = hooked.join().expect("no panic");
        insert(&hooked);
        let lengths = seen.lock().expect("no panic").clone();
        assert!(lengths.len() == 2 && lengths.is_sorted(), "{lengths:?}");
        assert_eq!(Arc::strong_count(&seen), 2);
        drop(hooked);
        assert_eq!(Arc::strong_count(&seen), 1);
    }

    #[test]
    fn a_hook_that_panics_leaves_the_commit_as_it_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let hooked = HookedConnection::new(on_disk(&directory), |_| {
            panic!("a panic that this test is for");
        });
        insert(&hooked);
        insert(&hooked);
        let rows = hooked.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0));
        assert_eq!(rows.expect("a count"), 2);
    }

    #[test]
    fn a_hook_that_sqlite_replaced_is_no_longer_called() {
        let directory = tempfile::tempdir().expect("a directory");
        let hooked = HookedConnection::new(on_disk(&directory), |_| {
            panic!("a hook that was replaced");
        });
        hooked
            .pragma_update(None, "wal_autocheckpoint", 10)
            .expect("a setting");
        insert(&hooked);
    }
}

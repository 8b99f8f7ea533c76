//! The one door to sled.

use std::any::Any;
use std::ops::{Bound, ControlFlow};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use session_driver::{Durability, ErrorKind};
use sled::{Batch, Db, IVec, Tree};

use crate::fault::{Attempt, Fault};
use crate::flush::{FlushFailed, SharedFlush};

/// How many bytes may be written before somebody has to wait for a flush. sled 0.34.7 has few
/// threads that write, and when more segments (512 KiB) wait for them than there are threads, it
/// can lock itself up for good (fixed in sled's main branch, pull request 1269, and not released).
const MAX_UNFLUSHED: usize = 2 * 1024 * 1024;

/// How long an open waits for the threads of an earlier instance to let go of the files.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_INTERVAL: Duration = Duration::from_millis(1);

/// An open tree. Once a write or a flush has failed, or sled has panicked, nothing is known about
/// what it holds in memory, and every call is Unavailable.
pub(crate) struct Engine {
    tree: Tree,
    /// Held because the tree alone would not keep the flusher's thread.
    _db: Db,
    flush: SharedFlush,
    unflushed: AtomicUsize,
    stopped: AtomicBool,
    pub(crate) durability: Durability,
}

impl Engine {
    pub(crate) fn open(
        directory: &Path,
        tree: &str,
        durability: Durability,
        flush_every: Duration,
        create: bool,
    ) -> Attempt<Engine> {
        let millis = u64::try_from(flush_every.as_millis()).unwrap_or(u64::MAX);
        let config = sled::Config::new()
            .path(directory)
            .flush_every_ms(Some(millis));
        let begin = Instant::now();
        let db = loop {
            match unpanicked(|| config.open())? {
                // The one error that sled makes up itself: its files are locked.
                Err(sled::Error::Io(error)) if error.kind() == std::io::ErrorKind::Other => {
                    if begin.elapsed() > LOCK_PATIENCE {
                        return Err(Fault::new(ErrorKind::Locked, "sled's files are locked"));
                    }
                    std::thread::sleep(LOCK_INTERVAL);
                }
                opened => break opened?,
            }
        };
        if !create
            && !unpanicked(|| db.tree_names())?
                .iter()
                .any(|name| name == tree.as_bytes())
        {
            let reason = "the store has no tree of this name";
            return Err(Fault::new(ErrorKind::Unavailable, reason));
        }
        Ok(Engine {
            tree: unpanicked(|| db.open_tree(tree))??,
            _db: db,
            flush: SharedFlush::default(),
            unflushed: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            durability,
        })
    }

    pub(crate) fn get(&self, key: &[u8]) -> Attempt<Option<IVec>> {
        self.call(|tree| tree.get(key))
    }

    pub(crate) fn insert(&self, key: &[u8], value: impl Into<IVec>) -> Attempt<()> {
        let value = value.into();
        self.write(key.len() + value.len(), |tree| {
            tree.insert(key, value).map(drop)
        })
    }

    pub(crate) fn remove(&self, key: &[u8]) -> Attempt<()> {
        self.write(key.len(), |tree| tree.remove(key).map(drop))
    }

    /// Makes the changes so that no reader and no crash sees a part of them. `len` is about how
    /// many bytes they have.
    pub(crate) fn apply(&self, len: usize, batch: Batch) -> Attempt<()> {
        self.write(len, |tree| tree.apply_batch(batch))
    }

    /// Shows keys and values in order, from behind `after` on, until `look` breaks.
    pub(crate) fn scan(
        &self,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        mut look: impl FnMut(IVec, IVec) -> ControlFlow<()>,
    ) -> Attempt<()> {
        self.call(|tree| {
            for item in tree.range::<&[u8], _>(range) {
                let (key, value) = item?;
                if look(key, value).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Makes what this caller wrote last as the durability wants it.
    pub(crate) fn settle(&self) -> Attempt<()> {
        if self.durability >= Durability::Process {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&self) -> Attempt<()> {
        let mut cause = None;
        let flush = || {
            self.unflushed.store(0, Ordering::Relaxed);
            let flushed = self.call(Tree::flush);
            if let Err(fault) = flushed {
                self.stopped.store(true, Ordering::Release);
                cause = Some(fault);
            }
            cause.is_none()
        };
        match self.flush.run(flush) {
            Ok(()) => Ok(()),
            Err(FlushFailed) => Err(cause.unwrap_or_else(has_stopped).indeterminate()),
        }
    }

    fn write(&self, len: usize, write: impl FnOnce(&Tree) -> sled::Result<()>) -> Attempt<()> {
        self.ensure_running()?;
        if self.unflushed.fetch_add(len, Ordering::Relaxed) > MAX_UNFLUSHED {
            self.flush()?;
        }
        self.call(write).map_err(|fault| {
            self.stopped.store(true, Ordering::Release);
            fault.indeterminate()
        })
    }

    fn call<R>(&self, call: impl FnOnce(&Tree) -> sled::Result<R>) -> Attempt<R> {
        self.ensure_running()?;
        match unpanicked(|| call(&self.tree)) {
            Ok(outcome) => Ok(outcome?),
            Err(fault) => {
                self.stopped.store(true, Ordering::Release);
                Err(fault)
            }
        }
    }

    fn ensure_running(&self) -> Attempt<()> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(has_stopped());
        }
        Ok(())
    }
}

fn has_stopped() -> Fault {
    Fault::new(
        ErrorKind::Unavailable,
        "sled has stopped after an error; open the store again",
    )
}

/// sled panics where it meets damage that it did not look for. What it says may quote a key, so it
/// is not passed on.
fn unpanicked<R>(call: impl FnOnce() -> R) -> Attempt<R> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_: Box<dyn Any + Send>| {
        Fault::new(
            ErrorKind::Corrupt,
            "sled panicked, most likely because its files are damaged",
        )
    })
}

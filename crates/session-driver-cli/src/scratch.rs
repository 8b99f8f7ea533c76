//! What a command makes beside a store, files, directories and keys on a server, and what becomes
//! of it: each goes when it is dropped, also after an [interrupt](crate::interrupt).
//!
//! Nothing is kept from other users on Windows but by the directory around it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{Builder, NamedTempFile};

use crate::interrupt;

const PREFIX: &str = ".session-driver-";

/// What was made and is not removed yet, by the order in which it was made, and what was removed
/// since the command was asked to stop.
static LEDGER: Mutex<Ledger> = Mutex::new(Ledger {
    existing: BTreeMap::new(),
    removed: Vec::new(),
});

struct Ledger {
    existing: BTreeMap<u64, String>,
    removed: Vec<String>,
}

/// A directory that nobody else can read and that goes with everything in it when it is dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _cleanup: Cleanup,
}

impl Directory {
    pub(crate) fn inside(parent: &Path) -> io::Result<Directory> {
        let mut ledger = ledger();
        let directory = private(&mut Builder::new(), 0o700).tempdir_in(parent)?;
        let path = directory.keep();
        Ok(Directory {
            _cleanup: Cleanup::of_path(&path, &mut ledger),
            path,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// A file that nobody else can read; it goes when it is dropped, unless it is kept.
#[derive(Debug)]
pub(crate) struct File {
    file: NamedTempFile,
    _cleanup: Cleanup,
}

impl File {
    pub(crate) fn inside(parent: &Path) -> io::Result<File> {
        let mut ledger = ledger();
        let file = private(&mut Builder::new(), 0o600).tempfile_in(parent)?;
        Ok(File {
            _cleanup: Cleanup::of_path(file.path(), &mut ledger),
            file,
        })
    }

    pub(crate) fn as_file(&self) -> &fs::File {
        self.file.as_file()
    }

    /// Makes it last, under this name, in place of what had the name.
    pub(crate) fn keep_as(self, path: &Path) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// For something with this mode, where there are modes.
fn private<'a, 'n>(builder: &'a mut Builder<'n, 'n>, mode: u32) -> &'a mut Builder<'n, 'n> {
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

/// Removes something when it is dropped.
pub(crate) struct Cleanup {
    number: u64,
    /// Whether it succeeded.
    remove: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Cleanup {
    /// Of keys on a server. `what` names them to a person; `remove` says whether they are gone.
    pub(crate) fn on_server(
        what: String,
        remove: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Cleanup {
        Cleanup::enter(what, remove, &mut ledger())
    }

    fn of_path(path: &Path, ledger: &mut Ledger) -> Cleanup {
        let (what, path) = (path.display().to_string(), path.to_owned());
        Cleanup::enter(what, move || remove(&path), ledger)
    }

    fn enter(
        what: String,
        remove: impl Fn() -> bool + Send + Sync + 'static,
        ledger: &mut Ledger,
    ) -> Cleanup {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        ledger.existing.insert(number, what);
        Cleanup {
            number,
            remove: Box::new(remove),
        }
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        let is_gone = (self.remove)();
        let mut ledger = ledger();
        if interrupt::is_requested() {
            // What cannot be removed stays, to be told of in the end.
            if is_gone && let Some(what) = ledger.existing.remove(&self.number) {
                ledger.removed.push(what);
            }
        } else {
            ledger.existing.remove(&self.number);
        }
    }
}

impl fmt::Debug for Cleanup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleanup").finish_non_exhaustive()
    }
}

/// What was made and is not removed: what may be left if the process ends now.
pub(crate) fn existing() -> Vec<String> {
    outermost(ledger().existing.values())
}

/// What was removed since the command was asked to stop.
pub(crate) fn removed() -> Vec<String> {
    outermost(ledger().removed.iter())
}

/// Leaves out what is in a directory that is listed as well.
fn outermost<'a>(all: impl Iterator<Item = &'a String> + Clone) -> Vec<String> {
    let is_inside = |inner: &String| {
        let mut others = all.clone().filter(|outer| *outer != inner);
        others.any(|outer| Path::new(inner).starts_with(outer))
    };
    all.clone()
        .filter(|what| !is_inside(what))
        .cloned()
        .collect()
}

fn ledger() -> MutexGuard<'static, Ledger> {
    LEDGER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is there while other threads may still write to it, and says whether it is gone.
fn remove(path: &Path) -> bool {
    for _ in 0..100 {
        let gone = if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        if gone.is_ok() || !path.exists() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_listed_directory_is_left_out() {
        let all = [
            "/tmp/a",
            "/tmp/a/b",
            "/tmp/ab",
            "the keys that begin with `/tmp/a/`",
        ];
        let all = all.map(str::to_owned);
        let outermost = outermost(all.iter());
        assert_eq!(outermost, [&*all[0], &*all[2], &*all[3]]);
    }

    #[test]
    fn what_is_dropped_is_gone_with_all_that_is_in_it() {
        let parent = tempfile::tempdir().expect("a directory for the test");
        let outer = Directory::inside(parent.path()).expect("a directory");
        let inner = Directory::inside(outer.path()).expect("a directory in it");
        fs::write(inner.path().join("file"), "x").expect("a file in that");
        assert!(existing().contains(&outer.path().display().to_string()));
        let path = outer.path().to_owned();
        drop((outer, inner));
        assert!(!path.exists());
        assert!(!existing().contains(&path.display().to_string()));
    }
}

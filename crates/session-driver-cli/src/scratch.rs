//! Temporary files and directories that go, also when the user presses Ctrl-C.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

const PREFIX: &str = ".session-driver-";

/// What is to be removed if a signal ends the process.
static MADE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A directory that nobody else can read and that goes with everything in it when it is dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    // Dropped in this order: what is gone need not be remembered.
    directory: TempDir,
    _remembered: Remembered,
}

impl Directory {
    pub(crate) fn inside(parent: &Path) -> io::Result<Directory> {
        let directory = Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        Ok(Directory {
            _remembered: Remembered::new(directory.path()),
            directory,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// A file that nobody else can read; it goes when it is dropped, unless it is kept.
#[derive(Debug)]
pub(crate) struct File {
    file: NamedTempFile,
    _remembered: Remembered,
}

impl File {
    pub(crate) fn inside(parent: &Path) -> io::Result<File> {
        let file = Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(parent)?;
        Ok(File {
            _remembered: Remembered::new(file.path()),
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

/// A path that is removed if a signal comes while this lives.
#[derive(Debug)]
struct Remembered(PathBuf);

impl Remembered {
    fn new(path: &Path) -> Remembered {
        static WATCH: Once = Once::new();
        WATCH.call_once(|| {
            // Without a watch, Ctrl-C leaves the temporary files behind, as it does in most
            // programs.
            let _ = ctrlc::set_handler(|| {
                for path in made().iter() {
                    remove(path);
                }
                process::exit(130);
            });
        });
        made().insert(path.into());
        Remembered(path.into())
    }
}

impl Drop for Remembered {
    fn drop(&mut self) {
        made().remove(&self.0);
    }
}

fn made() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is there while other threads may still write to it.
fn remove(path: &Path) {
    for _ in 0..100 {
        let gone = if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        if gone.is_ok() || !path.exists() {
            return;
        }
    }
}

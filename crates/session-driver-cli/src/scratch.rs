//! Temporary files and directories that go, also when the user presses Ctrl-C.
//!
//! On Windows a file that a thread has open cannot be removed: what is open when Ctrl-C ends the
//! process stays. And nothing is kept from other users there but by the directory around it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use tempfile::{Builder, NamedTempFile};

use crate::successor::{self, INTERRUPTED};

const PREFIX: &str = ".session-driver-";

/// What is to be done if a signal ends the process, by the order in which it came up. Whoever makes
/// something that is to go holds it meanwhile, so that nothing is made once the process ends.
static DUE: Mutex<BTreeMap<u64, Due>> = Mutex::new(BTreeMap::new());

struct Due {
    /// Done once more if a signal comes meanwhile.
    action: Arc<dyn Fn() + Send + Sync>,
    /// What is left to a successor if a signal ends the process, in place of the action.
    bequest: Option<Box<dyn Fn() -> Vec<String> + Send>>,
}

/// A directory that nobody else can read and that goes with everything in it when it is dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _cleanup: Cleanup,
}

impl Directory {
    pub(crate) fn inside(parent: &Path) -> io::Result<Directory> {
        let mut due = due();
        let directory = private(&mut Builder::new(), 0o700).tempdir_in(parent)?;
        let path = directory.keep();
        Ok(Directory {
            _cleanup: cleanup_of(&path, &mut due),
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
        let mut due = due();
        let file = private(&mut Builder::new(), 0o600).tempfile_in(parent)?;
        Ok(File {
            _cleanup: cleanup_of(file.path(), &mut due),
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

/// Something that is done when this is dropped, or when a signal ends the process before that is
/// done.
pub(crate) struct Cleanup(u64);

impl Cleanup {
    /// Something on a server. To remove it while threads still write there would be in vain, so a
    /// signal leaves what `bequest` names to a [successor](crate::successor).
    pub(crate) fn on_server(
        action: impl Fn() + Send + Sync + 'static,
        bequest: impl Fn() -> Vec<String> + Send + 'static,
    ) -> Cleanup {
        let new = Due {
            action: Arc::new(action),
            bequest: Some(Box::new(bequest)),
        };
        Cleanup::among(&mut due(), new)
    }

    fn among(due: &mut BTreeMap<u64, Due>, new: Due) -> Cleanup {
        static WATCH: Once = Once::new();
        static NEXT: AtomicU64 = AtomicU64::new(0);
        WATCH.call_once(|| {
            // Without a watch, Ctrl-C leaves the temporary files behind, as it does in most
            // programs.
            let _ = ctrlc::set_handler(end_at_once);
        });
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        due.insert(number, new);
        Cleanup(number)
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        let action = due().get(&self.0).map(|due| Arc::clone(&due.action));
        if let Some(action) = action {
            action();
        }
        due().remove(&self.0);
    }
}

impl fmt::Debug for Cleanup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleanup").finish_non_exhaustive()
    }
}

/// What a signal does.
fn end_at_once() {
    let due = due();
    for due in due.values().filter(|due| due.bequest.is_none()) {
        (due.action)();
    }
    // Last, for until then the threads may begin to use more.
    let bequests = due.values().filter_map(|due| due.bequest.as_ref());
    let bequests: Vec<String> = bequests.flat_map(|bequest| bequest()).collect();
    if !bequests.is_empty() {
        let error = successor::take_over(&bequests);
        successor::say(&format!(
            "what was written beside the store may be left on the server: {error}"
        ));
    }
    process::exit(INTERRUPTED.into());
}

fn due() -> MutexGuard<'static, BTreeMap<u64, Due>> {
    DUE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cleanup_of(path: &Path, due: &mut BTreeMap<u64, Due>) -> Cleanup {
    let path = path.to_owned();
    let new = Due {
        action: Arc::new(move || remove(&path)),
        bequest: None,
    };
    Cleanup::among(due, new)
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

//! The database file: created privately, and still the one that was opened.
//!
//! What depends on the operating system is in `system`: `unix.rs`, or `windows.rs`, where the same
//! functions promise less.

#[cfg(unix)]
#[path = "place/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "place/windows.rs"]
mod system;

use std::io;
use std::path::{Path, PathBuf};

use session_driver::{Durability, ErrorKind};

use crate::fault::{Attempt, Fault, kind_of_io};

/// Where the database is, and which file it is whatever its names.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    identity: system::Identity,
    is_immutable: bool,
}

/// Why a file is not opened.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0} is a link, directory or device; name the database file itself")]
    NotAFile(PathBuf),
    #[error("there is no database in {0}")]
    Missing(PathBuf),
    #[error("cannot open or create {0}")]
    Io(PathBuf, #[source] io::Error),
}

impl Place {
    /// Finds the file, or creates an empty one that only its owner can use if it may `create` it.
    ///
    /// The database file is never opened here: on Unix, closing a descriptor of it would release
    /// all locks that SQLite holds on it for the process (rule HYG-8).
    pub(crate) fn prepare(path: &Path, durability: Durability, create: bool) -> Attempt<Place> {
        let refuse = |error| Fault::new(kind_of_io(&error), Refusal::Io(path.into(), error));
        let path = system::resolve(path).map_err(refuse)?;
        if create {
            create_empty(&path).map_err(refuse)?;
        }
        let status = match system::status(&path) {
            Err(error) if !create && error.kind() == io::ErrorKind::NotFound => {
                return Err(Fault::new(ErrorKind::Unavailable, Refusal::Missing(path)));
            }
            status => status.map_err(refuse)?,
        };
        system::ensure_private(&path, &status)?;
        system::ensure_readable(&path, &status).map_err(refuse)?;
        if durability >= Durability::Power {
            // The process that created the file may have died before its name was on the disk.
            system::sync_directory(path.parent().unwrap_or(&path)).map_err(refuse)?;
        }
        let mut has_log = false;
        for suffix in ["-wal", "-shm"] {
            let companion = companion(&path, suffix);
            match system::status(&companion) {
                Ok(status) => system::ensure_private(&companion, &status)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(refuse(error)),
            }
            has_log = true;
        }
        Ok(Place {
            identity: system::identity_of(&status),
            is_immutable: !has_log && system::is_on_read_only_media(&path),
            path,
        })
    }

    /// The path, absolute and without links.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the media keeps every process from writing the file, and all is in it.
    pub(crate) fn is_immutable(&self) -> bool {
        self.is_immutable
    }

    /// Checks that the path still leads to the file that was opened. If it does not, other programs
    /// open another store (rule ERR-7).
    ///
    /// # Errors
    /// Unavailable when the file was removed or replaced.
    pub(crate) fn ensure_present(&self) -> Attempt<()> {
        let gone = "the database file was removed or replaced; open it again";
        match system::current_identity(&self.path) {
            Ok(identity) if identity == self.identity => Ok(()),
            Ok(_) => Err(Fault::new(ErrorKind::Unavailable, gone)),
            Err(error) => Err(match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                    Fault::new(ErrorKind::Unavailable, gone)
                }
                _ => error.into(),
            }),
        }
    }
}

/// Creates an empty file unless there is something of that name.
fn create_empty(path: &Path) -> io::Result<()> {
    let Err(error) = system::create_empty(path) else {
        return Ok(());
    };
    match error.kind() {
        io::ErrorKind::AlreadyExists => Ok(()),
        // A directory that cannot be written may hold a file that can be read.
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
            if system::status(path).is_ok() =>
        {
            Ok(())
        }
        _ => Err(error),
    }
}

/// The path of a file that SQLite keeps beside the database.
fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

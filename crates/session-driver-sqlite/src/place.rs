//! The file: made privately, and still the one that was opened.

use std::path::{Path, PathBuf};

use rustix::fs::{
    Access, AtFlags, CWD, FileType, Mode, OFlags, Stat, access, chmodat, fsync, lstat, mknodat,
    openat, stat,
};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::geteuid;
use session_driver::{Durability, ErrorKind};

use crate::fault::{Attempt, Fault};

/// Where the database is, and which file it is whatever its names.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    identity: (u64, u64),
    is_immutable: bool,
}

/// Why a file is not opened.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0} is a link, directory or device; name the database file itself")]
    NoFile(PathBuf),
    #[error("{0} belongs to another user; use a file of your own")]
    AnotherUser(PathBuf),
    #[error("{0} can be written by others; take that right away with `chmod go-w`")]
    WritableByOthers(PathBuf),
    #[error("cannot open or make {0}")]
    Io(PathBuf, #[source] std::io::Error),
}

impl Place {
    /// Finds the file, or makes an empty one (0600) if it may `create` it.
    ///
    /// It is made without being opened: whoever closes a file of SQLite's takes all the locks of
    /// its process on it (rule HYG-8).
    pub(crate) fn prepare(path: &Path, durability: Durability, create: bool) -> Attempt<Place> {
        let refuse = |errno: Errno| {
            Fault::new(
                Fault::from(errno).kind,
                Refusal::Io(path.into(), errno.into()),
            )
        };
        let path = resolved(path).map_err(refuse)?;
        let (kind, mode) = (FileType::RegularFile, Mode::RUSR | Mode::WUSR);
        let made = match create {
            true => mknodat(CWD, &path, kind, mode, 0),
            false => Ok(()),
        };
        match made {
            Ok(()) | Err(Errno::EXIST) => {}
            // A directory that cannot be written may hold a file that can be read.
            Err(Errno::ROFS | Errno::ACCESS | Errno::PERM) if lstat(&path).is_ok() => {}
            Err(errno) => return Err(refuse(errno)),
        }
        let status = lstat(&path).map_err(refuse)?;
        ensure_private(&path, &status)?;
        if status.st_size == 0 && status.st_mode & 0o600 != 0o600 {
            // Given back what the umask took from a file that nobody has written yet.
            chmodat(CWD, &path, Mode::RUSR | Mode::WUSR, AtFlags::empty()).map_err(refuse)?;
        }
        access(&path, Access::READ_OK).map_err(refuse)?;
        if durability >= Durability::Power {
            // Whoever made the file may have died before its name was sure to last.
            let parent = path.parent().unwrap_or(&path);
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let parent = openat(CWD, parent, flags, Mode::empty()).map_err(refuse)?;
            retry_on_intr(|| fsync(&parent)).map_err(refuse)?;
        }
        let mut has_log = false;
        for suffix in ["-wal", "-shm"] {
            let companion = companion(&path, suffix);
            match lstat(&companion) {
                Ok(status) => ensure_private(&companion, &status)?,
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(refuse(errno)),
            }
            has_log = true;
        }
        Ok(Place {
            identity: identity_of(&status),
            is_immutable: !has_log && access(&path, Access::WRITE_OK) == Err(Errno::ROFS),
            path,
        })
    }

    /// The path, absolute and without links.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nobody can write the file, because of the media it is on, and all is in it.
    pub(crate) fn is_immutable(&self) -> bool {
        self.is_immutable
    }

    /// Unavailable when the file is no longer where it was opened, for then others open another
    /// store (rule ERR-7).
    pub(crate) fn ensure_present(&self) -> Attempt<()> {
        match stat(&self.path) {
            Ok(status) if identity_of(&status) == self.identity => Ok(()),
            Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Err(Fault::new(
                ErrorKind::Unavailable,
                "the database file was removed or replaced; open it again",
            )),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// The path with its directory's links resolved: SQLite then follows none.
fn resolved(path: &Path) -> Result<PathBuf, Errno> {
    let absolute = std::path::absolute(path).map_err(|_| Errno::INVAL)?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(Errno::ISDIR);
    };
    match parent.canonicalize() {
        Ok(parent) => Ok(parent.join(name)),
        Err(error) => Err(Errno::from_io_error(&error).unwrap_or(Errno::IO)),
    }
}

/// The name of a file that SQLite makes beside the database.
fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn ensure_private(path: &Path, status: &Stat) -> Attempt<()> {
    let (kind, refusal) = if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        (ErrorKind::Incompatible, Refusal::NoFile(path.into()))
    } else if status.st_uid != geteuid().as_raw() {
        (
            ErrorKind::PermissionDenied,
            Refusal::AnotherUser(path.into()),
        )
    } else if status.st_mode & 0o022 != 0 {
        (
            ErrorKind::PermissionDenied,
            Refusal::WritableByOthers(path.into()),
        )
    } else {
        return Ok(());
    };
    Err(Fault::new(kind, refusal))
}

#[allow(
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    reason = "device numbers are of another type on other Unixes"
)]
fn identity_of(status: &Stat) -> (u64, u64) {
    (status.st_dev as u64, status.st_ino as u64)
}

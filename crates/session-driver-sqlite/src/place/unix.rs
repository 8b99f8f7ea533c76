//! Files on Unix: with an owner, a mode, and an inode that tells one file from another.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, FileType, Mode, Stat, access, chmodat, lstat, stat};
use rustix::io::Errno;
use rustix::process::geteuid;
use session_driver::ErrorKind;

use super::Refusal;
use crate::fault::{Attempt, Fault};

pub(super) type Status = Stat;

/// The device and the inode.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

/// Why a file is not private.
#[derive(Debug, thiserror::Error)]
enum Exposed {
    #[error("{0} belongs to another user; use a file of your own")]
    AnotherUser(PathBuf),
    #[error("{0} can be written by others; take that right away with `chmod go-w`")]
    WritableByOthers(PathBuf),
}

/// The path, absolute, with its directory's links resolved: SQLite is told to follow none.
pub(super) fn resolve(path: &Path) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => Ok(parent.canonicalize()?.join(name)),
        _ => Err(io::ErrorKind::IsADirectory.into()),
    }
}

/// Creates an empty file (0600 less the umask) without opening it.
///
/// # Errors
/// `AlreadyExists` when there is something of that name.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn create_empty(path: &Path) -> io::Result<()> {
    let (kind, mode) = (FileType::RegularFile, Mode::RUSR | Mode::WUSR);
    Ok(rustix::fs::mknodat(CWD, path, kind, mode, 0)?)
}

/// Creates an empty file (0600 less the umask) that is never open under this name.
///
/// # Errors
/// `AlreadyExists` when there is something of that name.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn create_empty(path: &Path) -> io::Result<()> {
    create_empty_by_link(path)
}

/// Creates a file under a temporary name, closes it, and gives it its own name: only Linux has a
/// call that creates a file without opening it. A process that is killed in between may leave an
/// empty file of the temporary name.
#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
fn create_empty_by_link(path: &Path) -> io::Result<()> {
    use std::fs::{self, OpenOptions};
    use std::os::unix::fs::OpenOptionsExt;

    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let random = session_driver::Version::random().map_err(io::Error::other)?;
    let temporary = super::companion(path, &format!("-new-{:016x}", random.to_bits()));
    let mut options = OpenOptions::new();
    drop(
        options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?,
    );
    let linked = fs::hard_link(&temporary, path);
    let removed = fs::remove_file(&temporary);
    linked.and(removed)
}

/// The status of what has this path; a link is not followed.
pub(super) fn status(path: &Path) -> io::Result<Status> {
    Ok(lstat(path)?)
}

/// # Errors
/// Incompatible when it is not a file; PermissionDenied when it belongs to another user or can be
/// written by others.
pub(super) fn ensure_private(path: &Path, status: &Status) -> Attempt<()> {
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        let refusal = Refusal::NotAFile(path.into());
        return Err(Fault::new(ErrorKind::Incompatible, refusal));
    }
    let exposed = if status.st_uid != geteuid().as_raw() {
        Exposed::AnotherUser(path.into())
    } else if status.st_mode & 0o022 != 0 {
        Exposed::WritableByOthers(path.into())
    } else {
        return Ok(());
    };
    Err(Fault::new(ErrorKind::PermissionDenied, exposed))
}

/// Checks that the process may read the file.
pub(super) fn ensure_readable(path: &Path, status: &Status) -> io::Result<()> {
    if status.st_size == 0 && status.st_mode & 0o600 != 0o600 {
        // Gives back what the umask took from a file that no process has written yet.
        chmodat(CWD, path, Mode::RUSR | Mode::WUSR, AtFlags::empty())?;
    }
    Ok(access(path, Access::READ_OK)?)
}

/// Syncs the names in a directory to the disk. On Apple's systems that is `F_FULLFSYNC`, without
/// which the disk may keep them in its cache.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

pub(super) fn is_on_read_only_media(path: &Path) -> bool {
    access(path, Access::WRITE_OK) == Err(Errno::ROFS)
}

#[allow(
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    reason = "device numbers have different types on different Unixes"
)]
pub(super) fn identity_of(status: &Status) -> Identity {
    Identity(status.st_dev as u64, status.st_ino as u64)
}

/// The identity of the file that has this path now.
pub(super) fn current_identity(path: &Path) -> io::Result<Identity> {
    Ok(identity_of(&stat(path)?))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::thread;

    use super::*;

    /// Both ways to create a file, so that the one of other systems is tested on Linux, too.
    const WAYS: [fn(&Path) -> io::Result<()>; 2] = [create_empty, create_empty_by_link];

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("the directory");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        entries
            .map(|entry| name(entry).into_string().expect("a name of text"))
            .collect()
    }

    #[test]
    fn a_created_file_is_empty_and_private_and_alone() {
        for create in WAYS {
            let directory = tempfile::tempdir().expect("a directory");
            let path = directory.path().join("a.db");
            create(&path).expect("a new file");
            let status = fs::metadata(&path).expect("a status");
            assert_eq!(
                (status.len(), status.permissions().mode() & 0o777),
                (0, 0o600)
            );
            assert_eq!(names(directory.path()), ["a.db"]);
        }
    }

    #[test]
    fn what_has_the_name_already_stays() {
        for create in WAYS {
            let directory = tempfile::tempdir().expect("a directory");
            let path = directory.path().join("a.db");
            fs::write(&path, "content").expect("a file");
            let refused = create(&path).map_err(|error| error.kind());
            assert_eq!(refused, Err(io::ErrorKind::AlreadyExists));
            assert_eq!(fs::read(&path).expect("the file"), b"content");
            let link = directory.path().join("link");
            std::os::unix::fs::symlink("nowhere", &link).expect("a link");
            let refused = create(&link).map_err(|error| error.kind());
            assert_eq!(refused, Err(io::ErrorKind::AlreadyExists));
            assert_eq!(names(directory.path()).len(), 2);
        }
    }

    #[test]
    fn of_concurrent_creators_one_succeeds() {
        for create in WAYS {
            let directory = tempfile::tempdir().expect("a directory");
            let path = directory.path().join("a.db");
            let created = thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| create(&path))).collect();
                let ends = threads
                    .into_iter()
                    .map(|thread| thread.join().expect("no panic"));
                ends.filter(Result::is_ok).count()
            });
            assert_eq!(created, 1);
            assert_eq!(names(directory.path()), ["a.db"]);
        }
    }

    #[test]
    fn a_missing_directory_is_not_found() {
        for create in WAYS {
            let directory = tempfile::tempdir().expect("a directory");
            let refused = create(&directory.path().join("nowhere").join("a.db"));
            let kind = refused.map_err(|error| error.kind());
            assert_eq!(kind, Err(io::ErrorKind::NotFound));
        }
    }
}

//! What differs between Unix systems: how data reach the disk, whether a file can be made without a
//! name, and how an open says that no regular file is there.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::OFlags;
use rustix::io::{Errno, retry_on_intr};

/// The errors by which this system alone says that a link, a pipe or a socket stands where a file
/// is opened or locked. The opening of the store has shown by then that regular files can be
/// locked.
pub(crate) const NOT_A_FILE: &[Errno] = if cfg!(target_vendor = "apple") {
    // A socket that is opened.
    &[Errno::OPNOTSUPP]
} else if cfg!(any(target_os = "freebsd", target_os = "dragonfly")) {
    // A link under O_NOFOLLOW; a socket that is opened, or a pipe that is locked.
    &[Errno::MLINK, Errno::OPNOTSUPP]
} else {
    &[]
};

/// Makes what is in a file survive a loss of power.
pub(crate) fn sync_data(file: impl AsFd) -> Result<(), Errno> {
    #[cfg(any(
        target_os = "linux",
        target_os = "android",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd"
    ))]
    return retry_on_intr(|| rustix::fs::fdatasync(&file));
    #[cfg(not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd"
    )))]
    sync(file)
}

/// Makes the names in a directory survive a loss of power.
pub(crate) fn sync_directory(directory: impl AsFd) -> Result<(), Errno> {
    sync(directory)
}

/// Apple's `fsync` leaves the data in the disk's own cache; `F_FULLFSYNC` empties that.
fn sync(file: impl AsFd) -> Result<(), Errno> {
    #[cfg(target_vendor = "apple")]
    return retry_on_intr(|| rustix::fs::fcntl_fullfsync(&file));
    #[cfg(not(target_vendor = "apple"))]
    retry_on_intr(|| rustix::fs::fsync(&file))
}

/// Whether the file system of `directory` takes the sync on which durability Power relies. Apple's
/// local ones do (APFS, HFS+, FAT, UDF); a network share may refuse `F_FULLFSYNC`, and its `fsync`
/// alone promises nothing about the disk. Elsewhere it is always so, and nothing is asked.
pub(crate) fn takes_syncs(directory: &OwnedFd) -> Result<bool, Errno> {
    if cfg!(target_vendor = "apple") {
        match sync(directory) {
            Err(Errno::NOTSUP | Errno::INVAL | Errno::NOTTY) => return Ok(false),
            outcome => outcome?,
        }
    }
    Ok(true)
}

/// The flag that makes a file without a name (`O_TMPFILE`), where the file system of `directory`
/// has such files and `/proc` is there to name them by.
pub(crate) fn anonymous_files(directory: &OwnedFd) -> Option<OFlags> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::{Mode, openat, stat};
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let anonymous = openat(directory, c".", flags, Mode::RUSR | Mode::WUSR);
        if anonymous.is_ok() && stat("/proc/thread-self/fd").is_ok() {
            return Some(OFlags::TMPFILE);
        }
    }
    let _ = directory;
    None
}

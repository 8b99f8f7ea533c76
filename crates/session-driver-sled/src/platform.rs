//! What differs between Unix systems: how data reach the disk, a handle of a file that is not to be
//! read, and how an open says that a link is there.

use std::os::fd::AsFd;

use rustix::fs::OFlags;
use rustix::io::{Errno, retry_on_intr};

/// How sled's file is opened to ask after it (`fstat`, `fstatvfs`) and not to read it. On Linux and
/// Android such a handle (`O_PATH`) does not have the file open. Elsewhere it has, which takes
/// nothing from sled: sled locks with `flock` (where it locks at all), and such a lock belongs to
/// sled's own open file description, on macOS and FreeBSD as on Linux. A close of another descriptor
/// drops locks of `fcntl` alone, of which sled takes none.
pub(crate) const IN_SIGHT: OFlags = {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let access = OFlags::PATH;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let access = OFlags::RDONLY.union(OFlags::NONBLOCK);
    access.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC)
};

/// Makes what is in a file survive a loss of power. Apple's `fsync` leaves it in the disk's own
/// cache; `F_FULLFSYNC` empties that, and is what sled's syncs are there (`File::sync_all`).
pub(crate) fn sync(file: impl AsFd) -> Result<(), Errno> {
    #[cfg(target_vendor = "apple")]
    return retry_on_intr(|| rustix::fs::fcntl_fullfsync(&file));
    #[cfg(not(target_vendor = "apple"))]
    retry_on_intr(|| rustix::fs::fsync(&file))
}

/// Whether the open of a directory was refused because a link, or no directory, is there.
pub(crate) fn is_no_directory(errno: Errno) -> bool {
    let is_bsd_link =
        cfg!(any(target_os = "freebsd", target_os = "dragonfly")) && errno == Errno::MLINK;
    matches!(errno, Errno::LOOP | Errno::NOTDIR) || is_bsd_link
}

//! The file that says that a directory is a store, and that keeps others out.

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::fs::{FlockOperation, Mode, OFlags, fchmod, flock, openat};
use rustix::io::{Errno, pread, pwrite, retry_on_intr};
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};

/// The marker's name in the store's directory.
pub(crate) const MARKER: &CStr = c"session-driver-sled.format";

const FIRST_LINE: &str = "session-driver sled store\n";
const FORMAT: u32 = 1;
const TEXT: &str = "session-driver sled store\nformat 1\n";

/// The marker, locked for as long as this is kept.
pub(crate) struct Marker(OwnedFd);

impl Marker {
    /// Opens the marker, which is made if it is not there, and locks it.
    pub(crate) fn lock(directory: &OwnedFd) -> Attempt<Marker> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = retry_on_intr(|| openat(directory, MARKER, flags, mode))?;
        match retry_on_intr(|| flock(&file, FlockOperation::NonBlockingLockExclusive)) {
            Ok(()) => Ok(Marker(file)),
            Err(Errno::WOULDBLOCK) => Err(Fault::new(
                ErrorKind::Locked,
                "another instance has the store open",
            )),
            Err(Errno::NOTSUP | Errno::NOSYS | Errno::NOLCK | Errno::INVAL) => Err(Fault::new(
                ErrorKind::Unsupported,
                "the file system does not keep locks (flock); use a local one",
            )),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Whether the marker is one of this format. In a new store it is written; who was at it before
    /// may have died half-way.
    pub(crate) fn judge(&self, is_new: bool) -> Attempt<()> {
        let mut bytes = [0; 256];
        let length = retry_on_intr(|| pread(&self.0, &mut bytes, 0))?;
        let text = &bytes[..length];
        if text == TEXT.as_bytes() {
            return Ok(());
        }
        if is_new && TEXT.as_bytes().starts_with(text) {
            // Given back what the umask may have taken.
            fchmod(&self.0, Mode::RUSR | Mode::WUSR)?;
            let written = retry_on_intr(|| pwrite(&self.0, TEXT.as_bytes(), 0))?;
            return if written == TEXT.len() {
                Ok(())
            } else {
                Err(Fault::from(ErrorKind::StorageFull))
            };
        }
        let format = std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.strip_prefix(FIRST_LINE)?.strip_prefix("format "))
            .and_then(|rest| rest.lines().next()?.parse::<u32>().ok());
        let is_newer = format.is_some_and(|format| format != FORMAT);
        Err(if is_newer {
            Fault::new(
                ErrorKind::Incompatible,
                "the store has another format than this driver's; use a newer driver",
            )
        } else {
            Fault::new(
                ErrorKind::Corrupt,
                "the store's marker (session-driver-sled.format) is damaged",
            )
        })
    }
}

/// A close alone would not do: a child that another thread is starting holds the same open file,
/// and with it the lock, until it executes its program.
impl Drop for Marker {
    fn drop(&mut self) {
        // If this fails, the close that follows unlocks it.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

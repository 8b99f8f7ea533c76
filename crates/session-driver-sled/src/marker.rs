//! The file that says that a directory is a store, and that keeps others out.

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::fs::{FlockOperation, Mode, OFlags, fchmod, flock, openat};
use rustix::io::{Errno, pread, pwrite, retry_on_intr};
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::platform;

/// The marker's name in the store's directory.
pub(crate) const MARKER: &CStr = c"session-driver-sled.format";

const FIRST_LINE: &str = "session-driver sled store\n";
const FORMAT: u32 = 1;
const MADE: &str = "session-driver sled store\nformat 1\n";

/// As long as [`MADE`], which takes its place.
const UNFINISHED: &str = "session-driver sled store\nunopened\n";

/// How far a store has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// It has been open, and may hold sessions.
    Once,
    /// Nobody has had it open yet; who was at it before may have died half-way.
    Unfinished,
}

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

    /// Reads the marker. In a store that `is_new` whoever was at it before may have died half-way.
    pub(crate) fn read(&self, is_new: bool) -> Attempt<Made> {
        let mut bytes = [0; 256];
        let length = retry_on_intr(|| pread(&self.0, &mut bytes, 0))?;
        let text = &bytes[..length];
        if text == MADE.as_bytes() {
            return Ok(Made::Once);
        }
        if text == UNFINISHED.as_bytes() || is_new && UNFINISHED.as_bytes().starts_with(text) {
            return Ok(Made::Unfinished);
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

    /// Notes that the store is being made. That is synced before anything of sled's is there: after a
    /// loss of power the marker might else be empty beside it, and be taken for a damaged one.
    pub(crate) fn say_unfinished(&self) -> Attempt<()> {
        // Given back what the umask may have taken.
        fchmod(&self.0, Mode::RUSR | Mode::WUSR)?;
        self.write(UNFINISHED)?;
        self.sync()
    }

    /// Notes that the store has been opened. That is synced, once in a store's life: after a loss of
    /// power the files might else hold sessions and the marker say that there are none.
    pub(crate) fn say_made(&self) -> Attempt<()> {
        if self.read(false)? == Made::Unfinished {
            self.write(MADE)?;
            self.sync()?;
        }
        Ok(())
    }

    fn sync(&self) -> Attempt<()> {
        Ok(platform::sync(&self.0)?)
    }

    fn write(&self, text: &str) -> Attempt<()> {
        match retry_on_intr(|| pwrite(&self.0, text.as_bytes(), 0))? {
            written if written == text.len() => Ok(()),
            _ => Err(Fault::from(ErrorKind::StorageFull)),
        }
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

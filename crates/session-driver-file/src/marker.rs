//! The file that says that a directory is a store, and which.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::{Errno, pread, retry_on_intr};
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};

/// The marker's name in the store's directory.
pub(crate) const MARKER: &CStr = c"session-driver-file.format";

const FIRST_LINE: &str = "session-driver file store";
const FORMAT: u32 = 1;

/// The most directories that sessions are spread over: two hexadecimal digits name one.
pub(crate) const MAX_SHARDS: u16 = 256;

/// What the marker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    /// Over how many directories the sessions are spread.
    pub(crate) shards: u16,
}

impl Marker {
    /// Reads the marker in `directory`; `None` when there is none.
    pub(crate) fn read(directory: BorrowedFd<'_>) -> Attempt<Option<Marker>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match retry_on_intr(|| openat(directory, MARKER, flags, Mode::empty())) {
            Err(Errno::NOENT) => return Ok(None),
            outcome => outcome?,
        };
        let mut bytes = [0; 256];
        let length = retry_on_intr(|| pread(file.as_fd(), &mut bytes, 0))?;
        let text = std::str::from_utf8(&bytes[..length]).ok();
        text.and_then(Marker::parse).unwrap_or_else(|| {
            Err(Fault::new(
                ErrorKind::Corrupt,
                "the store's marker (session-driver-file.format) is damaged",
            ))
        })
    }

    /// `None` when the text is no marker; Incompatible when it is one of a newer format.
    fn parse(text: &str) -> Option<Attempt<Option<Marker>>> {
        let mut lines = text.lines();
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let format: u32 = lines.next()?.strip_prefix("format ")?.parse().ok()?;
        if format != FORMAT {
            let reason = format!(
                "the store has format {format}, and this driver knows {FORMAT}; use a newer driver"
            );
            return Some(Err(Fault::new(ErrorKind::Incompatible, reason)));
        }
        let shards: u16 = lines.next()?.strip_prefix("shards ")?.parse().ok()?;
        let marker = Marker { shards };
        // To the letter: with another number of shards nearly every session would seem absent.
        let is_whole = (1..=MAX_SHARDS).contains(&shards) && text == marker.text();
        is_whole.then_some(Ok(Some(marker)))
    }

    pub(crate) fn text(self) -> String {
        let Marker { shards } = self;
        let text = format!("{FIRST_LINE}\nformat {FORMAT}\nshards {shards}\n");
        format!("{text}check {:08x}\n", crc32fast::hash(text.as_bytes()))
    }
}

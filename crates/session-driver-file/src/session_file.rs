//! One session's file, open and locked.

use std::cell::RefCell;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::{Errno, pwrite, retry_on_intr};
use session_driver::{Durability, ErrorKind, NewRecord, Timestamp, Version, is_live};

use crate::fault::{Attempt, Fault};
use crate::image::{self, Image, Slots};
use crate::platform;
use crate::slot::{self, DEADLINE_OFFSET, NAME_SYNCED, NAME_SYNCED_OFFSET, RETIRED, Slot, State};

/// The most that a thread keeps of the buffer it builds slots in.
const KEPT_BUFFER: usize = 256 * 1024;

thread_local! {
    static OUTGOING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A session's file under its exclusive lock: nobody else writes it, removes it, or moves its
/// record.
///
/// The lock goes with the descriptor.
pub(crate) struct SessionFile {
    file: OwnedFd,
    durability: Durability,
}

/// What a locked file holds.
pub(crate) struct Stored {
    slot: Slot,
    others: Vec<Slot>,
    end: u64,
    /// Whether the file's name is sure to survive a loss of power.
    pub(crate) is_name_synced: bool,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) version: Version,
}

impl Stored {
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        is_live(self.expires_at, now)
    }

    /// A further slot: the current one's twin, or a larger one for a payload that has outgrown all.
    fn appended(&self, payload_len: usize) -> Slot {
        let capacity = if self.slot.fits(payload_len) {
            self.slot.capacity
        } else {
            let largest = self.others.iter().map(|slot| slot.capacity);
            slot::capacity_for(payload_len, largest.fold(self.slot.capacity, u32::max))
        };
        Slot::empty(self.end, capacity)
    }
}

impl SessionFile {
    /// Takes a file whose lock is held and that has its name.
    pub(crate) fn new(file: OwnedFd, durability: Durability) -> SessionFile {
        SessionFile { file, durability }
    }

    /// What the file holds; Corrupt or Incompatible when it cannot be told.
    pub(crate) fn stored(&self) -> Attempt<Stored> {
        image::read(self.fd(), stored)?
    }

    /// The payload of what the file holds.
    pub(crate) fn payload(&self) -> Attempt<Vec<u8>> {
        image::read(self.fd(), |image| match image {
            Image::Slots(Slots {
                current: Some((_, payload)),
                ..
            }) => Ok(payload.into_owned()),
            other => stored(other).map(|_| Vec::new()),
        })?
    }

    /// Replaces the record in place: writes an idle slot, and then retires the old one with one
    /// byte.
    ///
    /// A reader sees the old record until the new one is whole. A retired slot is never served, so
    /// that damage to the newest is Corrupt and not the return of the payload before it. A failure
    /// before the new slot is whole leaves the old record as it was.
    pub(crate) fn replace(
        &self,
        stored: &Stored,
        record: NewRecord<'_>,
        version: Version,
    ) -> Attempt<()> {
        let idle = stored
            .others
            .iter()
            .filter(|slot| slot.fits(record.payload.len()));
        let target = idle.min_by_key(|slot| slot.capacity).copied();
        let target = target.unwrap_or_else(|| stored.appended(record.payload.len()));
        let sequence = stored.slot.sequence.wrapping_add(1);
        with_outgoing(|bytes| {
            target.encode(sequence, version, record.expires_at, record.payload, bytes);
            self.write(bytes, target.offset)
        })?;
        self.sync()?;
        let superseded = stored
            .others
            .iter()
            .filter(|slot| slot.state == State::Live && slot.offset != target.offset);
        // The old record last: until it is retired a reader can do without the others.
        for old in superseded.chain(std::iter::once(&stored.slot)) {
            self.write(&[RETIRED], old.offset)
                .map_err(Fault::indeterminate)?;
        }
        Ok(())
    }

    /// Moves the deadline in place.
    pub(crate) fn touch(&self, stored: &Stored, expires_at: Option<Timestamp>) -> Attempt<()> {
        let bytes = slot::encode_deadline(expires_at, stored.version);
        self.write(&bytes, stored.slot.offset + DEADLINE_OFFSET)?;
        self.sync()
    }

    /// Notes, once the file's name was synced, that nobody has to sync it again. The note is not
    /// synced: where it is lost, or fails, the next writer syncs the name and notes it.
    pub(crate) fn note_name_synced(&self) {
        if self.durability >= Durability::Power {
            let _ = self.write(&[NAME_SYNCED], NAME_SYNCED_OFFSET);
        }
    }

    fn write(&self, bytes: &[u8], offset: u64) -> Attempt<()> {
        write_all(self.fd(), bytes, offset)
    }

    /// What is written cannot be taken back, so a failure leaves it open whether it will last.
    fn sync(&self) -> Attempt<()> {
        sync(self.fd(), self.durability).map_err(Fault::indeterminate)
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn stored(image: Image<'_>) -> Attempt<Stored> {
    let slots = match image {
        Image::Slots(slots) => slots,
        Image::Newer => {
            return Err(Fault::new(
                ErrorKind::Incompatible,
                "the file's format is newer than this driver",
            ));
        }
        Image::Damaged => {
            return Err(Fault::new(
                ErrorKind::Corrupt,
                "the file does not begin as a session's file does",
            ));
        }
    };
    let (Some((slot, _)), Some(end)) = (slots.current, slots.end) else {
        return Err(Fault::new(
            ErrorKind::Corrupt,
            "no slot of the file is whole",
        ));
    };
    let Some(expires_at) = slot.deadline else {
        return Err(Fault::new(
            ErrorKind::Corrupt,
            "the deadline in the file is damaged",
        ));
    };
    let others = slots
        .all
        .into_iter()
        .filter(|other| other.offset != slot.offset)
        .collect();
    Ok(Stored {
        slot,
        others,
        end,
        is_name_synced: slots.is_name_synced,
        expires_at,
        version: slot.version,
    })
}

/// The bytes of a file with one record.
pub(crate) fn new_file<R>(
    record: NewRecord<'_>,
    version: Version,
    write: impl FnOnce(&[u8]) -> R,
) -> R {
    with_outgoing(|bytes| {
        bytes.extend_from_slice(&slot::file_header());
        let first = Slot::empty(
            slot::HEADER_LEN as u64,
            slot::capacity_for(record.payload.len(), 0),
        );
        first.encode(1, version, record.expires_at, record.payload, bytes);
        write(bytes)
    })
}

/// Makes what was written survive a loss of power, where that is promised. A failed sync is not
/// tried again (rule ERR-5).
pub(crate) fn sync(file: BorrowedFd<'_>, durability: Durability) -> Attempt<()> {
    if durability < Durability::Power {
        return Ok(());
    }
    Ok(platform::sync_data(file)?)
}

pub(crate) fn write_all(file: BorrowedFd<'_>, mut bytes: &[u8], mut offset: u64) -> Attempt<()> {
    while !bytes.is_empty() {
        match retry_on_intr(|| pwrite(file, bytes, offset))? {
            0 => return Err(Fault::from(Errno::IO)),
            written => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
        }
    }
    Ok(())
}

/// Lends a buffer that the thread keeps, for a fresh one would cost as much as the write.
fn with_outgoing<R>(build: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    OUTGOING.with_borrow_mut(|buffer| {
        buffer.clear();
        let result = build(buffer);
        if buffer.capacity() > KEPT_BUFFER {
            *buffer = Vec::new();
        }
        result
    })
}

//! Reading a session's file, with or without its lock.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::os::fd::BorrowedFd;

use rustix::fs::fstat;
use rustix::io::{pread, retry_on_intr};
use session_driver::Timestamp;

use crate::fault::Attempt;
use crate::slot::{FileHeader, HEADER_LEN, Slot, SlotHeader, State, is_name_synced, judge};

/// The bytes that one read brings: both slots of most sessions. Larger ones take further reads.
const READ_LEN: usize = 16 * 1024;

/// The most slots a file can have: each pair is at least twice as large as the one before it.
const MAX_SLOTS: usize = 96;

thread_local! {
    /// Kept for the thread's life: a fresh buffer would cost as much as the read.
    static BUFFER: RefCell<Box<[u8; READ_LEN]>> = RefCell::new(Box::new([0; READ_LEN]));
}

/// What was read of a file.
pub(crate) enum Image<'b> {
    /// A file of this format. `Corrupt` is what it is if it is read under its lock and has no
    /// current slot.
    Slots(Slots<'b>),
    /// A file of a newer format.
    Newer,
    /// No file of this driver.
    Damaged,
}

/// The slots of a file, and the one that holds the record.
pub(crate) struct Slots<'b> {
    pub(crate) all: Vec<Slot>,
    /// The newest live slot that is whole, with its payload.
    pub(crate) current: Option<(Slot, Cow<'b, [u8]>)>,
    /// Whether a reader without the lock may believe `current`; if not, a write was seen half-way.
    pub(crate) settled: bool,
    /// Where another slot can be appended; `None` when a slot's header is broken.
    pub(crate) end: Option<u64>,
    /// Whether the file says that its name was synced.
    pub(crate) is_name_synced: bool,
}

/// Reads the file and shows what it says to `look`, which must not read another file (the buffer is
/// in use).
pub(crate) fn read<R>(file: BorrowedFd<'_>, look: impl FnOnce(Image<'_>) -> R) -> Attempt<R> {
    BUFFER.with_borrow_mut(|buffer| {
        let bytes = Bytes::read(file, buffer)?;
        match judge(bytes.head) {
            FileHeader::Known => Ok(look(Image::Slots(slots(&bytes)?))),
            FileHeader::Newer => Ok(look(Image::Newer)),
            FileHeader::Damaged => Ok(look(Image::Damaged)),
        }
    })
}

fn slots<'b>(bytes: &Bytes<'b>) -> Attempt<Slots<'b>> {
    let (all, end) = walk(bytes)?;
    let live = || all.iter().filter(|slot| slot.state == State::Live);
    let mut current = None;
    let mut passed_over = false;
    // The newest is whole nearly always; the others are put in order only if it is not.
    if let Some(newest) = live().max_by_key(|slot| slot.sequence) {
        current = bytes.payload(newest)?.map(|payload| (*newest, payload));
        passed_over = current.is_none();
    }
    if passed_over {
        let mut older: Vec<&Slot> = live().collect();
        older.sort_unstable_by_key(|slot| Reverse(slot.sequence));
        for slot in older {
            if let Some(payload) = bytes.payload(slot)? {
                current = Some((*slot, payload));
                break;
            }
        }
    }
    let settled = match &current {
        Some((slot, _)) => {
            end.is_some()
                && is_settled(slot, &all)
                && (!passed_over || bytes.is_still_live(slot)?)
        }
        None => false,
    };
    Ok(Slots {
        all,
        current,
        settled,
        end,
        is_name_synced: is_name_synced(bytes.head),
    })
}

/// Whether the other slots, as they were read beside `current`, allow that it was the record at one
/// instant of the read.
///
/// A live slot one ahead is a write in progress (or one that a crash cut short): `current` is what
/// it replaces. A retired slot ahead, or a live one further ahead, says that the file went on while
/// it was read.
fn is_settled(current: &Slot, all: &[Slot]) -> bool {
    current.deadline.is_some()
        && all.iter().all(|other| match other.state {
            State::Retired => other.sequence <= current.sequence,
            State::Live => other.sequence <= current.sequence.saturating_add(1),
            State::Unclear => true,
        })
}

fn walk(bytes: &Bytes<'_>) -> Attempt<(Vec<Slot>, Option<u64>)> {
    let mut all = Vec::with_capacity(2);
    let mut offset = HEADER_LEN as u64;
    while all.len() < MAX_SLOTS {
        let Some(header) = bytes.span(offset, HEADER_LEN)? else {
            return Ok((all, Some(offset)));
        };
        let Some(header) = header.first_chunk() else {
            return Ok((all, Some(offset)));
        };
        match Slot::parse(header, offset) {
            SlotHeader::Slot(slot) => {
                offset = slot.end();
                all.push(slot);
            }
            SlotHeader::Blank => return Ok((all, Some(offset))),
            SlotHeader::Broken => break,
        }
    }
    Ok((all, None))
}

/// A file's bytes: the first are in the buffer, the others are fetched.
struct Bytes<'b> {
    file: BorrowedFd<'b>,
    head: &'b [u8],
    /// Whether the file has no others.
    whole: bool,
}

impl<'b> Bytes<'b> {
    /// Fetches the first bytes into the buffer.
    fn read(file: BorrowedFd<'b>, buffer: &'b mut [u8; READ_LEN]) -> Attempt<Bytes<'b>> {
        let length = retry_on_intr(|| pread(file, &mut buffer[..], 0))?;
        Ok(Bytes {
            file,
            head: &buffer[..length],
            whole: length < READ_LEN,
        })
    }

    /// So many bytes from `offset` on, or `None` when the file has fewer.
    fn span(&self, offset: u64, length: usize) -> Attempt<Option<Cow<'b, [u8]>>> {
        let in_head = usize::try_from(offset)
            .ok()
            .and_then(|begin| self.head.get(begin..begin.checked_add(length)?));
        if let Some(bytes) = in_head {
            return Ok(Some(Cow::Borrowed(bytes)));
        }
        // What is allocated is bounded by what the file has, whatever a damaged header claims.
        let end = offset.saturating_add(length as u64);
        if self.whole || end > u64::try_from(fstat(self.file)?.st_size).unwrap_or(0) {
            return Ok(None);
        }
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match retry_on_intr(|| pread(self.file, &mut bytes[filled..], offset + filled as u64))?
            {
                0 => return Ok(None),
                more => filled += more,
            }
        }
        Ok(Some(Cow::Owned(bytes)))
    }

    /// Whether a slot that was read as live is so still. If a newer one was passed over as a write
    /// in progress, this proves that nobody has seen that write whole: it would have retired this
    /// slot before the next write began.
    fn is_still_live(&self, slot: &Slot) -> Attempt<bool> {
        let mut header = [0; HEADER_LEN];
        retry_on_intr(|| pread(self.file, &mut header, slot.offset))?;
        Ok(match Slot::parse(&header, slot.offset) {
            SlotHeader::Slot(now) => now.state == State::Live && now.sequence == slot.sequence,
            SlotHeader::Blank | SlotHeader::Broken => false,
        })
    }

    fn payload(&self, slot: &Slot) -> Attempt<Option<Cow<'b, [u8]>>> {
        let Some(length) = slot.body_len() else {
            return Ok(None);
        };
        Ok(match self.span(slot.body_offset(), length)? {
            Some(Cow::Borrowed(body)) => slot.payload_in(body).map(Cow::Borrowed),
            Some(Cow::Owned(mut body)) if slot.payload_in(&body).is_some() => {
                body.truncate(slot.length as usize);
                Some(Cow::Owned(body))
            }
            _ => None,
        })
    }
}

/// What a traversal needs to know of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Glance {
    Deadline(Option<Timestamp>),
    /// Only a full read can tell.
    Unclear,
}

/// The deadline, read from the slots' headers without the payload.
///
/// With one live slot the deadline is its own; with two, which of them counts depends on the
/// payload.
pub(crate) fn glance(file: BorrowedFd<'_>) -> Attempt<Glance> {
    BUFFER.with_borrow_mut(|buffer| {
        let bytes = Bytes::read(file, buffer)?;
        if judge(bytes.head) != FileHeader::Known {
            return Ok(Glance::Unclear);
        }
        let (all, end) = walk(&bytes)?;
        let mut live = all.iter().filter(|slot| slot.state == State::Live);
        Ok(match (live.next(), live.next(), end) {
            (
                Some(Slot {
                    deadline: Some(deadline),
                    ..
                }),
                None,
                Some(_),
            ) => Glance::Deadline(*deadline),
            _ => Glance::Unclear,
        })
    })
}

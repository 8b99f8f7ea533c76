//! The bytes of a session's file.
//!
//! ```text
//! file:  header (64 bytes)  slot  slot  [larger slots, appended as the payload grows]
//! slot:  header (64 bytes)  payload  version once more  unused, up to the capacity
//!
//! file header                          slot header
//!   0  magic "SDRVFILE"                  0  state: live, retired
//!   8  format                            4  capacity, in bytes behind the header
//!  12  check over 0..12                  8  sequence: the larger of two live slots is newer
//!  16  1 once the name was synced       16  version
//!                                       24  payload length
//!                                       28  check over 4..28 and the payload
//!                                       32  deadline in milliseconds, -1 for never
//!                                       40  check over the deadline and the version
//!                                       44  check over the capacity
//! ```
//!
//! Numbers are little-endian, checks CRC-32. The deadline has a check of its own because a touch
//! changes it in place, and the version is repeated behind the payload because one torn read in 2³²
//! would pass a CRC-32. Byte 16 has no check: where it was lost, or an earlier driver wrote the file,
//! the name is synced again. Slots begin at multiples of 64, so that neither a page nor a disk sector
//! ends within a slot's header.

use session_driver::{Timestamp, Version};

/// The length of the file's header and of each slot's; every slot begins at a multiple of it.
pub(crate) const HEADER_LEN: usize = 64;

/// The bytes behind the payload: the version once more.
pub(crate) const TRAILER_LEN: usize = 8;

/// The largest payload that a driver can be told to store, in bytes.
pub(crate) const LONGEST_PAYLOAD: usize = 512 * 1024 * 1024;
const LONGEST_BODY: usize = LONGEST_PAYLOAD + TRAILER_LEN;

/// Where a touch writes within a slot, and how much.
pub(crate) const DEADLINE_OFFSET: u64 = 32;
pub(crate) const DEADLINE_LEN: usize = 12;

/// The state byte of a slot that was superseded.
pub(crate) const RETIRED: u8 = !LIVE;
const LIVE: u8 = 0xB4;

/// Where a file says that its name was synced, and what it says then.
pub(crate) const NAME_SYNCED_OFFSET: u64 = 16;
pub(crate) const NAME_SYNCED: u8 = 1;

const MAGIC: [u8; 8] = *b"SDRVFILE";
const FORMAT: u32 = 1;
const NEVER: i64 = -1;

/// What the first bytes of a file say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FileHeader {
    Known,
    Newer,
    Damaged,
}

/// The header of this format's files.
pub(crate) fn file_header() -> [u8; HEADER_LEN] {
    let mut bytes = [0; HEADER_LEN];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    let check = crc32fast::hash(&bytes[..12]);
    bytes[12..16].copy_from_slice(&check.to_le_bytes());
    bytes
}

/// Judges the first bytes of a file.
pub(crate) fn judge(head: &[u8]) -> FileHeader {
    let Some(head) = head.first_chunk::<16>() else {
        return FileHeader::Damaged;
    };
    if head[..8] != MAGIC || crc32fast::hash(&head[..12]) != number(head, 12) {
        return FileHeader::Damaged;
    }
    match number(head, 8) {
        FORMAT => FileHeader::Known,
        _ => FileHeader::Newer,
    }
}

/// Whether the first bytes of a file say that its name was synced.
pub(crate) fn is_name_synced(head: &[u8]) -> bool {
    head.get(NAME_SYNCED_OFFSET as usize) == Some(&NAME_SYNCED)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Live,
    Retired,
    /// Neither: what a torn write or damage leaves.
    Unclear,
}

/// A slot's header, and where in the file it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) offset: u64,
    pub(crate) state: State,
    pub(crate) capacity: u32,
    pub(crate) sequence: u64,
    pub(crate) version: Version,
    pub(crate) length: u32,
    check: u32,
    /// `None` when the slot is not live, or its deadline is torn or damaged.
    pub(crate) deadline: Option<Option<Timestamp>>,
}

/// What stands where a slot's header may stand.
pub(crate) enum SlotHeader {
    Slot(Slot),
    /// Nothing was written here yet.
    Blank,
    /// A write in progress, or damage: where the next slot begins cannot be known.
    Broken,
}

impl Slot {
    /// A slot that nothing was written to yet.
    pub(crate) fn empty(offset: u64, capacity: u32) -> Slot {
        let (state, sequence, version) = (State::Unclear, 0, Version::from_bits(0));
        Slot {
            offset,
            state,
            capacity,
            sequence,
            version,
            length: 0,
            check: 0,
            deadline: None,
        }
    }

    pub(crate) fn parse(bytes: &[u8; HEADER_LEN], offset: u64) -> SlotHeader {
        if bytes == &[0; HEADER_LEN] {
            return SlotHeader::Blank;
        }
        let capacity = number(bytes, 4);
        if capacity_check(capacity) != number(bytes, 44) || !capacity_is_possible(capacity) {
            return SlotHeader::Broken;
        }
        let state = match bytes[0] {
            LIVE => State::Live,
            RETIRED => State::Retired,
            _ => State::Unclear,
        };
        let (sequence, version) = (long(bytes, 8), Version::from_bits(long(bytes, 16)));
        let millis = long(bytes, 32) as i64;
        // Nobody asks for the deadline of a slot that is not live.
        let intact = state == State::Live && deadline_check(millis, version) == number(bytes, 40);
        SlotHeader::Slot(Slot {
            offset,
            state,
            capacity,
            sequence,
            version,
            length: number(bytes, 24),
            check: number(bytes, 28),
            deadline: if intact {
                decode_deadline(millis)
            } else {
                None
            },
        })
    }

    /// Where the payload begins.
    pub(crate) fn body_offset(&self) -> u64 {
        self.offset + HEADER_LEN as u64
    }

    /// The length of payload and trailer, or `None` when the header claims more than the capacity
    /// or than any driver writes.
    pub(crate) fn body_len(&self) -> Option<usize> {
        let length = (self.length as usize).checked_add(TRAILER_LEN)?;
        (length <= LONGEST_BODY.min(self.capacity as usize)).then_some(length)
    }

    /// Where the next slot begins.
    pub(crate) fn end(&self) -> u64 {
        self.body_offset() + u64::from(self.capacity)
    }

    /// Whether a payload of this length fits.
    pub(crate) fn fits(&self, payload_len: usize) -> bool {
        payload_len + TRAILER_LEN <= self.capacity as usize
    }

    /// The payload within `body` (payload and trailer), if both are whole.
    pub(crate) fn payload_in<'b>(&self, body: &'b [u8]) -> Option<&'b [u8]> {
        let (payload, trailer) = body.split_at_checked(self.length as usize)?;
        let whole = trailer == self.version.to_bits().to_le_bytes()
            && self.check
                == body_check(
                    &static_fields(self.capacity, self.sequence, self.version, self.length),
                    payload,
                );
        whole.then_some(payload)
    }

    /// Appends the bytes of this slot, live, with this content.
    pub(crate) fn encode(
        &self,
        sequence: u64,
        version: Version,
        expires_at: Option<Timestamp>,
        payload: &[u8],
        into: &mut Vec<u8>,
    ) {
        // The caller has chosen a slot that the payload fits, and capacities fit 32 bits.
        let fields = static_fields(self.capacity, sequence, version, payload.len() as u32);
        into.extend_from_slice(&[LIVE, 0, 0, 0]);
        into.extend_from_slice(&fields);
        into.extend_from_slice(&body_check(&fields, payload).to_le_bytes());
        into.extend_from_slice(&encode_deadline(expires_at, version));
        into.extend_from_slice(&capacity_check(self.capacity).to_le_bytes());
        into.extend_from_slice(&[0; HEADER_LEN - 48]);
        into.extend_from_slice(payload);
        into.extend_from_slice(&version.to_bits().to_le_bytes());
    }
}

/// The deadline and its check, as they stand in a slot's header.
pub(crate) fn encode_deadline(
    expires_at: Option<Timestamp>,
    version: Version,
) -> [u8; DEADLINE_LEN] {
    let millis = expires_at.map_or(NEVER, Timestamp::as_millis);
    let mut bytes = [0; DEADLINE_LEN];
    bytes[..8].copy_from_slice(&millis.to_le_bytes());
    bytes[8..].copy_from_slice(&deadline_check(millis, version).to_le_bytes());
    bytes
}

fn decode_deadline(millis: i64) -> Option<Option<Timestamp>> {
    match millis {
        NEVER => Some(None),
        _ => Timestamp::from_millis(millis).map(Some),
    }
}

/// The capacity of a slot for a payload of this length: a quarter more, for sessions grow a little
/// with every request, and at least twice `largest`, the largest slot so far, so that all the slots
/// of a file together stay within a few times the last.
pub(crate) fn capacity_for(payload_len: usize, largest: u32) -> u32 {
    let needed = payload_len + TRAILER_LEN;
    let wanted = (needed + needed / 4).max(largest as usize * 2);
    // No driver comes near the 32 bits; a capacity that was read from a damaged file may.
    wanted
        .next_multiple_of(HEADER_LEN)
        .max(MIN_CAPACITY)
        .min(MAX_CAPACITY as usize) as u32
}

const MIN_CAPACITY: usize = 3 * HEADER_LEN;
const MAX_CAPACITY: u32 = u32::MAX - (HEADER_LEN as u32 - 1);

fn capacity_is_possible(capacity: u32) -> bool {
    capacity as usize >= MIN_CAPACITY && capacity as usize % HEADER_LEN == 0
}

fn static_fields(capacity: u32, sequence: u64, version: Version, length: u32) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..4].copy_from_slice(&capacity.to_le_bytes());
    bytes[4..12].copy_from_slice(&sequence.to_le_bytes());
    bytes[12..20].copy_from_slice(&version.to_bits().to_le_bytes());
    bytes[20..].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn body_check(fields: &[u8; 24], payload: &[u8]) -> u32 {
    let mut check = crc32fast::Hasher::new();
    check.update(fields);
    check.update(payload);
    check.finalize()
}

fn deadline_check(millis: i64, version: Version) -> u32 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&millis.to_le_bytes());
    bytes[8..].copy_from_slice(&version.to_bits().to_le_bytes());
    crc32fast::hash(&bytes)
}

fn capacity_check(capacity: u32) -> u32 {
    crc32fast::hash(&capacity.to_le_bytes())
}

fn number(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(four)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

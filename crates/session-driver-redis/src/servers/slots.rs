//! Hash slots: which one a key has, and who serves it.

use std::sync::Arc;

/// How many slots a cluster has.
pub(crate) const SLOTS: u16 = 16384;

/// The slot of a key: CRC-16 of the part in the first braces, if there is one, else of the whole
/// (Redis cluster specification, "Hash tags").
pub(crate) fn slot_of(key: &[u8]) -> u16 {
    crc16(tag_of(key).unwrap_or(key)) % SLOTS
}

/// What stands in the first braces, if it is not empty.
pub(crate) fn tag_of(key: &[u8]) -> Option<&[u8]> {
    let position = |byte, bytes: &[u8]| bytes.iter().position(|found| *found == byte);
    let behind = &key[position(b'{', key)? + 1..];
    let length = position(b'}', behind).filter(|length| *length > 0)?;
    Some(&behind[..length])
}

/// CRC-16/XMODEM: polynomial 0x1021, beginning with zero.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |check, &byte| {
        (0..8).fold(check ^ u16::from(byte) << 8, |check, _| {
            let shifted = check << 1;
            if check & 0x8000 == 0 {
                shifted
            } else {
                shifted ^ 0x1021
            }
        })
    })
}

/// Who serves which slots.
#[derive(Debug)]
pub(crate) struct SlotMap<S> {
    /// First slot, last slot, and who serves them; in order.
    ranges: Vec<(u16, u16, Arc<S>)>,
}

impl<S> SlotMap<S> {
    pub(crate) fn new(mut ranges: Vec<(u16, u16, Arc<S>)>) -> SlotMap<S> {
        ranges.sort_by_key(|(first, ..)| *first);
        SlotMap { ranges }
    }

    /// Who serves a slot, if anyone does.
    pub(crate) fn owner(&self, slot: u16) -> Option<&Arc<S>> {
        let behind = self.ranges.partition_point(|(first, ..)| *first <= slot);
        let (_, last, node) = self.ranges[..behind].last()?;
        (slot <= *last).then_some(node)
    }

    /// Whether every slot is served.
    pub(crate) fn is_complete(&self) -> bool {
        let slots = self
            .ranges
            .iter()
            .map(|(first, last, _)| usize::from(last - first) + 1);
        slots.sum::<usize>() == usize::from(SLOTS)
    }

    /// All servers, none twice.
    pub(crate) fn nodes(&self) -> Vec<Arc<S>> {
        let mut nodes: Vec<Arc<S>> = vec![];
        for (.., node) in &self.ranges {
            if !nodes.iter().any(|known| Arc::ptr_eq(known, node)) {
                nodes.push(Arc::clone(node));
            }
        }
        nodes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(slot_of(b"foo"), 12182);
        assert_eq!(slot_of(b"{user1000}.following"), slot_of(b"user1000"));
        assert_eq!(slot_of(b"foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot_of(b"foo{{bar}}zap"), slot_of(b"{bar"));
        assert_eq!(slot_of(b"foo{bar}{zap}"), slot_of(b"bar"));
        assert_eq!(slot_of(b"}foo{"), crc16(b"}foo{") % SLOTS);
    }
}

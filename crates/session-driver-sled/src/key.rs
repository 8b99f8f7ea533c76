//! The keys of a tree.
//!
//! A record's key is its id, which is visible ASCII. The index of deadlines lies behind all of them
//! in the same tree: an entry's key is `FF`, the deadline's bucket as a big-endian number of 8
//! bytes, and the id; its value is empty. A bucket is a minute: a touch that moves the deadline
//! within it leaves the index alone, and an index in exact order would cost a second write each
//! time.

use session_driver::{SessionId, Timestamp};

/// What an entry's key begins with, and no id does.
pub(crate) const INDEX: u8 = 0xFF;

const BUCKET_MILLIS: u64 = 60_000;
const PREFIX_LEN: usize = 9;

/// The minute, counted from the Unix epoch, in which a record expires; `None` for never.
pub(crate) fn bucket(expires_at: Option<Timestamp>) -> Option<u64> {
    expires_at.map(bucket_of)
}

fn bucket_of(instant: Timestamp) -> u64 {
    instant.as_millis().unsigned_abs() / BUCKET_MILLIS
}

/// The key of an id's entry in the index.
pub(crate) fn entry(bucket: u64, id: &SessionId) -> Vec<u8> {
    let mut key = Vec::with_capacity(PREFIX_LEN + id.as_bytes().len());
    key.extend_from_slice(&prefix(bucket));
    key.extend_from_slice(id.as_bytes());
    key
}

/// What follows every entry that may be of an expired record at `now`.
pub(crate) fn behind_due(now: Timestamp) -> [u8; PREFIX_LEN] {
    prefix(bucket_of(now) + 1)
}

/// The bucket and the id of an entry, or `None` when the key is no entry's.
pub(crate) fn parse_entry(key: &[u8]) -> Option<(u64, SessionId)> {
    let (prefix, id) = key.split_first_chunk::<PREFIX_LEN>()?;
    let [INDEX, bucket @ ..] = prefix else {
        return None;
    };
    Some((u64::from_be_bytes(*bucket), parse_id(id)?))
}

/// The id of a record's key, or `None` when the key is no record's.
pub(crate) fn parse_id(key: &[u8]) -> Option<SessionId> {
    SessionId::parse(std::str::from_utf8(key).ok()?).ok()
}

fn prefix(bucket: u64) -> [u8; PREFIX_LEN] {
    let mut bytes = [INDEX; PREFIX_LEN];
    bytes[1..].copy_from_slice(&bucket.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("an instant")
    }

    #[test]
    fn an_entry_comes_back_from_its_key() {
        let id = SessionId::parse(&"~".repeat(128)).expect("an id");
        for millis in [0, 59_999, 60_000, 1_800_000_000_000, i64::MAX] {
            let bucket = bucket(Some(at(millis))).expect("a bucket");
            let key = entry(bucket, &id);
            assert_eq!(parse_entry(&key), Some((bucket, id.clone())));
            assert!(key > id.as_bytes().to_vec() && parse_id(&key).is_none());
        }
    }

    #[test]
    fn entries_of_what_is_expired_lie_before_the_end() {
        let id = SessionId::parse("a").expect("an id");
        let key = |millis| entry(bucket_of(at(millis)), &id);
        for (deadline, now, due) in [
            (0, 0, true),
            (60_000, 59_999, false),
            (60_000, 60_000, true),
            (119_999, 60_000, true),
            (i64::MAX, i64::MAX, true),
        ] {
            let end = behind_due(at(now)).to_vec();
            assert_eq!(key(deadline) < end, due, "{deadline} at {now}");
        }
    }

    #[test]
    fn other_keys_are_no_entries() {
        for key in [
            &b""[..],
            b"a",
            b"\xFF",
            b"\xFF12345678",
            b"\xFF12345678\x01",
            b"123456789a",
        ] {
            assert_eq!(parse_entry(key), None, "{key:?}");
        }
    }
}

//! What stands under a key: the record's envelope, and what lets a script check it.

use std::time::Duration;

use data_encoding::HEXLOWER;
use session_driver::{ErrorKind, NewRecord, Record, Timestamp, Version};
use session_driver_envelope::{DEADLINE, Header, LONGEST_PAYLOAD, OVERHEAD, decode, encode};
use sha1::{Digest as _, Sha1};

use crate::fault::{Attempt, Fault};

/// Behind the envelope: the seal, in hexadecimal digits, twice, and the deadline with its check once
/// more.
///
/// A script can tell by the seal that the payload is whole, which a reader can tell by the envelope
/// in less time; both can tell that the seal is.
const SEAL_LEN: usize = 16;
const DEADLINE_LEN: usize = DEADLINE.end - DEADLINE.start;
const TAIL_LEN: usize = 2 * SEAL_LEN + DEADLINE_LEN;

/// The largest payload that a driver can be told to store: a server takes 512 MiB as one value.
pub(crate) const MAX_PAYLOAD_BYTES: usize = LONGEST_PAYLOAD - TAIL_LEN;

/// The longest native time to live, in milliseconds: the server adds its own clock to it, and the
/// sum has to fit 63 bits. It is 146 million years.
const LONGEST_TTL: i64 = i64::MAX / 2;

/// The bytes to store.
pub(crate) fn pack(record: NewRecord<'_>, version: Version) -> Vec<u8> {
    let mut value = Vec::with_capacity(record.payload.len() + OVERHEAD + TAIL_LEN);
    encode(record, version, &mut value);
    let seal = seal(&value);
    value.extend_from_slice(&seal);
    value.extend_from_slice(&seal);
    value.extend_from_within(DEADLINE);
    value
}

/// The record in stored bytes, live or expired.
///
/// # Errors
/// Corrupt or Incompatible.
pub(crate) fn unpack(value: &[u8]) -> Attempt<Record> {
    // Whatever is behind it, a header says whether this driver knows the format.
    Header::read(value).map_err(|error| Fault::new(error.kind(), error))?;
    let (envelope, tail) = value
        .len()
        .checked_sub(TAIL_LEN)
        .map(|length| value.split_at(length))
        .ok_or_else(|| Fault::from(ErrorKind::Corrupt))?;
    let record = decode(envelope).map_err(|error| Fault::new(error.kind(), error))?;
    let (seals, deadline) = tail.split_at(2 * SEAL_LEN);
    if seals[..SEAL_LEN] != seals[SEAL_LEN..] || *deadline != envelope[DEADLINE] {
        return Err(Fault::from(ErrorKind::Corrupt));
    }
    Ok(record.to_record())
}

/// The first digits of the SHA-1, the one digest that a script within the server can compute fast,
/// of all that stands behind the deadline. It is no defence against forgery, nor meant as one.
fn seal(envelope: &[u8]) -> [u8; SEAL_LEN] {
    let digest = Sha1::digest(&envelope[DEADLINE.end..]);
    let mut seal = [0; SEAL_LEN];
    HEXLOWER.encode_mut(&digest[..SEAL_LEN / 2], &mut seal);
    seal
}

/// The native time to live, as an argument: the time that remains and the slack, in milliseconds;
/// empty where there is none or the server cannot express it.
pub(crate) fn time_to_live(
    expires_at: Option<Timestamp>,
    now: Timestamp,
    slack: Duration,
) -> String {
    expires_at
        .and_then(|deadline| {
            let slack = i64::try_from(slack.as_millis()).ok()?;
            let remaining = deadline.as_millis().saturating_sub(now.as_millis()).max(0);
            remaining.checked_add(slack)
        })
        .filter(|ttl| *ttl <= LONGEST_TTL)
        .map(|ttl| ttl.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let record = NewRecord {
            payload: b"a payload",
            expires_at: Timestamp::from_millis(5_000),
        };
        pack(record, Version::from_bits(0x0123_4567_89AB_CDEF))
    }

    #[test]
    fn a_value_comes_back_and_every_flipped_bit_is_noticed() {
        let value = sample();
        let record = unpack(&value).expect("a whole value");
        assert_eq!(record.payload, b"a payload");
        for bit in 0..value.len() * 8 {
            let mut damaged = value.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(unpack(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..value.len() {
            assert!(
                unpack(&value[..length]).is_err(),
                "the first {length} bytes"
            );
        }
    }

    #[test]
    fn the_time_to_live_is_what_remains_and_the_slack() {
        let at = |millis| Timestamp::from_millis(millis);
        let now = at(1_000).expect("an instant");
        let slack = Duration::from_secs(60);
        assert_eq!(time_to_live(at(3_000), now, slack), "62000");
        assert_eq!(time_to_live(at(500), now, slack), "60000");
        assert_eq!(time_to_live(None, now, slack), "");
        assert_eq!(time_to_live(Some(Timestamp::MAX), now, slack), "");
        assert_eq!(time_to_live(at(3_000), now, Duration::MAX), "");
        let last = i64::MAX / 2 - 60_000;
        assert_ne!(time_to_live(at(last), Timestamp::MIN, slack), "");
        assert_eq!(time_to_live(at(last + 1), Timestamp::MIN, slack), "");
    }
}

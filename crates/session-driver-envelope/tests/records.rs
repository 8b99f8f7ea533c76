//! Records as format 1 was written from the beginning, byte for byte.
//!
//! `records/format-1.txt` has one a line: version, deadline, length of the payload, and the bytes, in
//! hexadecimal but for the deadline and the length.

use session_driver::{NewRecord, Timestamp, Version};
use session_driver_envelope::{Decoded, HEADER_LEN, Header, decode, encode};

const FORMAT_1: &str = include_str!("records/format-1.txt");

struct Kept {
    version: Version,
    expires_at: Option<Timestamp>,
    payload: Vec<u8>,
    bytes: Vec<u8>,
}

fn kept() -> Vec<Kept> {
    FORMAT_1
        .lines()
        .map(|line| parse(line).expect(line))
        .collect()
}

fn parse(line: &str) -> Option<Kept> {
    let mut fields = line.split(' ');
    let version = u64::from_str_radix(fields.next()?, 16).ok()?;
    let expires_at = match fields.next()? {
        "never" => None,
        millis => Some(Timestamp::from_millis(millis.parse().ok()?)?),
    };
    let payload = varied(fields.next()?.parse().ok()?);
    let hex = fields.next()?;
    let byte = |at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    Some(Kept {
        version: Version::from_bits(version),
        expires_at,
        payload,
        bytes: (0..hex.len()).step_by(2).map(byte).collect::<Option<_>>()?,
    })
}

fn varied(length: u32) -> Vec<u8> {
    (0..length).map(|n| (n * 31 + n / 256) as u8).collect()
}

#[test]
fn what_was_written_from_the_beginning_is_read() {
    let kept = kept();
    assert_eq!(kept.len(), 22);
    for Kept {
        version,
        expires_at,
        payload,
        bytes,
    } in kept
    {
        let payload = &payload[..];
        let due = Decoded {
            payload,
            expires_at,
            version,
        };
        assert_eq!(decode(&bytes), Ok(due));
        let header = Header::read(&bytes[..HEADER_LEN]).expect("a header");
        assert_eq!((header.expires_at, header.version), (expires_at, version));
    }
}

#[test]
fn the_same_bytes_are_written() {
    for kept in kept() {
        let record = NewRecord {
            payload: &kept.payload,
            expires_at: kept.expires_at,
        };
        let mut bytes = vec![];
        encode(record, kept.version, &mut bytes);
        assert!(bytes == kept.bytes, "{record:?} of {:?}", kept.version);
    }
}

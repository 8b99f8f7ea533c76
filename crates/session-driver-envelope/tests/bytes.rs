//! What the bytes are, what comes back from them, and what is refused.

use session_driver::{ErrorKind, NewRecord, Timestamp, Version};
use session_driver_envelope::{
    DEADLINE, Decoded, EnvelopeError, HEADER_LEN, Header, OVERHEAD, PREAMBLE, decode, encode,
    encode_deadline,
};

const VERSION: Version = Version::from_bits(0x0123_4567_89AB_CDEF);

fn at(millis: i64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(millis).expect("an instant"))
}

fn bytes(payload: &[u8], expires_at: Option<Timestamp>, version: Version) -> Vec<u8> {
    let mut bytes = Vec::new();
    let record = NewRecord {
        payload,
        expires_at,
    };
    encode(record, version, &mut bytes);
    bytes
}

#[test]
fn a_record_comes_back_as_it_was() {
    let long = vec![0xF7; 100_000];
    for payload in [&b""[..], b"0", b"\0\0\0", b"hello", &PREAMBLE, &long] {
        for expires_at in [None, at(0), at(1), at(1 << 32), Some(Timestamp::MAX)] {
            for version in [0, 1, VERSION.to_bits(), u64::MAX].map(Version::from_bits) {
                let bytes = bytes(payload, expires_at, version);
                assert_eq!(bytes.len(), payload.len() + OVERHEAD);
                let expected = Decoded {
                    payload,
                    expires_at,
                    version,
                };
                assert_eq!(decode(&bytes), Ok(expected));
                assert_eq!(expected.to_record().payload, payload);
                let header = Header::read(&bytes[..HEADER_LEN]).expect("a header");
                assert_eq!(
                    (header.expires_at, header.version, header.payload_len),
                    (expires_at, version, payload.len() as u32)
                );
            }
        }
    }
}

#[test]
fn the_bytes_are_those_of_the_documented_table() {
    let record = bytes(b"hello", at(1_800_000_000_000), VERSION);
    let number = |at: usize| u32::from_be_bytes(record[at..at + 4].try_into().expect("4 bytes"));
    assert_eq!(record[..4], *b"\xF7SDR");
    assert_eq!(number(4), 1);
    assert_eq!(number(8), crc32fast::hash(&record[..8]));
    assert_eq!(record[..12], PREAMBLE);
    assert_eq!(number(12), 5);
    assert_eq!(record[16..24], 0x0123_4567_89AB_CDEF_u64.to_be_bytes());
    assert_eq!(record[24..32], 1_800_000_000_000_u64.to_be_bytes());
    let deadline = crc32fast::hash(&record[24..32]);
    assert_eq!(number(32), deadline ^ number(16) ^ number(20));
    let checked = [&record[12..24], b"hello"].concat();
    assert_eq!(number(36), crc32fast::hash(&checked));
    assert_eq!(record[40..45], *b"hello");
    assert_eq!(record[45..], record[16..24]);
    assert_eq!(bytes(b"", None, VERSION)[24..32], [0xFF; 8]);
}

#[test]
fn a_deadline_is_moved_in_place() {
    let mut record = bytes(b"hello", at(5), VERSION);
    for expires_at in [at(7), None, Some(Timestamp::MAX), at(0)] {
        record[DEADLINE].copy_from_slice(&encode_deadline(expires_at, VERSION));
        assert_eq!(record, bytes(b"hello", expires_at, VERSION));
    }
}

#[test]
fn a_deadline_is_moved_by_who_does_not_know_the_version() {
    let mut record = bytes(b"hello", at(5), VERSION);
    record[DEADLINE].copy_from_slice(&encode_deadline(at(7), Version::from_bits(0)));
    assert_eq!(decode(&record), Err(EnvelopeError::Corrupt));
    for (at, from) in (32..36).zip(16..20) {
        record[at] ^= record[from] ^ record[from + 4];
    }
    assert_eq!(record, bytes(b"hello", at(7), VERSION));
}

#[test]
fn the_deadline_of_another_record_does_not_fit() {
    let mut record = bytes(b"hello", at(5), VERSION);
    let other = Version::from_bits(VERSION.to_bits() + 1);
    record[DEADLINE].copy_from_slice(&encode_deadline(at(7), other));
    assert_eq!(decode(&record), Err(EnvelopeError::Corrupt));
    assert_eq!(Header::read(&record), Err(EnvelopeError::Corrupt));
}

#[test]
fn a_deadline_beyond_the_last_instant_is_corrupt() {
    let mut record = bytes(b"hello", None, Version::from_bits(0));
    for millis in [u64::MAX - 1, 1 << 63] {
        record[24..32].copy_from_slice(&millis.to_be_bytes());
        let check = crc32fast::hash(&millis.to_be_bytes());
        record[32..36].copy_from_slice(&check.to_be_bytes());
        assert_eq!(decode(&record), Err(EnvelopeError::Corrupt), "{millis}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    for payload in [&b""[..], b"hello", &[0; 300]] {
        let whole = bytes(payload, at(1_800_000_000_000), VERSION);
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                decode(&flipped),
                Err(EnvelopeError::Corrupt),
                "bit {bit} of a payload of {}",
                payload.len()
            );
        }
    }
}

#[test]
fn a_header_notices_every_flipped_bit_that_it_answers_for() {
    let whole = bytes(b"hello", at(1_800_000_000_000), VERSION);
    for bit in (0..12 * 8).chain(16 * 8..36 * 8) {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            Header::read(&flipped),
            Err(EnvelopeError::Corrupt),
            "bit {bit}"
        );
    }
}

#[test]
fn every_other_length_is_corrupt() {
    let whole = bytes(b"hello, world", at(5), VERSION);
    for length in 0..whole.len() {
        assert_eq!(
            decode(&whole[..length]),
            Err(EnvelopeError::Corrupt),
            "{length}"
        );
        assert_eq!(Header::read(&whole[..length]).is_ok(), length >= HEADER_LEN);
    }
    for more in [1, 8, OVERHEAD, whole.len()] {
        let longer = [&whole[..], &whole[..more]].concat();
        assert_eq!(decode(&longer), Err(EnvelopeError::Corrupt), "{more}");
    }
}

#[test]
fn another_format_is_incompatible_and_not_corrupt() {
    for format in [0, 2, u32::MAX] {
        let mut newer = bytes(b"hello", None, VERSION);
        newer[4..8].copy_from_slice(&u32::to_be_bytes(format));
        let check = crc32fast::hash(&newer[..8]);
        newer[8..12].copy_from_slice(&check.to_be_bytes());
        let refused = EnvelopeError::Incompatible { format };
        assert_eq!(decode(&newer), Err(refused));
        assert_eq!(decode(&newer[..12]), Err(refused));
        assert_eq!(refused.kind(), ErrorKind::Incompatible);
    }
}

#[test]
fn random_bytes_are_corrupt_whatever_they_begin_with() {
    let mut random = fastrand::Rng::with_seed(0x5E55);
    let whole = bytes(b"hello", at(5), VERSION);
    for round in 0..200_000_usize {
        let mut bytes = vec![0; random.usize(..200)];
        random.fill(&mut bytes);
        // The longer the true beginning, the further the decoder gets.
        let begin = (round % (HEADER_LEN + 1)).min(bytes.len());
        bytes[..begin].copy_from_slice(&whole[..begin]);
        assert_eq!(
            decode(&bytes),
            Err(EnvelopeError::Corrupt),
            "round {round}: {bytes:02x?}"
        );
    }
}

#[test]
fn a_length_that_is_a_lie_allocates_nothing_and_is_corrupt() {
    for length in [0, 4, 6, u32::MAX] {
        let mut liar = bytes(b"hello", None, VERSION);
        liar[12..16].copy_from_slice(&length.to_be_bytes());
        let end = liar.len() - 8;
        let checked = [&liar[12..24], &liar[40..end]].concat();
        liar[36..40].copy_from_slice(&crc32fast::hash(&checked).to_be_bytes());
        assert_eq!(decode(&liar), Err(EnvelopeError::Corrupt), "{length}");
    }
}

#[test]
fn id_4_debug_does_not_show_the_payload() {
    let bytes = bytes(b"secret", None, VERSION);
    let shown = format!("{:?}", decode(&bytes));
    assert!(
        shown.contains("[6 bytes]") && !shown.contains("115"),
        "{shown}"
    );
}

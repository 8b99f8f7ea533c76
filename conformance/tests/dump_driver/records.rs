//! The records as they are in memory, and as bytes.
//!
//! ```text
//! dump:  "dump 1\\n"  then for each record: length, id, length, body
//! body:  format (1)  check (8)  deadline or -1 (8)  version (8)  payload
//! ```

use std::collections::BTreeMap;
use std::io;
use std::ops::{Deref, DerefMut};

use session_driver::{ErrorKind, Record, SessionId, Timestamp, Version};

const HEADER: &[u8] = b"dump 1\n";
const FORMAT: u8 = 1;

/// All records of a namespace, by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Records {
    sound: BTreeMap<String, Record>,
    pub(crate) broken: BTreeMap<String, Broken>,
}

/// What cannot be read, and is kept as it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Broken {
    pub(crate) kind: ErrorKind,
    body: Vec<u8>,
}

impl Broken {
    /// What its fields say if nobody looks at the check, for saboteurs.
    pub(crate) fn unchecked(&self) -> Option<Record> {
        decode_fields(self.body.get(9..)?)
    }
}

impl Records {
    pub(crate) fn new() -> Records {
        Records::default()
    }

    /// The kind of error if what lies under the id cannot be read.
    pub(crate) fn readable(&self, id: &SessionId) -> Result<(), ErrorKind> {
        match self.broken.get(id.as_str()) {
            Some(broken) => Err(broken.kind),
            None => Ok(()),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let sound = self
            .sound
            .iter()
            .map(|(id, record)| (id, encode_body(record)));
        let broken = self
            .broken
            .iter()
            .map(|(id, broken)| (id, broken.body.clone()));
        let frames = sound.chain(broken);
        join(&frames.map(|(id, body)| (id.clone(), body)).collect())
    }

    /// InvalidData when the dump is damaged, Unsupported when it is of a newer format.
    pub(crate) fn decode(bytes: &[u8]) -> io::Result<Records> {
        let mut records = Records::new();
        for (id, body) in frames(bytes)? {
            match decode_body(&body) {
                Ok(record) => drop(records.sound.insert(id, record)),
                Err(kind) => drop(records.broken.insert(id, Broken { kind, body })),
            }
        }
        Ok(records)
    }
}

impl Deref for Records {
    type Target = BTreeMap<String, Record>;

    fn deref(&self) -> &Self::Target {
        &self.sound
    }
}

impl DerefMut for Records {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.sound
    }
}

/// The bodies in a dump, by id.
pub(crate) type Frames = BTreeMap<String, Vec<u8>>;

pub(crate) fn join(frames: &Frames) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    for (id, body) in frames {
        for part in [id.as_bytes(), body] {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        }
    }
    bytes
}

pub(crate) fn frames(bytes: &[u8]) -> io::Result<Frames> {
    let Some(mut bytes) = bytes.strip_prefix(HEADER) else {
        let newer = bytes.starts_with(b"dump ");
        let kind = [io::ErrorKind::InvalidData, io::ErrorKind::Unsupported][usize::from(newer)];
        return Err(kind.into());
    };
    let mut frames = Frames::new();
    while !bytes.is_empty() {
        let frame = next(&mut bytes).zip(next(&mut bytes));
        let (id, body) = frame.ok_or(io::ErrorKind::InvalidData)?;
        let id = String::from_utf8(id).map_err(|_| io::ErrorKind::InvalidData)?;
        frames.insert(id, body);
    }
    Ok(frames)
}

fn next(bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let length = number(bytes)?;
    let part = bytes.split_off(..usize::try_from(length).ok()?)?;
    Some(part.to_vec())
}

fn encode_body(record: &Record) -> Vec<u8> {
    let deadline = record.expires_at.map_or(-1, Timestamp::as_millis);
    let mut fields = deadline.to_le_bytes().to_vec();
    fields.extend(record.version.to_bits().to_le_bytes());
    fields.extend_from_slice(&record.payload);
    sealed(FORMAT, &fields)
}

fn decode_body(body: &[u8]) -> Result<Record, ErrorKind> {
    let (head, fields) = body.split_at_checked(9).ok_or(ErrorKind::Corrupt)?;
    if sealed(head[0], fields) != body {
        return Err(ErrorKind::Corrupt);
    }
    if head[0] != FORMAT {
        return Err(ErrorKind::Incompatible);
    }
    decode_fields(fields).ok_or(ErrorKind::Corrupt)
}

fn decode_fields(mut fields: &[u8]) -> Option<Record> {
    let deadline = number(&mut fields)? as i64;
    let version = Version::from_bits(number(&mut fields)?);
    Some(Record {
        payload: fields.to_vec(),
        expires_at: Timestamp::from_millis(deadline),
        version,
    })
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.split_off(..8)?.first_chunk()?))
}

/// The same body as a newer release might write it.
pub(crate) fn newer(body: &[u8]) -> Vec<u8> {
    sealed(FORMAT + 1, body.get(9..).unwrap_or_default())
}

/// A body with its format and a check (FNV-1a) over both.
fn sealed(format: u8, fields: &[u8]) -> Vec<u8> {
    let all = [&[format], fields].concat();
    let check = all.iter().fold(0xCBF2_9CE4_8422_2325_u64, |check, byte| {
        (check ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3)
    });
    [&[format], check.to_le_bytes().as_slice(), fields].concat()
}

//! The driver's files: a lock that is never replaced, and a dump that is never changed.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use session_driver::{Record, Timestamp, Version};

use super::Dump;

/// What begins the name of every namespace's directory.
pub(crate) const PREFIX: &str = "namespace";

/// All records of a namespace, by id.
pub(crate) type Records = BTreeMap<String, Record>;

/// The lock on all changes; it ends when this is dropped.
pub(crate) type Alone = Box<dyn std::any::Any>;

pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Why the driver must not use this directory; nothing where there is none yet.
pub(crate) fn is_foreign(root: &Path) -> io::Result<Option<&'static str>> {
    let found = match fs::symlink_metadata(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    if !found.is_dir() {
        return Ok(Some("it is no directory"));
    }
    if found.uid() != fs::metadata("/proc/self")?.uid() {
        return Ok(Some("it belongs to another user"));
    }
    if found.mode() & 0o022 != 0 {
        return Ok(Some("others can write to it"));
    }
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name();
        if !name.to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            return Ok(Some("it holds another program's data"));
        }
    }
    Ok(None)
}

pub(crate) fn alone(dump: &Dump) -> io::Result<Alone> {
    let lock = lock_file(dump)?;
    lock.lock()?;
    Ok(Box::new(lock))
}

pub(crate) fn lock_file(dump: &Dump) -> io::Result<File> {
    writable().open(dump.folder.join("lock"))
}

fn writable() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options
}

pub(crate) fn load(dump: &Dump) -> io::Result<Records> {
    match fs::read(dump.folder.join("dump")) {
        Ok(bytes) => decode(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Records::new()),
        Err(error) => Err(error),
    }
}

pub(crate) fn save(dump: &Dump, records: &Records) -> io::Result<()> {
    let new = dump.folder.join("dump.new");
    let mut file = writable().truncate(true).open(&new)?;
    file.write_all(&encode(records))?;
    fs::rename(new, dump.folder.join("dump"))
}

/// Each record as: the id and its length, the deadline (or -1), the version, the payload and its
/// length.
pub(crate) fn encode(records: &Records) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (id, record) in records {
        let deadline = record.expires_at.map_or(-1, Timestamp::as_millis);
        bytes.extend((id.len() as u64).to_le_bytes());
        bytes.extend_from_slice(id.as_bytes());
        bytes.extend(deadline.to_le_bytes());
        bytes.extend(record.version.to_bits().to_le_bytes());
        bytes.extend((record.payload.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&record.payload);
    }
    bytes
}

fn decode(mut bytes: &[u8]) -> io::Result<Records> {
    let mut records = Records::new();
    while !bytes.is_empty() {
        let Some((id, record)) = decode_one(&mut bytes) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        records.insert(id, record);
    }
    Ok(records)
}

fn decode_one(bytes: &mut &[u8]) -> Option<(String, Record)> {
    let length = number(bytes)?;
    let id = String::from_utf8(take(bytes, length)?.to_vec()).ok()?;
    let expires_at = Timestamp::from_millis(number(bytes)? as i64);
    let version = Version::from_bits(number(bytes)?);
    let length = number(bytes)?;
    let payload = take(bytes, length)?.to_vec();
    let record = Record {
        payload,
        expires_at,
        version,
    };
    Some((id, record))
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let number = take(bytes, 8)?.try_into().ok()?;
    Some(u64::from_le_bytes(number))
}

fn take<'a>(bytes: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    bytes.split_off(..usize::try_from(length).ok()?)
}

//! A closed store as text: what was stored in it, and the bytes that are there.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use session_driver::{Precondition, Record, SessionId, Timestamp, Version};

use crate::case::Context;
use crate::hook::{Contents, files_below};
use crate::place::Place;
use crate::steps::stored;
use crate::subject::{BoxError, EarlierStore, Setup};
use crate::workload::{NOW, id, record};

/// How many bytes stand in a line.
const LINE: usize = 40;

/// A closed store as text, to be kept beside a driver's tests: its records, and all its bytes.
///
/// `cargo test --test conformance -- --keep PATH` writes one with the driver as it is, and
/// [`Subject::earlier_stores`](crate::Subject::earlier_stores) gives it back to the suite in every
/// later release (rule DUR-6).
///
/// ```text
/// record ID VERSION DEADLINE LENGTH
/// entry NAME LENGTH
/// OFFSET BYTES
/// ```
///
/// A `record` is what must be found; its payload follows. An `entry` is a file below the place's
/// [directory](Place::directory), or where there is none the [`raw`](crate::Subject::raw) bytes of
/// the session whose id is its name. The name of a directory ends in `/`. Offsets are decimal, bytes
/// and versions hexadecimal; what no line gives is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    /// What was stored, and must be found.
    pub records: Vec<(SessionId, Record)>,
    /// The bytes: files by their paths, or values by their ids.
    pub entries: Contents,
}

/// Takes from others what the umask may have given them: drivers refuse what others can write.
fn make_private(path: &Path, is_directory: bool) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if is_directory { 0o700 } else { 0o600 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = (path, is_directory);
    Ok(())
}

impl Archive {
    /// Puts the files into a new [place](Place::in_temporary_directory).
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn in_files(self) -> Result<EarlierStore, BoxError> {
        let place = Place::in_temporary_directory()?;
        let directory = place.directory().ok_or("the place has a directory")?;
        // A directory stands before what is in it.
        for (name, bytes) in &self.entries {
            let path = directory.join(str::from_utf8(name)?);
            match name.ends_with(b"/") {
                true => fs::create_dir(&path)?,
                false => fs::write(&path, bytes)?,
            }
            make_private(&path, name.ends_with(b"/"))?;
        }
        Ok(EarlierStore {
            place,
            records: self.records,
        })
    }

    /// Stores a few records with the driver as it is, closes it, and reads what it left.
    pub(crate) fn of(context: &Context) -> Result<Archive, BoxError> {
        let subject = &context.subject;
        let place = subject.place()?;
        let store = subject.open(&place, &Setup::default())?;
        let mut records = vec![];
        for (who, payload, expires_at) in samples() {
            let new = record(&payload, expires_at);
            let kept = stored(&*store, &who, new, Precondition::Absent, NOW);
            records.push((who, kept.map_err(|stop| stop.to_string())?));
        }
        drop(store);
        let entries = match place.directory() {
            Some(directory) => files_below(directory)?,
            None => records
                .iter()
                .map(|(who, _)| {
                    let raw = subject.raw(&place, who)?.ok_or("a record has no bytes")?;
                    Ok((who.as_bytes().to_vec(), raw))
                })
                .collect::<Result<_, BoxError>>()?,
        };
        let is_plain = |name: &Vec<u8>| name.iter().all(u8::is_ascii_graphic);
        match entries.keys().all(is_plain) {
            true => Ok(Archive { records, entries }),
            false => Err("a name that is not of visible ASCII cannot be kept".into()),
        }
    }
}

/// What an archive holds: ends of what a record can be, and of what an id can be.
fn samples() -> Vec<(SessionId, Vec<u8>, Option<Timestamp>)> {
    let far = Timestamp::from_millis(9_999_999_999_999);
    vec![
        (id("never"), b"hello".to_vec(), None),
        (id("far"), b"\x00\xFF\xC1\r\n".to_vec(), far),
        (id("empty"), vec![], far),
        (id("large"), varied(1024), far),
        (id("../{odd}:%2F\"'\\~"), b"odd".to_vec(), far),
        (id(&"L".repeat(128)), b"last".to_vec(), Some(Timestamp::MAX)),
    ]
}

/// Bytes of which no two neighbours are alike.
fn varied(length: u32) -> Vec<u8> {
    (0..length).map(|n| (n * 31 + n / 256) as u8).collect()
}

impl fmt::Display for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (who, record) in &self.records {
            let (who, version) = (who.as_str(), record.version.to_bits());
            write!(f, "record {who} {version:016x} ")?;
            match record.expires_at {
                Some(deadline) => write!(f, "{}", deadline.as_millis())?,
                None => f.write_str("never")?,
            }
            lines(f, &record.payload)?;
        }
        for (name, bytes) in &self.entries {
            write!(f, "entry {}", String::from_utf8_lossy(name))?;
            lines(f, bytes)?;
        }
        Ok(())
    }
}

/// The length, then a line for each part that is not all zeros.
fn lines(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    writeln!(f, " {}", bytes.len())?;
    for (number, part) in bytes.chunks(LINE).enumerate() {
        if part.iter().any(|&byte| byte != 0) {
            writeln!(f, "{} {}", number * LINE, HEXLOWER.encode(part))?;
        }
    }
    Ok(())
}

impl FromStr for Archive {
    type Err = BoxError;

    fn from_str(text: &str) -> Result<Archive, BoxError> {
        let mut archive = Archive::default();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let wrong = || format!("an archive has the line {line:?}");
            let (head, length) = line.rsplit_once(' ').ok_or_else(wrong)?;
            let mut bytes = vec![0; length.parse()?];
            while let Some(line) =
                lines.next_if(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            {
                let (offset, part) = line.split_once(' ').ok_or("a line has no bytes")?;
                let part = HEXLOWER.decode(part.as_bytes())?;
                let offset: usize = offset.parse()?;
                let room = bytes.get_mut(offset..offset + part.len());
                room.ok_or("a line ends behind its entry")?
                    .copy_from_slice(&part);
            }
            match head.split(' ').collect::<Vec<_>>()[..] {
                ["entry", name] => {
                    archive.entries.insert(name.into(), bytes);
                }
                ["record", who, version, deadline] => {
                    let record = Record {
                        payload: bytes,
                        expires_at: instant(deadline)?,
                        version: Version::from_bits(u64::from_str_radix(version, 16)?),
                    };
                    archive.records.push((SessionId::parse(who)?, record));
                }
                _ => return Err(wrong().into()),
            }
        }
        Ok(archive)
    }
}

fn instant(text: &str) -> Result<Option<Timestamp>, BoxError> {
    match text {
        "never" => Ok(None),
        millis => Ok(Some(
            Timestamp::from_millis(millis.parse()?).ok_or("a deadline before the epoch")?,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_comes_back_from_its_text() {
        let records = samples().into_iter().zip(7..);
        let records = records.map(|((who, payload, expires_at), version)| {
            let version = Version::from_bits(version << 60 | 1);
            let record = Record {
                payload,
                expires_at,
                version,
            };
            (who, record)
        });
        let holes = [&[0; 500][..], b"between", &[0; 500]].concat();
        let archive = Archive {
            records: records.collect(),
            entries: [("store/", vec![]), ("store/a", holes), ("store/b", vec![])]
                .map(|(name, bytes)| (name.into(), bytes))
                .into(),
        };
        let text = archive.to_string();
        assert_eq!(text.parse::<Archive>().expect("our own text"), archive);
        assert!(text.lines().count() < 60, "{text}");
    }

    #[test]
    fn files_are_put_where_they_were() {
        let text = "entry store/ 0\nentry store/a 3\n1 ff\n";
        let archive: Archive = text.parse().expect("an archive");
        let store = archive.clone().in_files().expect("a directory");
        let directory = store.place.directory().expect("it has files");
        assert_eq!(files_below(directory).expect("files"), archive.entries);
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        for text in [
            "entry a",
            "entry a b 0",
            "record a 1 0",
            "entry a 1\n1 ff",
            "7 ff",
        ] {
            assert!(text.parse::<Archive>().is_err(), "{text:?}");
        }
    }
}

//! The file driver as the suite sees it, and what lies beneath it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use data_encoding::BASE32_NOPAD;
use session_driver_conformance::{Archive, BoxError, EarlierStore, Place, Planted, Setup, Subject};
use session_driver_file::FileDriver;
use session_driver_file::session_driver::{Error, ErrorKind, Operation, Result, SessionId};

/// A directory a place.
pub(crate) struct Files;

impl Subject for Files {
    type Driver = FileDriver;

    fn name(&self) -> String {
        "file".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        Place::in_temporary_directory()
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<FileDriver> {
        let path = match &setup.namespace {
            Some(name) => beside(place.path(), name)?,
            None => place.path().into(),
        };
        let mut builder = FileDriver::builder(path);
        if let Some(durability) = setup.durability {
            builder = builder.durability(durability);
        }
        match setup.max_payload_bytes {
            Some(bytes) => builder.max_payload_bytes(bytes).open(),
            None => builder.open(),
        }
    }

    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        match file_of(place, id)? {
            Some(file) => Ok(Some(fs::read(file)?)),
            None => Ok(None),
        }
    }

    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        let file = file_of(place, id)?.ok_or("the session has no file")?;
        match what {
            Planted::Bytes(bytes) => fs::write(file, bytes)?,
            Planted::NewerFormat => fs::write(&file, of_a_newer_format(fs::read(&file)?))?,
            _ => {
                fs::remove_file(&file)?;
                fs::create_dir(file)?;
            }
        }
        Ok(())
    }

    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        let marker = place.path().join("session-driver-file.format");
        let text = fs::read_to_string(&marker)?.replace("format 1", "format 2");
        Ok(fs::write(marker, text)?)
    }

    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError> {
        let format_1: Archive = include_str!("../earlier/format-1.txt").parse()?;
        Ok(vec![format_1.in_files()?])
    }
}

/// The session's file, which is in one of the shards.
fn file_of(place: &Place, id: &SessionId) -> Result<Option<PathBuf>, BoxError> {
    let name = format!("{}.s", BASE32_NOPAD.encode(id.as_bytes()));
    for shard in fs::read_dir(place.path())? {
        let file = shard?.path().join(&name);
        if fs::symlink_metadata(&file).is_ok() {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// The format stands behind the magic number, and the check over both behind that.
fn of_a_newer_format(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[8] = 2;
    let check = crc32fast::hash(&bytes[..12]);
    bytes[12..16].copy_from_slice(&check.to_le_bytes());
    bytes
}

/// A namespace is a directory. Its name is taken as it is written: `n/` and `./n` would be other
/// spellings of the directory `n`, and are refused.
fn beside(place: &Path, name: &str) -> Result<PathBuf> {
    let plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
    let parts: PathBuf = Path::new(name).components().filter(plain).collect();
    if parts.as_os_str() != name {
        return Err(Error::new(ErrorKind::Incompatible, Operation::Open, "file"));
    }
    Ok(place.with_file_name(name))
}

//! The file driver against the whole suite.

use std::path::{Component, Path, PathBuf};

use session_driver_conformance::{BoxError, Place, Setup, Subject};
use session_driver_file::FileDriver;
use session_driver_file::session_driver::{Error, ErrorKind, Operation, Result};

struct Files;

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
        let builder = FileDriver::builder(path);
        match setup.max_payload_bytes {
            Some(bytes) => builder.max_payload_bytes(bytes).open(),
            None => builder.open(),
        }
    }
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

session_driver_conformance::main!(Files);

//! The bridges, there and back, around the file driver, against the whole suite.

use std::path::{Component, Path};

use session_driver_async::session_driver::{Error, ErrorKind, Operation, Result};
use session_driver_async::{BlockOn, Blocking};
use session_driver_conformance::{BoxError, Place, Setup, Subject};
use session_driver_file::FileDriver;
use tokio::runtime::Builder;

struct Bridged;

impl Subject for Bridged {
    type Driver = BlockOn<Blocking<FileDriver>>;

    fn name(&self) -> String {
        "file, bridged".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        Place::in_temporary_directory()
    }

    /// On a runtime with a thread of its own, and with all operations on the bridge's threads.
    fn open(&self, place: &Place, setup: &Setup) -> Result<Self::Driver> {
        let path = match &setup.namespace {
            Some(name) if is_plain(name) => place.path().with_file_name(name),
            Some(_) => return Err(Error::new(ErrorKind::Incompatible, Operation::Open, "file")),
            None => place.path().into(),
        };
        let builder = FileDriver::builder(path);
        let driver = match setup.max_payload_bytes {
            Some(bytes) => builder.max_payload_bytes(bytes).open()?,
            None => builder.open()?,
        };
        let runtime = Builder::new_multi_thread().worker_threads(1).build();
        Ok(BlockOn::new(
            Blocking::new(driver),
            runtime.expect("a runtime"),
        ))
    }
}

/// A namespace is a directory, and its name is taken as it is written.
fn is_plain(name: &str) -> bool {
    let parts = Path::new(name).components();
    let plain = parts.filter(|part| matches!(part, Component::Normal(_)));
    plain.collect::<std::path::PathBuf>().as_os_str() == name
}

session_driver_conformance::main!(Bridged);

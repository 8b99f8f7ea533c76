//! The file driver against the whole suite.

use session_driver_conformance::{BoxError, Place, Setup, Subject};
use session_driver_file::FileDriver;
use session_driver_file::session_driver::Result;

struct Files;

impl Subject for Files {
    type Driver = FileDriver;

    fn name(&self) -> String {
        "file".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        Place::in_temporary_directory()
    }

    /// A namespace is a directory beside others.
    fn open(&self, place: &Place, setup: &Setup) -> Result<FileDriver> {
        let path = match &setup.namespace {
            Some(name) => place.path().with_file_name(name),
            None => place.path().into(),
        };
        let builder = FileDriver::builder(path);
        match setup.max_payload_bytes {
            Some(bytes) => builder.max_payload_bytes(bytes).open(),
            None => builder.open(),
        }
    }
}

session_driver_conformance::main!(Files);

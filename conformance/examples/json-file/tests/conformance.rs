use json_file::JsonFileDriver;
use session_driver::{Error, ErrorKind, Operation, Result};
use session_driver_conformance::{BoxError, Place, Setup, Subject};

struct JsonFile;

impl Subject for JsonFile {
    type Driver = JsonFileDriver;

    fn name(&self) -> String {
        "json-file".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        Place::in_temporary_directory()
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<JsonFileDriver> {
        if *setup != Setup::default() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                Operation::Open,
                "json-file",
            ));
        }
        JsonFileDriver::open(place.path())
    }
}

session_driver_conformance::main!(JsonFile);

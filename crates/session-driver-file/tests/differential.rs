//! The same random programs on the file driver and on the memory driver.

use session_driver_conformance::{BoxError, Differential, MemorySubject, Place, Setup, Subject};
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

    fn open(&self, place: &Place, _: &Setup) -> Result<FileDriver> {
        FileDriver::open(place.path())
    }
}

#[test]
fn it_answers_as_the_memory_driver_does() {
    // The suite's own run plays programs of other seeds.
    let drivers = Differential::new(1).with(MemorySubject::default());
    let drivers = drivers
        .and_then(|drivers| drivers.with(Files))
        .expect("both can be opened");
    if let Some(difference) = drivers.programs(40).run().expect("they can be played") {
        panic!("{difference}");
    }
}

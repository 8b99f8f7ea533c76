//! The bridges, there and back, around the file driver, against the whole suite.

#[path = "../../session-driver-file/tests/subject/mod.rs"]
mod subject;

use session_driver_async::session_driver::{Result, SessionId};
use session_driver_async::{BlockOn, Blocking};
use session_driver_conformance::{BoxError, EarlierStore, Place, Planted, Setup, Subject};
use session_driver_file::FileDriver;
use tokio::runtime::Builder;

use subject::Files;

struct Bridged;

impl Subject for Bridged {
    type Driver = BlockOn<Blocking<FileDriver>>;

    fn name(&self) -> String {
        "file, bridged".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        Files.place()
    }

    /// On a runtime with a thread of its own, and with all operations on the bridge's threads.
    fn open(&self, place: &Place, setup: &Setup) -> Result<Self::Driver> {
        let driver = Blocking::new(Files.open(place, setup)?);
        let runtime = Builder::new_multi_thread().worker_threads(1).build();
        Ok(BlockOn::new(driver, runtime.expect("a runtime")))
    }

    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        Files.raw(place, id)
    }

    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        Files.plant(place, id, what)
    }

    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        Files.make_newer(place)
    }

    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError> {
        Files.earlier_stores()
    }
}

session_driver_conformance::main!(Bridged);

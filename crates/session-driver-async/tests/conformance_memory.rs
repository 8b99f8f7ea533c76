//! The bridges, there and back, around the memory driver, against the whole suite.

use session_driver_async::session_driver::{MemoryDriver, Result};
use session_driver_async::{BlockOn, Blocking};
use session_driver_conformance::{BoxError, MemorySubject, Place, Setup, Subject};
use tokio::runtime::Builder;

#[derive(Default)]
struct Bridged(MemorySubject);

impl Subject for Bridged {
    type Driver = BlockOn<Blocking<MemoryDriver>>;

    fn name(&self) -> String {
        "memory, bridged".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        self.0.place()
    }

    /// On a runtime of the current thread, and with quick operations inline.
    fn open(&self, place: &Place, setup: &Setup) -> Result<Self::Driver> {
        let driver = Blocking::builder(self.0.open(place, setup)?).run_quick_ones_inline();
        let runtime = Builder::new_current_thread().build();
        Ok(BlockOn::new(driver.build(), runtime.expect("a runtime")))
    }
}

session_driver_conformance::main!(Bridged::default());

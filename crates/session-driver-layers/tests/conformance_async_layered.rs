//! All layers together around an async driver, against the whole suite.

mod subject;

use session_driver_async::{BlockOn, Blocking};
use session_driver_conformance::MemorySubject;
use session_driver_layers::session_driver::MemoryDriver;
use session_driver_layers::{Encrypted, Hashed, OVERHEAD, Traced};
use subject::{Layered, keys, sha_256};
use tokio::runtime::Builder;

type Layers = Traced<Hashed<Encrypted<Blocking<MemoryDriver>>>>;

fn wrap(driver: MemoryDriver) -> BlockOn<Layers> {
    let layers = Encrypted::new(Blocking::new(driver), keys());
    let runtime = Builder::new_current_thread().build();
    BlockOn::new(
        Traced::new(Hashed::new(layers), "beneath"),
        runtime.expect("a runtime"),
    )
}

session_driver_conformance::main!(Layered {
    beneath: MemorySubject::default(),
    layers: "bridged and layered",
    wrap,
    known_as: sha_256,
    overhead: OVERHEAD,
});

//! The sled driver against the whole suite, flushed now and then.

mod subject;

use session_driver_sled::session_driver::Durability;
use subject::Trees;

session_driver_conformance::main!(Trees(Durability::None));

//! The sled driver against the whole suite, as it is by default: flushed before every answer.

mod subject;

use session_driver_sled::session_driver::Durability;
use subject::Trees;

session_driver_conformance::main!(Trees(Durability::Process));

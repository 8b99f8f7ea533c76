//! Hashed ids around the memory driver, against the whole suite.

mod subject;

use session_driver_conformance::MemorySubject;
use subject::Layered;

session_driver_conformance::main!(Layered::hashed(MemorySubject::default()));

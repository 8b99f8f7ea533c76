//! The memory driver against the whole suite.

session_driver_conformance::main!(session_driver_conformance::MemorySubject::default());

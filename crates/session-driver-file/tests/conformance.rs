//! The file driver against the whole suite.

mod subject;

session_driver_conformance::main!(subject::Files);

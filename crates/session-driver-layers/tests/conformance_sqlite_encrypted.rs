//! Encryption around the SQLite driver, against the whole suite.

#[path = "../../session-driver-sqlite/tests/subject/mod.rs"]
mod sqlite;
mod subject;

use session_driver_layers::session_driver::Durability;
use sqlite::Sqlite;
use subject::Layered;

session_driver_conformance::main!(Layered::encrypted(Sqlite(Durability::Process)));

//! The SQLite driver against the whole suite, as it comes.

mod subject;

use session_driver_sqlite::session_driver::Durability;

session_driver_conformance::main!(subject::Sqlite(Durability::Process));

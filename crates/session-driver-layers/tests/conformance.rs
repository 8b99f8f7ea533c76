//! Each layer around the memory and the SQLite driver, against the whole suite.

#[path = "../../session-driver-sqlite/tests/subject/mod.rs"]
mod sqlite;
mod subject;

use std::process::ExitCode;

use session_driver_conformance::{MemorySubject, Subject};
use session_driver_layers::session_driver::Durability;
use session_driver_layers::{Hashed, Traced};
use sqlite::Sqlite;
use subject::{Layered, Suites};

fn hashed<S: Subject>(beneath: S) -> Layered<S, Hashed<S::Driver>> {
    Layered::new("hashed", Hashed::new, beneath).hashing()
}

fn traced<S: Subject>(beneath: S) -> Layered<S, Traced<S::Driver>> {
    Layered::new("traced", |driver| Traced::new(driver, "beneath"), beneath)
}

/// Each of these is `session_driver_conformance::main` for one subject.
fn main() -> ExitCode {
    let memory = MemorySubject::default;
    let sqlite = || Sqlite(Durability::Process);
    Suites::default()
        .against(hashed(memory()))
        .against(hashed(sqlite()))
        .against(traced(memory()))
        .against(traced(sqlite()))
        .end()
}

//! Each layer, and all together, around the memory and the SQLite driver, against the whole suite.

#[path = "../../session-driver-sqlite/tests/subject/mod.rs"]
mod sqlite;
mod subject;

use std::process::ExitCode;

use session_driver_conformance::{MemorySubject, Subject};
use session_driver_layers::session_driver::Durability;
use session_driver_layers::{Encrypted, Hashed, Traced};
use sqlite::Sqlite;
use subject::{Layered, Suites, keys};

fn hashed<S: Subject>(beneath: S) -> Layered<S, Hashed<S::Driver>> {
    Layered::new("hashed", Hashed::new, beneath).hashing()
}

fn traced<S: Subject>(beneath: S) -> Layered<S, Traced<S::Driver>> {
    Layered::new("traced", |driver| Traced::new(driver, "beneath"), beneath)
}

fn encrypted<S: Subject>(beneath: S) -> Layered<S, Encrypted<S::Driver>> {
    let wrap = |driver| Encrypted::new(driver, keys());
    Layered::new("encrypted", wrap, beneath).sealing()
}

fn all<S: Subject>(beneath: S) -> Layered<S, Traced<Hashed<Encrypted<S::Driver>>>> {
    let wrap = |driver| Traced::new(Hashed::new(Encrypted::new(driver, keys())), "beneath");
    Layered::new("all layers", wrap, beneath)
        .hashing()
        .sealing()
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
        .against(encrypted(memory()))
        .against(encrypted(sqlite()))
        .against(all(memory()))
        .against(all(sqlite()))
        .end()
}

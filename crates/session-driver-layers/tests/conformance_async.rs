//! Each layer, and all together, around the memory and the SQLite driver under async code, through
//! the bridges there and back, against the whole suite.

#[path = "../../session-driver-sqlite/tests/subject/mod.rs"]
mod sqlite;
mod subject;

use std::process::ExitCode;

use session_driver_async::{AsyncSessionDriver, BlockOn, Blocking};
use session_driver_conformance::{MemorySubject, Subject};
use session_driver_layers::session_driver::Durability;
use session_driver_layers::{Encrypted, Hashed, Traced};
use sqlite::Sqlite;
use subject::{Layered, Suites, keys};
use tokio::runtime::Builder;

type Bridged<S> = Blocking<<S as Subject>::Driver>;

type All<A> = Traced<Hashed<Encrypted<A>>>;

fn hashed<S: Subject>(beneath: S) -> Layered<S, BlockOn<Hashed<Bridged<S>>>> {
    let wrap = |driver| on_a_runtime(Hashed::new(Blocking::new(driver)));
    Layered::new("hashed, async", wrap, beneath).hashing()
}

fn traced<S: Subject>(beneath: S) -> Layered<S, BlockOn<Traced<Bridged<S>>>> {
    let wrap = |driver| on_a_runtime(Traced::new(Blocking::new(driver), "beneath"));
    Layered::new("traced, async", wrap, beneath)
}

fn encrypted<S: Subject>(beneath: S) -> Layered<S, BlockOn<Encrypted<Bridged<S>>>> {
    let wrap = |driver| on_a_runtime(Encrypted::new(Blocking::new(driver), keys()));
    Layered::new("encrypted, async", wrap, beneath).sealing()
}

fn all<S: Subject>(beneath: S) -> Layered<S, BlockOn<All<Bridged<S>>>> {
    let wrap = |driver| {
        let encrypted = Encrypted::new(Blocking::new(driver), keys());
        on_a_runtime(Traced::new(Hashed::new(encrypted), "beneath"))
    };
    let layered = Layered::new("all layers, async", wrap, beneath);
    layered.hashing().sealing()
}

/// On a runtime that runs only while an operation waits: it has no thread that would still be ending
/// when a driver was dropped.
fn on_a_runtime<A: AsyncSessionDriver>(layer: A) -> BlockOn<A> {
    let runtime = Builder::new_current_thread().build();
    BlockOn::new(layer, runtime.expect("a runtime"))
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

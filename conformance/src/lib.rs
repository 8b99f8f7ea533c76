//! Proves any session driver against the numbered rules of the `session-driver` contract.
//!
//! A driver's `tests/conformance.rs`, with `harness = false` in its manifest:
//!
//! ```no_run
//! use session_driver_conformance::MemorySubject;
//!
//! session_driver_conformance::main!(MemorySubject::default());
//! ```

mod absence;
mod call;
mod case;
mod child;
mod contention;
mod copy;
mod exercise;
mod expect;
mod generations;
mod hostile;
mod kill;
mod linearize;
mod neighbours;
mod patient;
mod race;
mod report;
mod rule;
mod runner;
mod spec;
mod steps;
mod subject;
mod volume;
mod workload;

pub use crate::case::{Case, Context, Driver, Fixture, Stop, Verdict};
pub use crate::report::{CaseReport, Outcome, Report, RuleReport};
pub use crate::rule::{Evidence, Level, Need, Proof, Rule};
pub use crate::runner::{Options, main, run, run_if_child};
pub use crate::spec::rules;
pub use crate::subject::{BoxError, MemorySubject, Place, Setup, Subject};

/// Makes the `main` of a test binary that runs the suite against a [`Subject`]; the manifest says
/// `harness = false`.
///
/// Every case is a test named by its rule: `cargo test --test conformance -- RES-2` runs one rule,
/// `-- --list` names all.
#[macro_export]
macro_rules! main {
    ($subject:expr) => {
        fn main() -> ::std::process::ExitCode {
            $crate::main($subject)
        }
    };
}

//! Proves any session driver against the numbered rules of the `session-driver` contract.
//!
//! A driver's `tests/conformance.rs`, with `harness = false` in its manifest:
//!
//! ```no_run
//! use session_driver_conformance::MemorySubject;
//!
//! session_driver_conformance::main!(MemorySubject::default());
//! ```
//!
//! In place of [`MemorySubject`] stands your own [`Subject`]: its name, where a new backend can be
//! put, and how to open one. Nothing else is needed.
//!
//! # How to read a run
//! Each case is a test whose name begins with its rule: `cargo test --test conformance -- RES-2` runs
//! one rule, `-- --list` names all. A failure quotes the rule, says what goes wrong in the world
//! where it is broken, what was seen, and the seed that repeats it (`SESSION_DRIVER_SEED`). What is
//! not tried says why: the driver does not declare the capability, the subject cannot do what the
//! case needs, or the suite has no case yet.
//!
//! # What a pass is worth
//! Each rule says so itself ([`Evidence`]): a deterministic case finds the fault every time, a
//! stochastic one may miss it and never invents one. Whether a driver may be called conforming says
//! [`Report::is_conforming`]. The suite is itself tested, with broken drivers that it must catch and
//! lawful ones that it must not accuse (`tests/saboteurs`, `tests/process_saboteurs`).
//!
//! # As a library
//! [`run`] tries a subject and gives a [`Report`]; [`rules`] gives the rules as data. Cases that need
//! child processes run the program again, so its `main` must begin with [`run_if_child`].

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

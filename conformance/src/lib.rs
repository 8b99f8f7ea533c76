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
//! put, and how to open one. Nothing else is needed; hooks show what lies beneath the driver, where a
//! rule is about that.
//!
//! # How to read a run
//! Each case is a test whose name begins with its rule: `cargo test --test conformance -- RES-2` runs
//! one rule, `-- --list` names all. A failure quotes the rule, says what goes wrong in the world
//! where it is broken, what was seen, where the cause usually lies, and the seed that repeats it
//! (`SESSION_DRIVER_SEED`). What is
//! not tried says why: the driver does not declare the capability, the subject cannot do what the
//! case needs or has no hook for it, or the suite has no case yet.
//!
//! `--quick` and `--soak 10m` take less or more time ([`Budget`]); `--report PATH` and `--junit PATH`
//! write what was found as JSON and as JUnit XML. The same by the environment: `SESSION_DRIVER_BUDGET`
//! (`quick`, or a time to soak) and `SESSION_DRIVER_REPORTS`, a directory for both. The suite's
//! `README.md` shows all of it with an example.
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
mod archive;
mod arguments;
mod artefacts;
mod binary;
mod budget;
mod call;
mod case;
mod child;
mod contention;
mod copy;
mod damage;
mod disk;
mod exercise;
mod expect;
mod foreign;
mod generations;
mod hint;
mod hook;
mod hostile;
mod junit;
mod kill;
mod lifetimes;
mod linearize;
mod memory;
mod model;
mod neighbours;
mod outage;
mod parts;
mod patient;
mod place;
mod power;
mod proxy;
mod race;
mod report;
mod rule;
mod runner;
mod sequence;
mod soak;
mod spec;
mod steps;
mod subject;
mod syncs;
mod volume;
mod workload;

pub use crate::archive::Archive;
pub use crate::binary::main;
pub use crate::budget::Budget;
pub use crate::case::{Case, Context, Driver, Fixture, Stop, Verdict};
pub use crate::hook::{Cannot, Contents, Planted};
pub use crate::linearize::History;
pub use crate::memory::MemorySubject;
pub use crate::place::Place;
pub use crate::proxy::Proxy;
pub use crate::report::{CaseReport, Outcome, Report, RuleReport};
pub use crate::rule::{Evidence, Level, Need, Proof, Provenance, Rule, Test};
pub use crate::runner::{Options, Step, run, run_if_child};
pub use crate::sequence::{Difference, Differential};
pub use crate::spec::rules;
pub use crate::subject::{BoxError, EarlierStore, Setup, Subject};

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

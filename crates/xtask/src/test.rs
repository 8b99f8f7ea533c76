//! `cargo xtask test`: everything that can be run to see whether the code is right.

use std::env;
use std::num::NonZero;
use std::process::Command;
use std::thread;

use crate::binary::TestBinary;
use crate::docs;
use crate::jobs::{self, Job};
use crate::redis;
use crate::step::{Steps, Stopped, cargo, root};

/// Tells the suites and their saboteurs how long they try what they find by chance.
const BUDGET: &str = "SESSION_DRIVER_BUDGET";

/// How long what is stochastic is tried. Either way every rule is tried against every subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A fifth of the rounds.
    Quick,
    /// All rounds.
    Full,
}

/// The tests that take longest begin first, so that none of them is left at the end. The others
/// follow in cargo's order.
const FIRST: [&str; 8] = [
    "session-driver-conformance strangers",
    "session-driver-layers conformance_async",
    "session-driver-conformance saboteurs",
    "session-driver-conformance process_saboteurs",
    "session-driver-layers conformance",
    "session-driver-redis conformance_async_cluster",
    "session-driver-redis conformance_cluster",
    "session-driver-conformance dump",
];

pub(crate) fn run(extent: Extent) -> Result<(), Stopped> {
    let mut steps = Steps::default();
    redis::server(&mut steps)?;
    add(&mut steps, extent, &[])?;
    steps.summary();
    Ok(())
}

/// Builds and runs all tests; `options` are cargo's.
pub(crate) fn add(steps: &mut Steps, extent: Extent, options: &[&str]) -> Result<(), Stopped> {
    let budget = match extent {
        Extent::Quick => env::var(BUDGET).unwrap_or_else(|_| "quick".to_owned()),
        Extent::Full => "ordinary".to_owned(),
    };
    // More than there are processors, for most of them wait: for children, servers and timeouts.
    let width = 2 + thread::available_parallelism().map_or(1, NonZero::get);
    println!(
        "\nAll tests are built, and then run, {width} programs at a time, with the budget `{budget}`; what each\n\
         prints follows when it has ended, and stays in target/tests."
    );
    let of_workspace = |arguments: &[&str]| {
        let mut tests = cargo(&["test", "--workspace", "--all-features"]);
        tests.args(options).args(arguments);
        tests
    };
    let binaries = TestBinary::build(&mut of_workspace(&[]), steps)?;
    docs::clear_reports()?;
    let job = |name: &str, mut command: Command| {
        docs::leave_report(&mut command);
        command.env(BUDGET, &budget);
        let name = name.to_owned();
        Job { name, command }
    };
    let mut jobs = vec![job("documentation tests", of_workspace(&["--doc"]))];
    jobs.extend(
        in_order(binaries)
            .iter()
            .map(|binary| job(binary.name(), binary.command())),
    );
    let logs = root().join("target").join("tests");
    steps.time("tests", || jobs::run(jobs, width, &logs))
}

/// The tests of [`FIRST`] in that order, and then the others as they are.
fn in_order(mut binaries: Vec<TestBinary>) -> Vec<TestBinary> {
    let place = |binary: &TestBinary| FIRST.iter().position(|name| *name == binary.name());
    binaries.sort_by_key(|binary| place(binary).unwrap_or(FIRST.len()));
    binaries
}

//! The developers' commands: `cargo xtask test` and `cargo xtask ci`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these commands talk to the developer who runs them, and to nobody else"
)]

mod api;
mod binary;
mod ci;
mod docs;
mod fit;
mod jobs;
mod marks;
mod packages;
mod publish;
mod redis;
mod soak;
mod step;
mod tally;
mod test;
mod tools;

use std::env;
use std::process::ExitCode;

use crate::soak::Selection;
use crate::step::Stopped;
use crate::test::Extent;

const HELP: &str = "\
The developers' commands.

Usage: cargo xtask <COMMAND>

Commands:
  test [--full]
        Install what the tests need, and run all of them, several programs at a time: unit, integration and
        documentation tests, the conformance suite against every driver, and the broken drivers it must catch.
        What is found by chance is tried in a fifth of the rounds, and with --full, as in ci, in all of them;
        SESSION_DRIVER_BUDGET=10m soaks instead. What each program prints stays in target/tests
  ci    What must be green before a change goes in: format, lints, documentation, packages, dependencies,
        tests with --full, and a short run of the tool
  docs [--check]
        Write the documents that are made from data (conformance/SPEC.md, SABOTEURS.md and MATRIX.md, which is that
        of the last `test`, the report in conformance/README.md, and in README.md the rules passed and the table of
        versions), or say whether they are as the data have them
  api [--check]
        Write the public API of each library crate into its file public-api.txt, or say what differs; it takes a
        nightly toolchain
  fit [PART...] [--beside TEXT]
        Whether the library crates fit into other people's programs, as tables; a promise that fails is an error.
        Without a PART all of them, about an hour the first time:
          resolve     each crate in one lock file with each neighbour (sqlx, diesel, axum-login, ...)
          advisories  what a security audit says of a service with one crate
          minimal     each crate with its oldest dependencies
          rust        each crate with Rust 1.85
          systems     checked for macOS, FreeBSD and Windows
          cost        packages and compile time of each crate
          packages    each published package, compiled from its .crate file
          suites      the SQLite driver's tests and suites with the oldest rusqlite of its range
          build       a program with all crates beside each neighbour stores a session and reads it
        TEXT is a part of the neighbours' names, such as sqlx, for resolve and build
  soak [FILTER] [--runs N]
        The suite 100 times against the memory driver and 20 times against each of the others, the broken
        drivers 20 times, and how many runs passed; this takes long. FILTER is a part of the suites' names, such as redis or power,
        or the whole name of one

`test` and `ci` stop at the first step that fails; all tests are run before that. They need the Rust toolchain; what else they need they install,
and say so: a Redis server among it, where neither redis-server nor valkey-server is on PATH.
SESSION_DRIVER_REDIS_URL names a server of your own for the tests that need no more than one, and nothing is
installed then; the tests that kill servers, or make clusters of them, fail if there is none on PATH.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match arguments[..] {
        ["test"] => test::run(Extent::Quick),
        ["test", "--full"] => test::run(Extent::Full),
        ["ci"] => ci::run(),
        ["docs"] => docs::run(docs::write),
        ["docs", "--check"] => docs::run(docs::check),
        ["api"] => docs::run(api::write),
        ["api", "--check"] => docs::run(api::check),
        ["help" | "--help" | "-h"]
        | [
            "test" | "ci" | "docs" | "api" | "fit" | "soak",
            "--help" | "-h",
        ] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        ["fit", ref words @ ..] => match fit::Selection::parse(words) {
            Some(selection) => fit::run(&selection),
            None => return misunderstood(),
        },
        ["soak", ref words @ ..] => match Selection::parse(words) {
            Some(selection) => soak::run(&selection),
            None => return misunderstood(),
        },
        _ => return misunderstood(),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stopped(reason)) => {
            eprintln!("\nxtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn misunderstood() -> ExitCode {
    eprint!("{HELP}");
    ExitCode::from(2)
}

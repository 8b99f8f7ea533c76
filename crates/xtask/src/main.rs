//! The developers' commands: `cargo xtask test` and `cargo xtask ci`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these commands talk to the developer who runs them, and to nobody else"
)]

mod ci;
mod soak;
mod step;
mod test;
mod tools;

use std::env;
use std::process::ExitCode;

use crate::step::Stopped;

const HELP: &str = "\
The developers' commands.

Usage: cargo xtask <COMMAND>

Commands:
  test  Install what the tests need, and run all of them: unit, integration and documentation tests, the
        conformance suite against every driver, and the broken drivers it must catch
  ci    What must be green before a change goes in: format, lints, documentation, dependencies, tests, and
        a short run of the tool
  soak  The suite 100 times against the memory driver and 20 times against the file driver, and how many
        runs passed; this takes half an hour

`test` and `ci` stop at the first step that fails. They need the Rust toolchain; what else they need they install,
and say so.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let command = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => test::run,
        ["ci"] => ci::run,
        ["soak"] => soak::run,
        ["help" | "--help" | "-h"] | ["test" | "ci" | "soak", "--help" | "-h"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match command() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stopped(reason)) => {
            eprintln!("\nxtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

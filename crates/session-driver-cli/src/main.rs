//! The tool `session-driver`: operates, copies, verifies and compares session stores that URLs
//! name.
#![cfg_attr(
    not(feature = "prove"),
    allow(
        dead_code,
        reason = "progress bars and temporary places of `verify` and `compare`, which are left out"
    )
)]

mod arguments;
#[cfg(feature = "prove")]
mod compare;
mod duration;
mod export;
mod failure;
mod import;
mod interrupt;
mod jsonl;
mod lines;
mod list;
mod output;
mod payload;
mod progress;
mod remove;
mod scratch;
mod screen;
mod show;
#[cfg(feature = "prove")]
mod subject;
mod sweep;
mod target;
mod touch;
#[cfg(feature = "prove")]
mod verify;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::failure::{Failure, Finish};
use crate::output::Output;

fn main() -> ExitCode {
    #[cfg(feature = "prove")]
    if let Some(code) = verify::play_child() {
        return code;
    }
    let arguments = Arguments::parse();
    let mut output = Output::new(arguments.json);
    let end =
        run(&arguments.command, &mut output).and_then(|finish| output.flush().map(|()| finish));
    match end {
        Ok(Finish::Complete) => ExitCode::SUCCESS,
        Ok(Finish::Incomplete) => ExitCode::FAILURE,
        Err(failure) => {
            output.fail(&failure);
            failure.exit_code()
        }
    }
}

fn run(command: &Command, output: &mut Output) -> Result<Finish, Failure> {
    match command {
        Command::Import(arguments) => import::run(arguments, output),
        Command::Export(arguments) => export::run(arguments, output),
        Command::List(arguments) => list::run(arguments, output),
        Command::Show(arguments) => show::run(arguments, output),
        Command::Remove(arguments) => remove::run(arguments, output),
        Command::Touch(arguments) => touch::run(arguments, output),
        Command::Sweep(arguments) => sweep::run(arguments, output),
        #[cfg(feature = "prove")]
        Command::Verify(arguments) => verify::run(arguments, output),
        #[cfg(feature = "prove")]
        Command::Compare(arguments) => compare::run(arguments, output),
        #[cfg(not(feature = "prove"))]
        Command::Verify(_) | Command::Compare(_) => {
            let what = "this session-driver is built without the prover";
            Err(Failure::usage(what).next(
                "build it with the feature `prove`, which is on by default: \
                 cargo install session-driver-cli",
            ))
        }
    }
}

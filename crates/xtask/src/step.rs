//! One step of a command: a program that runs and must succeed.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Why a command ended before its last step.
#[derive(Debug)]
pub(crate) struct Stopped(pub(crate) String);

/// The steps that were run, and how long each took.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, Duration, Option<String>)>,
}

impl Steps {
    /// Runs a step; the next may come if it succeeds.
    pub(crate) fn run(&mut self, name: &'static str, command: &mut Command) -> Result<(), Stopped> {
        self.read(name, command.stdout(Stdio::inherit())).map(drop)
    }

    /// Runs a step, and gives what it prints where its standard output is not inherited.
    pub(crate) fn read(
        &mut self,
        name: &'static str,
        command: &mut Command,
    ) -> Result<String, Stopped> {
        println!("\n==> {name}: {}", shown(command));
        let begin = Instant::now();
        let output = command
            .stdin(Stdio::inherit())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| unstartable(command, &error))?;
        let took = begin.elapsed();
        if !output.status.success() {
            return Err(Stopped(format!(
                "{name} failed after {:.1} s: {}",
                took.as_secs_f64(),
                output.status
            )));
        }
        println!("    {name}: {:.1} s", took.as_secs_f64());
        self.done.push((name, took, None));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a step that is no program of its own.
    pub(crate) fn time(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let begin = Instant::now();
        step()?;
        self.done.push((name, begin.elapsed(), None));
        Ok(())
    }

    /// Leaves a step out, and says why.
    pub(crate) fn leave_out(&mut self, name: &'static str, reason: impl Into<String>) {
        let reason = reason.into();
        println!("\n==> {name}: NOT DONE: {reason}");
        self.done.push((name, Duration::ZERO, Some(reason)));
    }

    /// Tells what was done.
    pub(crate) fn summary(&self) {
        println!();
        for (name, took, left_out) in &self.done {
            match left_out {
                None => println!("{:>8.1} s  {name}", took.as_secs_f64()),
                Some(reason) => println!("{:>10}  {name}: {reason}", "NOT DONE"),
            }
        }
        let total: Duration = self.done.iter().map(|(_, took, _)| *took).sum();
        println!("{:>8.1} s  in all", total.as_secs_f64());
    }
}

/// The cargo that runs this, at the root of the workspace. It compiles in about two thirds of the
/// time when it keeps nothing for a next, incremental compilation.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(arguments)
        .current_dir(root())
        .env("CARGO_INCREMENTAL", "0");
    // What cargo told xtask of its own package would have build scripts that look at it, such as
    // ring's, run again.
    for (name, _) in env::vars_os() {
        if PACKAGE
            .iter()
            .any(|part| name.to_string_lossy().starts_with(part))
        {
            command.env_remove(name);
        }
    }
    command
}

/// How the variables begin in which cargo describes the package that it runs.
const PACKAGE: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

/// Whether a program runs and succeeds, whatever it prints.
pub(crate) fn works(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Cargo tells where this package is; the workspace is two levels up.
pub(crate) fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| OsString::from("."));
    let package = Path::new(&package);
    package.ancestors().nth(2).unwrap_or(package).to_owned()
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_stem()
        .unwrap_or_default();
    let mut text = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            text += &format!("{}='{}' ", name.to_string_lossy(), value.to_string_lossy());
        }
    }
    text += &program.to_string_lossy();
    for argument in command.get_args() {
        text += " ";
        text += &argument.to_string_lossy();
    }
    text
}

fn unstartable(command: &Command, error: &std::io::Error) -> Stopped {
    Stopped(format!("{} cannot be started: {error}", shown(command)))
}

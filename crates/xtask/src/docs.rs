//! `cargo xtask docs`: the documents that are made from data.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::fit::compatibility;
use crate::packages;
use crate::step::{Steps, Stopped, cargo, root};

/// Tells every suite where to leave its report.
const REPORTS: &str = "SESSION_DRIVER_REPORTS";

/// Tells the documents' test where the reports are from which the matrix is made.
const MATRIX: &str = "SESSION_DRIVER_MATRIX";

/// Tells the documents' tests to write what they would otherwise compare.
const WRITE: (&str, &str) = ("SESSION_DRIVER_DOCUMENTS", "write");

/// The test, in each suite of saboteurs, of the table of what they declare.
const SABOTEURS: &str = "the_table_of_saboteurs_is_as_they_declare";

/// Where the suites' last runs have left their reports.
fn reports() -> PathBuf {
    root().join("target").join("conformance")
}

/// Forgets the reports of earlier runs.
pub(crate) fn clear_reports() -> Result<(), Stopped> {
    let reports = reports();
    match fs::remove_dir_all(&reports) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Stopped(format!(
            "{} cannot be cleared: {error}",
            reports.display()
        ))),
        _ => Ok(()),
    }
}

/// Has the suite that `test` runs leave its report.
pub(crate) fn leave_report(test: &mut Command) {
    test.env(REPORTS, reports());
}

pub(crate) fn run(act: fn(&mut Steps) -> Result<(), Stopped>) -> Result<(), Stopped> {
    let mut steps = Steps::default();
    act(&mut steps)?;
    steps.summary();
    Ok(())
}

/// Writes the documents.
pub(crate) fn write(steps: &mut Steps) -> Result<(), Stopped> {
    packages::run(false)?;
    compatibility::run(false)?;
    let (name, value) = WRITE;
    let mut tests = test("documents");
    tests.args(["--test", "strangers"]);
    // One after another, for two of them write one file.
    tests.args(["--", "--test-threads=1"]);
    steps.run("documents", tests.env(name, value))?;
    let mut saboteurs = test("saboteurs");
    saboteurs.args(["--test", "process_saboteurs", "--test", "wire_saboteurs"]);
    saboteurs.args(["--", SABOTEURS]);
    steps.run("the table of saboteurs", saboteurs.env(name, value))
}

/// Says whether the documents are as the data have them. What a run of the suites has to tell is
/// that of the last one.
pub(crate) fn check(steps: &mut Steps) -> Result<(), Stopped> {
    packages::run(true)?;
    compatibility::run(true)?;
    steps.run("documents", &mut test("documents"))
}

fn test(name: &str) -> Command {
    let mut command = cargo(&["test", "--quiet", "--package", "session-driver-conformance"]);
    command.args(["--test", name]).env(MATRIX, reports());
    command
}

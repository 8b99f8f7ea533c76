//! The public API of each library crate as text, in its file `public-api.txt`, so that a change of it
//! is seen in a review.
//!
//! The text is that of cargo-public-api, which reads what a nightly rustdoc writes. Where there is no
//! nightly toolchain `ci` leaves the step out and says so.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::step::{Steps, Stopped, cargo, root, works};
use crate::tools;

/// The library crates: their directories, from the root of the workspace.
const LIBRARIES: &[&str] = &[
    "conformance",
    "crates/session-driver",
    "crates/session-driver-actix",
    "crates/session-driver-async",
    "crates/session-driver-envelope",
    "crates/session-driver-file",
    "crates/session-driver-layers",
    "crates/session-driver-redis",
    "crates/session-driver-sled",
    "crates/session-driver-sqlite",
    "crates/session-driver-tower",
    "crates/session-driver-url",
];

const FILE: &str = "public-api.txt";

/// Why the API cannot be listed here, if it cannot.
pub(crate) fn unavailable() -> Option<&'static str> {
    let mut nightly = Command::new("rustup");
    nightly.args(["run", "nightly", "rustdoc", "--version"]);
    (!works(&mut nightly)).then_some("there is no nightly toolchain: rustup toolchain add nightly")
}

/// Writes the files.
///
/// # Errors
/// There is no nightly toolchain, or a crate does not compile.
pub(crate) fn write(steps: &mut Steps) -> Result<(), Stopped> {
    each(steps, |path, api| {
        fs::write(&path, api)
            .map_err(|error| Stopped(format!("{} cannot be written: {error}", path.display())))
    })
}

/// Says which files are not as the crates are.
///
/// # Errors
/// Like [`write()`], or a file differs.
pub(crate) fn check(steps: &mut Steps) -> Result<(), Stopped> {
    let mut changed = Vec::new();
    each(steps, |path, api| {
        let kept = fs::read_to_string(&path).unwrap_or_default();
        if kept != api {
            println!("{}:", path.display());
            print_changes(&kept, &api);
            changed.push(path.display().to_string());
        }
        Ok(())
    })?;
    match changed.is_empty() {
        true => Ok(()),
        false => Err(Stopped(format!(
            "the public API is not that of {}: if that is meant, run `cargo xtask api`",
            changed.join(", ")
        ))),
    }
}

/// Lists the API of each library.
fn each(
    steps: &mut Steps,
    mut act: impl FnMut(PathBuf, String) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    if let Some(reason) = unavailable() {
        return Err(Stopped(reason.into()));
    }
    tools::cargo_public_api(steps)?;
    steps.time("public API", || {
        for directory in LIBRARIES {
            let directory = root().join(directory);
            let api = listed(&directory.join("Cargo.toml"))?;
            act(directory.join(FILE), api)?;
        }
        Ok(())
    })
}

/// The API of one crate with all its features, an item a line. Blanket and auto trait implementations
/// are left out.
fn listed(manifest: &std::path::Path) -> Result<String, Stopped> {
    let mut command = cargo(&["public-api", "--all-features", "-sss", "--color=never"]);
    command.arg("--manifest-path").arg(manifest);
    // Its own choice of a toolchain is that of a directory; nightly's rustdoc is wanted here.
    command
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("CARGO_TARGET_DIR", root().join("target/public-api"));
    let output = command
        .output()
        .map_err(|error| Stopped(format!("cargo public-api cannot be started: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let what = manifest.display();
        return Err(Stopped(format!(
            "the API of {what} cannot be listed:\n{said}"
        )));
    }
    String::from_utf8(output.stdout).map_err(|error| Stopped(error.to_string()))
}

/// Prints the lines that are in one text alone.
fn print_changes(kept: &str, now: &str) {
    for line in kept
        .lines()
        .filter(|line| !now.lines().any(|other| other == *line))
    {
        println!("  - {line}");
    }
    for line in now
        .lines()
        .filter(|line| !kept.lines().any(|other| other == *line))
    {
        println!("  + {line}");
    }
}

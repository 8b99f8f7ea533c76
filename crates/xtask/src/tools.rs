//! Programs beyond cargo that the steps need: found, or installed.

use std::process::Command;

use crate::step::{Steps, Stopped, cargo, works};

/// The cargo-deny that is installed where there is none. Another one that is there is used as it
/// is.
const CARGO_DENY: &str = "0.20.2";

/// Likewise the cargo-public-api. It reads what nightly's rustdoc writes, whose format changes: a
/// nightly of other months may need another one.
const CARGO_PUBLIC_API: &str = "0.52.0";

/// Sees to it that cargo has this subcommand, which is a component of the toolchain.
pub(crate) fn component(
    steps: &mut Steps,
    subcommand: &str,
    component: &str,
) -> Result<(), Stopped> {
    if works(&mut cargo(&[subcommand, "--version"])) {
        return Ok(());
    }
    if !works(Command::new("rustup").arg("--version")) {
        return Err(Stopped(format!(
            "cargo {subcommand} is missing, and there is no rustup to install it: install {component} as you installed Rust"
        )));
    }
    println!("{component} is missing from this toolchain and is installed now.");
    let mut install = Command::new("rustup");
    steps.run("install", install.args(["component", "add", component]))
}

/// Sees to it that there is a cargo-deny.
pub(crate) fn cargo_deny(steps: &mut Steps) -> Result<(), Stopped> {
    subcommand(steps, "deny", CARGO_DENY)
}

/// Sees to it that there is a cargo-public-api.
pub(crate) fn cargo_public_api(steps: &mut Steps) -> Result<(), Stopped> {
    subcommand(steps, "public-api", CARGO_PUBLIC_API)
}

/// Sees to it that cargo has a subcommand that is a package of its own.
fn subcommand(steps: &mut Steps, name: &str, version: &str) -> Result<(), Stopped> {
    if works(&mut cargo(&[name, "--version"])) {
        return Ok(());
    }
    let package = format!("cargo-{name}");
    println!("{package} is missing and is installed now; that takes a few minutes, once.");
    let install = ["install", &package, "--locked", "--version", version];
    steps.run("install", &mut cargo(&install))
}

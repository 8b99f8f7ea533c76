//! Programs beyond cargo that the steps need: found, or installed.

use std::process::Command;

use crate::step::{Steps, Stopped, cargo, works};

/// The cargo-deny that is installed where there is none. Another one that is there is used as it
/// is.
const CARGO_DENY: &str = "0.20.2";

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
    if works(&mut cargo(&["deny", "--version"])) {
        return Ok(());
    }
    println!("cargo-deny is missing and is installed now; that takes a few minutes, once.");
    let install = ["install", "cargo-deny", "--locked", "--version", CARGO_DENY];
    steps.run("install", &mut cargo(&install))
}

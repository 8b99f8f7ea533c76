//! Older toolchains and other systems: what only compiles there is said to have only compiled.

use std::process::Command;

use crate::fit::ours::{OURS, Ours};
use crate::fit::program::{Ended, Program, home, quiet};
use crate::fit::table::Table;
use crate::fit::toolchain::{self, Cross};
use crate::fit::{Failures, say};
use crate::step::{Stopped, cargo, root};

/// A system that is not the one this runs on.
struct System {
    name: &'static str,
    target: &'static str,
    is_windows: bool,
}

const SYSTEMS: [System; 3] = [
    System {
        name: "macOS",
        target: "aarch64-apple-darwin",
        is_windows: false,
    },
    System {
        name: "FreeBSD",
        target: "x86_64-unknown-freebsd",
        is_windows: false,
    },
    System {
        name: "Windows",
        target: "x86_64-pc-windows-gnu",
        is_windows: true,
    },
];

/// Compiles each crate with the oldest Rust that it is promised to compile with.
pub(crate) fn rust() -> Result<Failures, Stopped> {
    let mut failures = Failures::default();
    let old = match toolchain::old() {
        Ok(old) => old,
        Err(reason) => {
            failures.leave_out("the oldest Rust", &reason);
            return Ok(failures);
        }
    };
    let mut table = Table::new(["crate", "promised", "compiles with 1.85"]);
    for ours in &OURS {
        say(&format!("{} with {}", ours.package, old.origin));
        let cell = if ours.rust_version == "1.85" {
            let program = alone(ours, "rust")?;
            let ended = check(&program, "fallback", |check| {
                check.env("RUSTC", &old.rustc);
            });
            failures.cell(&format!("{} with Rust 1.85", ours.package), "yes", ended)
        } else {
            "not promised".to_owned()
        };
        table.push([ours.name, ours.rust_version, &cell]);
    }
    println!("\nCompiled by {}:\n\n{table}", old.origin);
    Ok(failures)
}

/// Checks each library crate, the tool and the shop for other systems.
pub(crate) fn run() -> Result<Failures, Stopped> {
    let mut failures = Failures::default();
    let (compiler, archiver) = toolchain::stand_ins()?;
    let mut table = Table::new(["crate", "macOS", "FreeBSD", "Windows"]);
    let mut rows: Vec<Vec<String>> = CHECKED
        .iter()
        .map(|checked| vec![checked.name.to_owned()])
        .collect();
    for system in &SYSTEMS {
        let cross = match Cross::find(system.target) {
            Ok(cross) => cross,
            Err(reason) => {
                failures.leave_out(system.name, &reason);
                rows.iter_mut()
                    .for_each(|row| row.push("not checked".into()));
                continue;
            }
        };
        say(&format!("{} is checked by {}", system.name, cross.origin()));
        for (checked, row) in CHECKED.iter().zip(&mut rows) {
            say(&format!("{} for {}", checked.name, system.name));
            let mut check = cargo(&["check", "--locked", "--quiet"]);
            check.args(checked.arguments);
            cross.configure(&mut check, system.target);
            let underscored = system.target.replace('-', "_");
            check
                .env("CARGO_TARGET_DIR", home().join("systems"))
                .env(format!("CC_{underscored}"), &compiler)
                .env(format!("AR_{underscored}"), &archiver);
            let what = format!("{} for {}", checked.name, system.name);
            let ended = quiet(&mut check);
            row.push(match system.is_windows && !checked.on_windows {
                true => failures.cell(&what, "refused", refused(ended)),
                false => failures.cell(&what, "compiles", ended),
            });
        }
    }
    rows.into_iter().for_each(|row| table.push(row));
    println!("\nOnly compiled, never run there:\n\n{table}");
    Ok(failures)
}

/// Whether the one error is the crate's own, which names the driver to use instead.
fn refused(ended: Ended) -> Ended {
    match ended {
        Ok(()) => Err("it compiles, and was to be refused".into()),
        Err(reason) if reason.contains("use session-driver-sqlite") => Ok(()),
        Err(reason) => Err(reason),
    }
}

/// What is checked for other systems, with the workspace's own lock file.
struct Checked {
    name: &'static str,
    arguments: &'static [&'static str],
    on_windows: bool,
}

const fn checked(name: &'static str, arguments: &'static [&'static str]) -> Checked {
    Checked {
        name,
        arguments,
        on_windows: true,
    }
}

const CHECKED: &[Checked] = &[
    checked("core", &["-p", "session-driver", "--all-features"]),
    checked("envelope", &["-p", "session-driver-envelope"]),
    checked("async", &["-p", "session-driver-async"]),
    Checked {
        on_windows: false,
        ..checked("file", &["-p", "session-driver-file"])
    },
    checked("sqlite", &["-p", "session-driver-sqlite"]),
    Checked {
        on_windows: false,
        ..checked("sled", &["-p", "session-driver-sled"])
    },
    checked("redis", &["-p", "session-driver-redis", "--all-features"]),
    checked("url", &["-p", "session-driver-url", "--all-features"]),
    checked("layers", &["-p", "session-driver-layers", "--all-features"]),
    checked("tower", &["-p", "session-driver-tower", "--all-features"]),
    checked("actix", &["-p", "session-driver-actix", "--all-features"]),
    checked("conformance", &["-p", "session-driver-conformance"]),
    checked("the tool", &["-p", "session-driver-cli"]),
    Checked {
        on_windows: false,
        ..checked(
            "the shop",
            &["-p", "session-driver-tower", "--example", "shop"],
        )
    },
];

/// A program that depends on the crate and nothing else.
pub(crate) fn alone(ours: &Ours, why: &str) -> Result<Program, Stopped> {
    let path = root().join(ours.directory);
    let line = format!(
        "{} = {{ path = \"{}\", features = {:?} }}",
        ours.package,
        path.display(),
        ours.features
    );
    let name = format!("{why}-{}", ours.name);
    Program::write(&name, ours.rust_version, &[line], "fn main() {}\n")
}

fn check(program: &Program, resolver: &str, with: impl Fn(&mut Command)) -> Result<(), String> {
    let mut resolve = program.cargo(&["generate-lockfile"]);
    quiet(resolve.env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", resolver))?;
    let mut check = program.cargo(&["check", "--quiet"]);
    check.env("CARGO_TARGET_DIR", home().join("rust"));
    with(&mut check);
    quiet(&mut check)
}

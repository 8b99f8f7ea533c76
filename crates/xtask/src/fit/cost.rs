//! What a service pays for one driver, and the author of a driver for the suite: packages in the graph,
//! and the time to compile them.

use std::fs;
use std::process::Command;

use crate::fit::ours::{OURS, Ours};
use crate::fit::program::{Program, home, output};
use crate::fit::systems::alone;
use crate::fit::table::Table;
use crate::fit::{Failures, say};
use crate::step::Stopped;

/// The conformance suite, which stands in no service.
const SUITE: Ours = Ours {
    name: "suite",
    package: "session-driver-conformance",
    directory: "conformance",
    features: &[],
    rust_version: "1.95",
    needs: &[],
    round_trip: "",
};

/// Counts packages and compiles each crate from nothing, in debug.
pub(crate) fn run() -> Result<Failures, Stopped> {
    let mut failures = Failures::default();
    let mut table = Table::new(["crate", "packages", "CPU seconds, debug"]);
    for ours in OURS.iter().chain([&SUITE]) {
        say(&format!("{} is compiled from nothing", ours.package));
        let program = alone(ours, "cost")?;
        let measured = program
            .resolve()
            .and_then(|()| Ok((program.package_count()?, cpu_seconds(&program)?)));
        match measured {
            Ok((packages, seconds)) => {
                table.push([
                    ours.name.into(),
                    packages.to_string(),
                    format!("{seconds:.0}"),
                ]);
            }
            Err(reason) => {
                let what = format!("{} alone", ours.package);
                let cell = failures.cell(&what, "", Err(reason));
                table.push([ours.name.into(), cell, String::new()]);
            }
        }
    }
    println!("\n{table}");
    Ok(failures)
}

/// The processor time, in seconds, of compiling the program and all it depends on.
fn cpu_seconds(program: &Program) -> Result<f64, String> {
    let target = home().join("cost");
    if target.exists() {
        fs::remove_dir_all(&target).map_err(|error| error.to_string())?;
    }
    // Downloads do not count.
    output(&mut program.cargo(&["fetch"]))?;
    let cargo = program.cargo(&[]);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "\"$0\" build --quiet >&2 || exit 1; times"])
        .arg(cargo.get_program())
        .current_dir(program.directory())
        .env("CARGO_TARGET_DIR", &target);
    let printed = output(&mut shell)?;
    let text = String::from_utf8_lossy(&printed.stdout);
    // The second line has the user's and the system's time of the children: `1m2.340s 0m3.210s`.
    let children = text.lines().nth(1).unwrap_or_default();
    let seconds: Option<f64> = children.split_whitespace().map(seconds).sum();
    seconds.ok_or_else(|| format!("`times` printed something else: {text}"))
}

/// `1m2.340s` in seconds.
fn seconds(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn the_shells_times_are_read() {
        assert_eq!(seconds("1m2.500s"), Some(62.5));
        assert_eq!(seconds("1.5"), None);
    }
}

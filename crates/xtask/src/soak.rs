//! `cargo xtask soak`: the suite again and again, for what one run in many shows.

use std::process::Stdio;
use std::time::Instant;

use crate::step::{Stopped, cargo};

/// One suite, and how many runs of it in a row must pass.
struct Soak {
    name: &'static str,
    package: &'static str,
    test: &'static str,
    runs: u32,
}

const SOAKS: [Soak; 2] = [
    Soak {
        name: "memory driver",
        package: "session-driver-conformance",
        test: "memory",
        runs: 100,
    },
    Soak {
        name: "file driver",
        package: "session-driver-file",
        test: "conformance",
        runs: 20,
    },
];

pub(crate) fn run() -> Result<(), Stopped> {
    let mut failed = 0;
    for soak in &SOAKS {
        failed += soak.run()?;
    }
    match failed {
        0 => Ok(()),
        _ => Err(Stopped(format!(
            "{failed} runs failed; what they printed is above"
        ))),
    }
}

impl Soak {
    /// Runs the suite so often, and gives the number of runs that failed.
    fn run(&self) -> Result<u32, Stopped> {
        let begin = Instant::now();
        let mut failed = 0;
        for run in 1..=self.runs {
            let mut command = cargo(&[
                "test",
                "--quiet",
                "--package",
                self.package,
                "--test",
                self.test,
            ]);
            let output = command
                .args(["--", "--quiet"])
                .stdin(Stdio::null())
                .output();
            let output =
                output.map_err(|error| Stopped(format!("cargo cannot be started: {error}")))?;
            let verdict = if output.status.success() {
                "passed"
            } else {
                "FAILED"
            };
            let seconds = begin.elapsed().as_secs();
            println!(
                "{}: run {run} of {} {verdict}, {seconds} s",
                self.name, self.runs
            );
            if !output.status.success() {
                failed += 1;
                println!("{}", String::from_utf8_lossy(&output.stdout));
                println!("{}", String::from_utf8_lossy(&output.stderr));
            }
        }
        println!(
            "==> {}: {} of {} runs passed",
            self.name,
            self.runs - failed,
            self.runs
        );
        Ok(failed)
    }
}

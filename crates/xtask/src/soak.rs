//! `cargo xtask soak`: the suites again and again, for what one run in many shows.

use std::time::{Duration, Instant};

use crate::binary::TestBinary;
use crate::redis;
use crate::step::{Steps, Stopped, cargo};

/// One suite, and how many runs of it in a row must pass.
struct Soak {
    package: &'static str,
    test: &'static str,
    runs: u32,
}

const SOAKS: [Soak; 16] = [
    soak("session-driver-conformance", "memory", 100),
    soak("session-driver-conformance", "saboteurs", 20),
    soak("session-driver-conformance", "process_saboteurs", 20),
    soak("session-driver-conformance", "wire_saboteurs", 20),
    soak("session-driver-file", "conformance", 20),
    soak("session-driver-sqlite", "conformance", 20),
    soak("session-driver-sqlite", "conformance_power", 20),
    soak("session-driver-sled", "conformance", 20),
    soak("session-driver-redis", "conformance", 20),
    soak("session-driver-redis", "conformance_cluster", 20),
    soak("session-driver-redis", "conformance_sentinel", 20),
    soak("session-driver-redis", "conformance_async", 20),
    soak("session-driver-redis", "conformance_async_cluster", 20),
    soak("session-driver-redis", "conformance_async_sentinel", 20),
    soak("session-driver-layers", "conformance", 20),
    soak("session-driver-layers", "conformance_async", 20),
];

const fn soak(package: &'static str, test: &'static str, runs: u32) -> Soak {
    Soak {
        package,
        test,
        runs,
    }
}

/// Which suites are run, and how often.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The name of one suite, or a part of the names of several; without it all are run.
    filter: Option<String>,
    /// As many runs of each, and not as many as each should have.
    runs: Option<u32>,
}

impl Selection {
    /// Reads `[FILTER] [--runs N]`, in any order; `None` is another command line.
    pub(crate) fn parse(arguments: &[&str]) -> Option<Selection> {
        let mut selection = Selection::default();
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            if let Some(number) = argument.strip_prefix("--runs") {
                let number = match number.strip_prefix('=') {
                    Some(number) => number,
                    None if number.is_empty() => arguments.next()?,
                    None => return None,
                };
                let runs = number.parse().ok().filter(|runs| *runs > 0)?;
                selection.runs = Some(runs);
            } else if argument.starts_with('-') || selection.filter.is_some() {
                return None;
            } else {
                selection.filter = Some(argument.into());
            }
        }
        Some(selection)
    }

    /// The suite that has just this name, or those that have it in theirs.
    fn suites(&self) -> Result<Vec<&'static Soak>, Stopped> {
        let filter = self.filter.as_deref().unwrap_or_default();
        if let Some(suite) = SOAKS.iter().find(|soak| soak.name() == filter) {
            return Ok(vec![suite]);
        }
        let suites: Vec<&Soak> = SOAKS
            .iter()
            .filter(|soak| soak.name().contains(filter))
            .collect();
        if suites.is_empty() {
            let names: Vec<String> = SOAKS.iter().map(Soak::name).collect();
            return Err(Stopped(format!(
                "no suite has {filter:?} in its name; there are {}",
                names.join(", ")
            )));
        }
        Ok(suites)
    }
}

pub(crate) fn run(selection: &Selection) -> Result<(), Stopped> {
    let selected = selection.suites()?;
    if selected
        .iter()
        .any(|soak| soak.package == "session-driver-redis")
    {
        redis::server(&mut Steps::default())?;
    }
    let mut outcomes = Vec::new();
    for soak in selected {
        outcomes.push((soak, soak.run(selection.runs.unwrap_or(soak.runs))?));
    }
    println!();
    for (soak, outcome) in &outcomes {
        println!(
            "==> {}: {} of {} runs passed, the slowest took {:.1} s",
            soak.name(),
            outcome.passed,
            outcome.runs,
            outcome.slowest.as_secs_f64()
        );
    }
    match outcomes
        .iter()
        .map(|(_, outcome)| outcome.runs - outcome.passed)
        .sum()
    {
        0_u32 => Ok(()),
        failed => Err(Stopped(format!(
            "{failed} runs failed; what they printed is above"
        ))),
    }
}

/// What became of a suite's runs.
struct Outcome {
    runs: u32,
    passed: u32,
    slowest: Duration,
}

impl Soak {
    /// Such as `session-driver-sqlite conformance_power`.
    fn name(&self) -> String {
        format!("{} {}", self.package, self.test)
    }

    /// Builds the suite, and runs it so often.
    fn run(&self, runs: u32) -> Result<Outcome, Stopped> {
        let suite = self.build()?;
        let mut outcome = Outcome {
            runs,
            passed: 0,
            slowest: Duration::ZERO,
        };
        for run in 1..=runs {
            let begin = Instant::now();
            let output =
                suite.command().arg("--quiet").output().map_err(|error| {
                    Stopped(format!("{} cannot be started: {error}", self.name()))
                })?;
            let took = begin.elapsed();
            outcome.slowest = outcome.slowest.max(took);
            let passed = output.status.success();
            outcome.passed += u32::from(passed);
            println!(
                "{}: run {run} of {runs} {}, {:.1} s",
                self.name(),
                if passed { "passed" } else { "FAILED" },
                took.as_secs_f64()
            );
            if !passed {
                println!("{}", String::from_utf8_lossy(&output.stdout));
                println!("{}", String::from_utf8_lossy(&output.stderr));
            }
        }
        Ok(outcome)
    }

    /// Has cargo build the suite.
    fn build(&self) -> Result<TestBinary, Stopped> {
        let mut command = cargo(&["test", "--all-features", "--quiet"]);
        command.args(["--package", self.package, "--test", self.test]);
        let mut built = TestBinary::build(&mut command, &mut Steps::default())?;
        let suite = built.pop();
        suite.ok_or_else(|| Stopped(format!("{} cannot be built", self.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::Selection;

    #[test]
    fn a_selection_is_read_in_any_order() {
        let selection = |filter: Option<&str>, runs| {
            Some(Selection {
                filter: filter.map(String::from),
                runs,
            })
        };
        assert_eq!(Selection::parse(&[]), selection(None, None));
        assert_eq!(Selection::parse(&["redis"]), selection(Some("redis"), None));
        assert_eq!(Selection::parse(&["--runs", "3"]), selection(None, Some(3)));
        for both in [["sled", "--runs=3"], ["--runs=3", "sled"]] {
            assert_eq!(Selection::parse(&both), selection(Some("sled"), Some(3)));
        }
    }

    #[test]
    fn a_whole_name_selects_one_suite_and_a_part_of_names_all_that_have_it() {
        let suites = |filter: &str| {
            let selection = Selection {
                filter: Some(filter.into()),
                runs: None,
            };
            selection.suites().map(|suites| suites.len()).ok()
        };
        assert_eq!(suites("session-driver-redis conformance"), Some(1));
        assert_eq!(suites("session-driver-redis"), Some(6));
        assert_eq!(suites("session-driver-none"), None);
    }

    #[test]
    fn what_is_no_selection_is_refused() {
        for wrong in [
            &["a", "b"][..],
            &["--runs"],
            &["--runs", "0"],
            &["--runsome"],
            &["-x"],
        ] {
            assert_eq!(Selection::parse(wrong), None, "{wrong:?}");
        }
    }
}

//! The command line of a test binary: what is ours, and what is the test harness's.

use std::path::PathBuf;

use crate::budget::{self, Budget, duration};
use crate::subject::BoxError;

/// Fixes the seed of a run.
const SEED_VARIABLE: &str = "SESSION_DRIVER_SEED";

/// Names the directory where each run leaves `SUBJECT.json` and `SUBJECT.xml`.
const REPORTS_VARIABLE: &str = "SESSION_DRIVER_REPORTS";

/// What stands before the harness's own help.
pub(crate) const HELP: &str = "\
THE SUITE'S OPTIONS:
        --quick           A fifth of the rounds in races, for while you write
        --soak TIME       Repeat the stochastic rules for so long: 90s, 10m, 2h
        --report PATH     Write what was found as JSON
        --junit PATH      Write what was found as JUnit XML
        --keep PATH       Run nothing: write a store of today's as text, for the hook
                          `earlier_stores` of later releases

    SESSION_DRIVER_SEED=N           Repeat the run that had this seed
    SESSION_DRIVER_BUDGET=BUDGET    quick, ordinary, or a time to soak
    SESSION_DRIVER_REPORTS=DIR      Write DIR/SUBJECT.json and DIR/SUBJECT.xml

THE HARNESS'S:
";

/// What a test binary is asked to do.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) seed: u64,
    pub(crate) budget: Budget,
    pub(crate) reports: Option<PathBuf>,
    pub(crate) report: Option<PathBuf>,
    pub(crate) junit: Option<PathBuf>,
    pub(crate) keep: Option<PathBuf>,
    /// The rest, the program's name included.
    pub(crate) harness: Vec<String>,
}

impl Arguments {
    /// Takes what is ours out of a command line, which goes before the environment.
    ///
    /// # Errors
    /// When a value is missing or means nothing.
    pub(crate) fn parse(
        line: impl IntoIterator<Item = String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Arguments, BoxError> {
        let mut arguments = Arguments {
            seed: seed(environment(SEED_VARIABLE))?,
            budget: Budget::from_variable(environment(budget::VARIABLE))?,
            reports: environment(REPORTS_VARIABLE).map(PathBuf::from),
            report: None,
            junit: None,
            keep: None,
            harness: vec![],
        };
        let mut line = line.into_iter();
        while let Some(argument) = line.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            let mut value = || {
                let value = value.clone().or_else(|| line.next());
                value.ok_or_else(|| format!("{name} wants a value"))
            };
            match name {
                "--quick" => arguments.budget = Budget::Quick,
                "--soak" => {
                    let text = value()?;
                    let time = duration(&text);
                    let time = time.ok_or_else(|| format!("--soak {text}: not a time like 10m"))?;
                    arguments.budget = Budget::Soak(time);
                }
                "--report" => arguments.report = Some(value()?.into()),
                "--junit" => arguments.junit = Some(value()?.into()),
                "--keep" => arguments.keep = Some(value()?.into()),
                _ => arguments.harness.push(argument),
            }
        }
        Ok(arguments)
    }
}

fn seed(text: Option<String>) -> Result<u64, BoxError> {
    let Some(text) = text else {
        return Ok(fastrand::u64(..));
    };
    let wrong = |_| format!("{SEED_VARIABLE} is {text:?}, and should be a whole number");
    Ok(text.parse().map_err(wrong)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parsed(line: &[&str], environment: &[(&str, &str)]) -> Result<Arguments, BoxError> {
        let known = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Arguments::parse(line.iter().map(|text| (*text).to_owned()), known)
    }

    #[test]
    fn ours_are_taken_out_and_the_rest_is_the_harness_s() {
        let line = [
            "binary",
            "--quick",
            "RET",
            "--report",
            "a.json",
            "--junit=b.xml",
            "--keep=c.txt",
            "--list",
        ];
        let arguments = parsed(&line, &[]).expect("a good command line");
        assert_eq!(arguments.harness, ["binary", "RET", "--list"]);
        assert_eq!(arguments.budget, Budget::Quick);
        assert_eq!(arguments.report, Some("a.json".into()));
        assert_eq!(arguments.junit, Some("b.xml".into()));
        assert_eq!(arguments.keep, Some("c.txt".into()));
    }

    #[test]
    fn the_command_line_goes_before_the_environment() {
        let environment = [(budget::VARIABLE, "quick"), (SEED_VARIABLE, "7")];
        let arguments = parsed(&["binary"], &environment).expect("a good environment");
        assert_eq!((arguments.budget, arguments.seed), (Budget::Quick, 7));
        let arguments = parsed(&["binary", "--soak=2m"], &environment).expect("both are good");
        assert_eq!(arguments.budget, Budget::Soak(Duration::from_secs(120)));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for line in [
            &["--soak", "long"][..],
            &["--soak"],
            &["--report"],
            &["--junit"],
            &["--keep"],
        ] {
            assert!(parsed(line, &[]).is_err(), "{line:?}");
        }
        for wrong in [(SEED_VARIABLE, "seven"), (budget::VARIABLE, "slow")] {
            assert!(parsed(&[], &[wrong]).is_err(), "{wrong:?}");
        }
    }
}

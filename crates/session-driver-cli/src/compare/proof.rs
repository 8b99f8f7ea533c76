//! The suite against all drivers at once.

use std::thread;
use std::time::Duration;

use session_driver_conformance::{Budget, Options, Outcome, Report, Step, Subject};

use super::forecast::Forecast;
use super::{Row, Rules};
use crate::arguments::Compare;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::Output;
use crate::subject::Candidate;
use crate::verify;

/// How long the suite should take against all drivers, for the forecast: what it took on two idle
/// processors with the default drivers and Redis.
const QUICK: Duration = Duration::from_secs(25);
const ORDINARY: Duration = Duration::from_secs(100);

/// How the drivers are proven.
pub(super) struct Proof {
    options: Options,
    cases: usize,
    plan: Duration,
}

impl Proof {
    /// As `arguments` ask for it, with this seed.
    pub(super) fn new(arguments: &Compare, seed: u64) -> Proof {
        let filter = arguments.filter.as_deref();
        let cases = verify::count_cases(filter);
        let whole = match arguments.prove {
            true => ORDINARY,
            false => QUICK,
        };
        Proof {
            options: Options {
                filter: arguments.filter.clone(),
                seed: Some(seed),
                budget: match arguments.prove {
                    true => Budget::Ordinary,
                    false => Budget::Quick,
                },
                // Rules that need child processes take longest, and are left to `verify`.
                ..Options::default()
            },
            cases,
            plan: whole.mul_f64(cases as f64 / verify::count_cases(None) as f64),
        }
    }

    /// How long it should take.
    pub(super) fn plan(&self) -> Duration {
        self.plan
    }

    /// Proves each driver. The suite waits more than it works, so the drivers need not wait for
    /// each other; nothing is measured any more.
    ///
    /// # Errors
    /// When it is interrupted.
    pub(super) fn run(
        &self,
        targets: &[Candidate],
        rows: &mut [Row],
        forecast: &Forecast,
        output: &Output,
    ) -> Result<(), Failure> {
        let cases = self.cases * targets.len();
        let part = self.plan / u32::try_from(cases).unwrap_or(u32::MAX).max(1);
        thread::scope(|scope| {
            for (target, row) in targets.iter().zip(rows) {
                scope.spawn(move || {
                    let name = target.name();
                    let report = verify::prove(target, &self.options, &mut |step| match step {
                        Step::Begins { rule, case } => {
                            let case = verify::case_in_words(rule, case);
                            output.progress().say(format!("rules  {name}  {case}"));
                        }
                        Step::Ended(_) => forecast.done(part, output.progress()),
                        _ => {}
                    });
                    match report {
                        Ok(report) => row.prove(&report, self.options.budget),
                        Err(failure) => row.failures.push(failure.what),
                    }
                });
            }
        });
        interrupt::check()
    }
}

impl Row {
    fn prove(&mut self, report: &Report, budget: Budget) {
        for rule in &report.rules {
            if let Outcome::Failed(seen) = &rule.outcome {
                let text = format!(
                    "breaks {}: {} Seen: {seen} (seed {})",
                    rule.rule, rule.text, report.seed
                );
                self.failures.push(text);
            }
        }
        self.rules = Some(Rules {
            quick: budget == Budget::Quick,
            passed: report.passed(),
            failed: report.failed(),
            skipped: report.skipped(),
            not_applicable: report.not_applicable(),
            untested: report.untested(),
            seed: report.seed,
        });
    }
}

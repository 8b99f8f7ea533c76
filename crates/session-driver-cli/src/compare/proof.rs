//! The suite against all drivers at once.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use session_driver_conformance::{Budget, Options, Outcome, Report, Step, Subject};

use super::forecast::Forecast;
use super::{Row, Rules};
use crate::arguments::Compare;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::Output;
use crate::subject::Candidate;
use crate::verify;

/// How long the quick proof takes at most: no case begins after it. Where each write waits for a
/// disk, it does not get to all rules.
pub(super) const QUICK: Duration = Duration::from_secs(15);

/// How long the whole proof should take, for the forecast, which its pace soon corrects.
const WHOLE: Duration = Duration::from_secs(120);

/// How the drivers are proven.
pub(super) struct Proof {
    options: Options,
    /// How many rules are to be tried on each driver, and in how many cases.
    rules: usize,
    cases: usize,
    limit: Option<Duration>,
}

impl Proof {
    /// As `arguments` ask for it, with this seed.
    pub(super) fn new(arguments: &Compare, seed: u64) -> Proof {
        let (budget, limit) = match arguments.prove {
            true => (Budget::Ordinary, None),
            false => (Budget::Quick, Some(QUICK)),
        };
        let filter = arguments.filter.as_deref();
        Proof {
            options: Options {
                filter: arguments.filter.clone(),
                seed: Some(seed),
                budget,
                // Rules that need child processes take longest, and are left to `verify`.
                ..Options::default()
            },
            rules: verify::rules_under(filter).count(),
            cases: verify::count_cases(filter),
            limit,
        }
    }

    /// How long it should take.
    pub(super) fn plan(&self) -> Duration {
        let part = self.cases as f64 / verify::count_cases(None) as f64;
        self.limit.unwrap_or(WHOLE).mul_f64(part)
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
        let (begin, ended, plan) = (Instant::now(), AtomicUsize::new(0), self.plan());
        let is_late = || self.limit.is_some_and(|limit| begin.elapsed() > limit);
        let cases = self.cases * targets.len();
        let position = || {
            let ended = ended.fetch_add(1, Ordering::Relaxed) + 1;
            let by_cases = plan.mul_f64(ended as f64 / cases as f64);
            match self.limit {
                Some(_) => by_cases.max(begin.elapsed()).min(plan),
                None => by_cases,
            }
        };
        thread::scope(|scope| {
            for (target, row) in targets.iter().zip(rows) {
                let (is_late, position) = (&is_late, &position);
                scope.spawn(move || {
                    let name = target.name();
                    let report = verify::prove(target, &self.options, &mut |step| {
                        match step {
                            Step::Begins { .. } if is_late() => return ControlFlow::Break(()),
                            Step::Begins { rule, case } => {
                                let case = verify::case_in_words(rule, case);
                                output.progress().say(format!("rules  {name}  {case}"));
                            }
                            Step::Ended(_) => forecast.reach(position(), output.progress()),
                            _ => {}
                        }
                        ControlFlow::Continue(())
                    });
                    match report {
                        Ok(report) => row.prove(&report, self),
                        Err(failure) => row.failures.push(failure.what),
                    }
                });
            }
        });
        interrupt::check()
    }
}

impl Row {
    fn prove(&mut self, report: &Report, proof: &Proof) {
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
            quick: proof.options.budget == Budget::Quick,
            passed: report.passed(),
            failed: report.failed(),
            skipped: report.skipped(),
            not_applicable: report.not_applicable(),
            untested: report.untested(),
            not_reached: proof.rules - report.rules.len(),
            seed: report.seed,
        });
    }
}

//! The suite as a test binary: each case a test, and reports beside the run.

use std::collections::BTreeSet;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use std::{env, fs};

use libtest_mimic::{Completion, Failed, Trial};

use crate::archive::Archive;
use crate::arguments::{Arguments, HELP};
use crate::budget::Budget;
use crate::case::{Case, Context};
use crate::child;
use crate::junit;
use crate::report::{CaseReport, Outcome, Report, RuleReport};
use crate::rule::{Proof, Rule, elsewhere};
use crate::runner::{Step, context, run_case};
use crate::soak::soak;
use crate::spec;
use crate::subject::{AnySubject, BoxError, Subject};

/// The whole of a test binary: see [`main!`](crate::main!).
#[must_use]
pub fn main(subject: impl Subject) -> ExitCode {
    let subject: Arc<dyn AnySubject> = Arc::new(subject);
    if let Some(code) = child::run_if_child(&subject) {
        return code;
    }
    match run(subject) {
        Ok(code) => code,
        Err(error) => {
            let beginning = Trial::test("the suite can begin and end", move || {
                Err(Failed::from(error.to_string()))
            });
            // Without the filter of the command line, which would leave a green run of nothing.
            libtest_mimic::run(&libtest_mimic::Arguments::default(), vec![beginning]).exit_code()
        }
    }
}

#[allow(
    clippy::print_stdout,
    reason = "a test binary talks to the person who runs it"
)]
fn run(subject: Arc<dyn AnySubject>) -> Result<ExitCode, BoxError> {
    let begin = Instant::now();
    let arguments = Arguments::parse(env::args(), |name| env::var(name).ok())?;
    if arguments
        .harness
        .iter()
        .any(|text| text == "--help" || text == "-h")
    {
        println!("{HELP}");
    }
    let harness = libtest_mimic::Arguments::from_iter(&arguments.harness);
    let mut context = context(subject, arguments.seed, true)?;
    context.budget = arguments.budget;
    if let Some(path) = &arguments.keep {
        let archive = Archive::of(&context)?.to_string();
        fs::write(path, archive).map_err(|error| unwritten(path, &error))?;
        return Ok(ExitCode::SUCCESS);
    }
    let tried = Arc::new(Mutex::new(Tried::default()));
    let conclusion = libtest_mimic::run(&harness, trials(&context, &tried));
    if harness.list {
        return Ok(conclusion.exit_code());
    }
    let mut report = hold(&tried).report(&context);
    if let Budget::Soak(time) = context.budget {
        println!("soaking the stochastic rules for {} s", time.as_secs());
        let mut explain = |step: Step<'_>| {
            if let Step::Ended(case) = step
                && let Some(text) = case.explain()
            {
                println!("{text}");
            }
            ControlFlow::Continue(())
        };
        // It never stops.
        let _ = soak(&mut report, &context, begin + time, &mut explain);
        let (rounds, failed) = (report.rounds, report.failed());
        println!("soak result: {rounds} rounds, {failed} rules broken\n");
    }
    for case in report.rules.iter().flat_map(|rule| &rule.cases) {
        for line in &case.measured {
            println!("measured, {}: {line}", case.rule);
        }
    }
    write(&report, &arguments)?;
    Ok(match report.is_clean() {
        true => conclusion.exit_code(),
        false => ExitCode::from(FAILED),
    })
}

/// What test harnesses exit with when a test failed.
const FAILED: u8 = 101;

/// What ran, which a filter on the command line decides.
#[derive(Default)]
struct Tried {
    rules: BTreeSet<&'static str>,
    cases: Vec<CaseReport>,
}

impl Tried {
    fn report(&self, context: &Context) -> Report {
        let tried = spec::rules().filter(|rule| self.rules.contains(rule.id));
        let rules = tried.map(|rule| {
            // In the specification's order, and not in that in which threads came to an end.
            let of = |case: &Case| {
                let known = |known: &&CaseReport| (known.rule, known.case) == (rule.id, case.name);
                self.cases.iter().find(known).cloned()
            };
            RuleReport::new(rule, rule.cases().iter().filter_map(of).collect())
        });
        Report {
            subject: context.subject.name(),
            seed: context.seed,
            rounds: 1,
            stopped: false,
            rules: rules.collect(),
        }
    }
}

fn hold(tried: &Mutex<Tried>) -> std::sync::MutexGuard<'_, Tried> {
    tried.lock().unwrap_or_else(PoisonError::into_inner)
}

fn trials(context: &Context, tried: &Arc<Mutex<Tried>>) -> Vec<Trial> {
    spec::rules()
        .flat_map(|rule| rule_trials(rule, context, tried))
        .collect()
}

fn rule_trials(rule: &'static Rule, context: &Context, tried: &Arc<Mutex<Tried>>) -> Vec<Trial> {
    let without_cases = match rule.proof {
        Proof::Cases(_) => None,
        Proof::Elsewhere(whom, tests) => Some(("not a driver's", elsewhere(whom, tests))),
        Proof::Untested(reason) => Some(("untested", reason.to_owned())),
    };
    if let Some((how, reason)) = without_cases {
        let (name, tried) = (format!("{} ({how})", rule.id), Arc::clone(tried));
        return vec![Trial::ignorable_test(name, move || {
            hold(&tried).rules.insert(rule.id);
            Ok(Completion::ignored_with(reason))
        })];
    }
    let trial = |case: &Case| {
        let (case, context, tried) = (*case, context.clone(), Arc::clone(tried));
        Trial::ignorable_test(format!("{} {}", rule.id, case.name), move || {
            let report = run_case(rule, case, &context);
            let end = end(&report);
            let mut tried = hold(&tried);
            tried.rules.insert(rule.id);
            tried.cases.push(report);
            end
        })
    };
    rule.cases().iter().map(trial).collect()
}

fn end(report: &CaseReport) -> Result<Completion, Failed> {
    match &report.outcome {
        Outcome::Passed => Ok(Completion::Completed),
        Outcome::Skipped(reason)
        | Outcome::Unobserved(reason)
        | Outcome::NotApplicable(reason)
        | Outcome::Untested(reason) => Ok(Completion::ignored_with(reason)),
        Outcome::Failed(seen) => Err(Failed::from(report.explain().unwrap_or(seen.clone()))),
    }
}

/// Leaves the report where the command line and the environment want it.
fn write(report: &Report, arguments: &Arguments) -> Result<(), BoxError> {
    let (mut jsons, mut junits) = (vec![], vec![]);
    jsons.extend(arguments.report.clone());
    junits.extend(arguments.junit.clone());
    if let Some(directory) = &arguments.reports {
        fs::create_dir_all(directory).map_err(|error| unwritten(directory, &error))?;
        let name = file_name(&report.subject);
        jsons.push(directory.join(format!("{name}.json")));
        junits.push(directory.join(format!("{name}.xml")));
    }
    for path in jsons {
        let mut text = serde_json::to_string_pretty(report)?;
        text.push('\n');
        fs::write(&path, text).map_err(|error| unwritten(&path, &error))?;
    }
    for path in junits {
        fs::write(&path, junit::document(report)).map_err(|error| unwritten(&path, &error))?;
    }
    Ok(())
}

fn unwritten(path: &Path, error: &dyn Error) -> BoxError {
    format!("{} cannot be written: {error}", path.display()).into()
}

/// The subject's name as that of a file.
fn file_name(subject: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    subject.chars().map(plain).collect()
}

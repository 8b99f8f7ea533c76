//! `verify`: a driver against the rules, where a store is.

use std::env;
use std::ops::ControlFlow;
use std::process::ExitCode;

use serde::Serialize;
use session_driver_conformance::{
    Budget, Options, Outcome, Report, Rule, RuleReport, Step, Subject, rules, run as run_suite,
    run_if_child,
};

use crate::arguments::Verify;
use crate::failure::{Failure, Finish};
use crate::interrupt::{self, LongStep};
use crate::output::Output;
use crate::progress::Progress;
use crate::subject::Candidate;
use crate::target::Target;

#[derive(Serialize)]
struct Verified<'a> {
    url: &'a str,
    passed: usize,
    failed: usize,
    skipped: usize,
    unobserved: usize,
    not_applicable: usize,
    untested: usize,
    conforming: bool,
    report: &'a Report,
}

pub(crate) fn run(arguments: &Verify, output: &mut Output) -> Result<Finish, Failure> {
    let filter = arguments.filter.as_deref();
    check_filter(filter)?;
    let target = Candidate::beside(Target::locate(&arguments.url)?);
    interrupt::watch();
    let options = Options {
        filter: arguments.filter.clone(),
        seed: arguments.seed,
        processes: true,
        budget: match (arguments.quick, arguments.soak) {
            (true, _) => Budget::Quick,
            (false, Some(time)) => Budget::Soak(time),
            (false, None) => Budget::Ordinary,
        },
        ..Options::default()
    };
    output.show(match options.budget {
        Budget::Soak(_) => Progress::spinner(),
        Budget::Quick | Budget::Ordinary => Progress::of_cases(count_cases(filter) as u64),
    });
    let report = prove(&target, &options, &mut |step| {
        let progress = output.progress();
        match step {
            Step::Begins { rule, case } => progress.say(case_in_words(rule, case)),
            Step::Ended(_) => progress.advance(),
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    output.show(Progress::none());
    if report.stopped {
        return stopped(&report, output);
    }
    if output.is_json() {
        output.json(&Verified {
            url: &target.name(),
            passed: report.passed(),
            failed: report.failed(),
            skipped: report.skipped(),
            unobserved: report.unobserved(),
            not_applicable: report.not_applicable(),
            untested: report.untested(),
            conforming: report.is_conforming(),
            report: &report,
        })?;
    } else {
        for rule in &report.rules {
            print(rule, report.seed, output)?;
        }
        let rounds = match report.rounds {
            1 => String::new(),
            rounds => format!(", {rounds} rounds"),
        };
        output.line(format!(
            "{}{rounds} (seed {})",
            counts(&report),
            report.seed
        ))?;
        output.line(verdict(&report))?;
    }
    Ok(Finish::complete_if(report.is_clean()))
}

/// Plays a part in a case of the suite, if a `session-driver` that runs it started this process for
/// that.
pub(crate) fn play_child() -> Option<ExitCode> {
    let name = env::var("SESSION_DRIVER_CHILD").ok()?;
    run_if_child(Candidate::in_a_child(&name)?)
}

/// Refuses a filter that selects nothing: nothing would be proven by it.
pub(crate) fn check_filter(filter: Option<&str>) -> Result<(), Failure> {
    match filter {
        Some(filter) if !rules().any(|rule| rule.id.starts_with(filter)) => Err(Failure::usage(
            format!("no rule's id begins with `{filter}`"),
        )
        .next("rules have ids such as RET-1; without --filter all are tried")),
        _ => Ok(()),
    }
}

/// The rules that a filter selects.
pub(crate) fn rules_under(filter: Option<&str>) -> impl Iterator<Item = &'static Rule> {
    let is_wanted = move |rule: &&Rule| filter.is_none_or(|filter| rule.id.starts_with(filter));
    rules().filter(is_wanted)
}

/// How many cases the rules have that a filter selects.
pub(crate) fn count_cases(filter: Option<&str>) -> usize {
    rules_under(filter).map(|rule| rule.cases().len()).sum()
}

/// A case, for people.
pub(crate) fn case_in_words(rule: &str, case: &str) -> String {
    format!("{rule} {}", case.replace('_', " "))
}

/// Runs the suite until an interrupt or `watch`, which is told of each case, stops it.
pub(crate) fn prove(
    target: &Candidate,
    options: &Options,
    watch: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
) -> Result<Report, Failure> {
    let mut under_way = None;
    let report = run_suite(target.clone(), options, &mut |step| {
        under_way = match step {
            Step::Begins { rule, .. } => {
                Some(LongStep::begin(format!("{rule} on {}", target.name())))
            }
            _ => None,
        };
        match interrupt::is_requested() {
            true => ControlFlow::Break(()),
            false => watch(step),
        }
    });
    drop(under_way);
    report.map_err(|error| {
        Failure::because("the driver cannot be opened beside the store", &*error)
            .next("what holds the store must be there, have room, and let this user write")
    })
}

/// Prints what was found before the interrupt.
fn stopped(report: &Report, output: &mut Output) -> Result<Finish, Failure> {
    if !output.is_json() {
        for rule in &report.rules {
            print(rule, report.seed, output)?;
        }
        output.line(format!("{} (seed {})", counts(report), report.seed))?;
        output.line("not called conforming: the run was interrupted")?;
    }
    Err(Failure::interrupted())
}

/// What the driver may be called (rule CAP-3).
fn verdict(report: &Report) -> &'static str {
    if !report.is_clean() {
        "not conforming: it breaks a rule"
    } else if !report.is_conforming() {
        "not called conforming: rules that bind it were skipped"
    } else {
        "conforming, as far as the suite can see; the untested and unobserved rules are counted beside it"
    }
}

/// How many rules ended how.
pub(crate) fn counts(report: &Report) -> String {
    format!(
        "{} passed, {} failed, {} skipped, {} unobserved, {} not applicable, {} untested",
        report.passed(),
        report.failed(),
        report.skipped(),
        report.unobserved(),
        report.not_applicable(),
        report.untested()
    )
}

fn print(rule: &RuleReport, seed: u64, output: &mut Output) -> Result<(), Failure> {
    let id = rule.rule;
    match &rule.outcome {
        Outcome::Passed => output.line(format!("passed    {id}")),
        Outcome::Skipped(reason) => output.line(format!("skipped   {id}  {reason}")),
        Outcome::Unobserved(reason) => output.line(format!("no hook   {id}  {reason}")),
        Outcome::NotApplicable(reason) => output.line(format!("not for   {id}  {reason}")),
        Outcome::Untested(reason) => output.line(format!("untested  {id}  {reason}")),
        Outcome::Failed(_) => {
            output.line(format!("FAILED    {id}  {}", rule.text))?;
            for case in &rule.cases {
                if let Outcome::Failed(seen) = &case.outcome {
                    output.line(format!("            {}: {seen}", case.case))?;
                }
            }
            if let Some(hint) = rule.hint {
                output.line(format!("            look at {hint}"))?;
            }
            output.line(format!(
                "            to see it again: --filter {id} --seed {seed}"
            ))
        }
    }
}

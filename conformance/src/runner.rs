//! Runs the rules' cases.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::budget::Budget;
use crate::case::{Case, Context, Measured, Stop};
use crate::child;
use crate::report::{CaseReport, Outcome, Report, RuleReport};
use crate::rule::Rule;
use crate::soak::soak;
use crate::spec;
use crate::subject::{AnySubject, BoxError, Setup, Subject};

/// A case that has not ended by then is taken for a deadlock.
const CASE_LIMIT: Duration = Duration::from_secs(120);

/// How to run the suite as a library.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only the rules whose id begins with this text.
    pub filter: Option<String>,
    /// The seed; one from the system if `None`.
    pub seed: Option<u64>,
    /// A case that has not ended by then is taken for a deadlock; two minutes if `None`.
    pub case_limit: Option<Duration>,
    /// How long the cases try that find a fault by chance.
    pub budget: Budget,
    /// Whether cases may run this binary again as a child process: its `main` calls
    /// [`run_if_child`] before anything else.
    pub processes: bool,
}

/// What [`run`] tells its caller while it runs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// A case begins once the caller has answered.
    Begins {
        /// The rule it belongs to.
        rule: &'static str,
        /// The case's name.
        case: &'static str,
    },
    /// A case has ended.
    Ended(&'a CaseReport),
}

/// Runs the suite against `subject` and tells `watch` of each case before it begins and after it
/// has ended. Rules that need child processes are skipped by name unless [`Options::processes`]
/// allows them: those are for a test binary, such as [`main!`](crate::main!) makes.
///
/// When `watch` answers [`Break`](ControlFlow::Break) no further case begins, and the report is
/// [stopped](Report::stopped): it lacks the rule of that case and those after it. The processes and
/// places of a case end with it, so that nothing writes any more once `run` has returned, unless a
/// case went past its [limit](Options::case_limit).
///
/// ```
/// use std::ops::ControlFlow;
///
/// use session_driver_conformance::{MemorySubject, Options, Step, run};
///
/// let mut cases_left = 3;
/// let report = run(MemorySubject::default(), &Options::default(), &mut |step| {
///     if let Step::Begins { .. } = step {
///         if cases_left == 0 {
///             return ControlFlow::Break(());
///         }
///         cases_left -= 1;
///     }
///     ControlFlow::Continue(())
/// })?;
/// assert!(report.stopped && !report.is_conforming());
/// # Ok::<(), session_driver_conformance::BoxError>(())
/// ```
///
/// # Errors
/// When the subject's driver cannot be opened even once.
pub fn run(
    subject: impl Subject,
    options: &Options,
    watch: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
) -> Result<Report, BoxError> {
    let begin = Instant::now();
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut context = context(Arc::new(subject), seed, options.processes)?;
    context.budget = options.budget;
    context.case_limit = options.case_limit.unwrap_or(CASE_LIMIT);
    let wanted = |rule: &&Rule| {
        options
            .filter
            .as_deref()
            .is_none_or(|filter| rule.id.starts_with(filter))
    };
    let mut report = Report {
        subject: context.subject.name(),
        seed,
        rounds: 1,
        stopped: false,
        rules: Vec::new(),
    };
    for rule in spec::rules().filter(wanted) {
        match try_rule(rule, &context, watch) {
            ControlFlow::Continue(tried) => report.rules.push(tried),
            ControlFlow::Break(()) => {
                report.stopped = true;
                return Ok(report);
            }
        }
    }
    if let Budget::Soak(time) = options.budget {
        report.stopped = soak(&mut report, &context, begin + time, watch).is_break();
    }
    Ok(report)
}

/// Tries all cases of a rule; `Break` when `watch` stops it.
fn try_rule(
    rule: &'static Rule,
    context: &Context,
    watch: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
) -> ControlFlow<(), RuleReport> {
    let mut cases = Vec::new();
    for case in rule.cases() {
        cases.push(watched_case(rule, *case, context, watch)?);
    }
    ControlFlow::Continue(RuleReport::new(rule, cases))
}

/// Tries a case, and tells `watch` before and after; `Break` when that stops it.
pub(crate) fn watched_case(
    rule: &'static Rule,
    case: Case,
    context: &Context,
    watch: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
) -> ControlFlow<(), CaseReport> {
    watch(Step::Begins {
        rule: rule.id,
        case: case.name,
    })?;
    let report = run_case(rule, case, context);
    watch(Step::Ended(&report))?;
    ControlFlow::Continue(report)
}

/// Plays a child's part and gives what its process ends with, if a case started this process as
/// one; `None` if a person did.
///
/// [`main!`](crate::main!) does this by itself. A `main` that does something else calls it first,
/// with the subject whose [name](Subject::name) is the value of the environment variable
/// `SESSION_DRIVER_CHILD`.
#[must_use]
pub fn run_if_child(subject: impl Subject) -> Option<ExitCode> {
    let subject: Arc<dyn AnySubject> = Arc::new(subject);
    child::run_if_child(&subject)
}

/// A subject's context; its driver is opened once, to see what it declares.
pub(crate) fn context(
    subject: Arc<dyn AnySubject>,
    seed: u64,
    processes: bool,
) -> Result<Context, BoxError> {
    let place = subject.place()?;
    let capabilities = subject.open(&place, &Setup::default())?.capabilities();
    Ok(Context {
        subject,
        capabilities,
        seed,
        processes,
        case_limit: CASE_LIMIT,
        budget: Budget::Ordinary,
        measured: Measured::default(),
    })
}

pub(crate) fn run_case(rule: &Rule, case: Case, context: &Context) -> CaseReport {
    let begin = Instant::now();
    let context = Context {
        measured: Measured::default(),
        ..context.clone()
    };
    let measured = Arc::clone(&context.measured);
    let seed = context.seed;
    let outcome = match rule.not_applicable(&context.capabilities) {
        Some(reason) => Outcome::NotApplicable(reason.into()),
        None => attempt(case, context),
    };
    let measured = std::mem::take(&mut *measured.lock().unwrap_or_else(PoisonError::into_inner));
    CaseReport {
        rule: rule.id,
        case: case.name,
        outcome,
        measured,
        seed,
        took: begin.elapsed(),
    }
}

/// Runs a case on a thread of its own, so that a panic or a deadlock of the driver is a finding and
/// not the end of the run.
fn attempt(case: Case, context: Context) -> Outcome {
    let limit = context.case_limit;
    let (sender, receiver) = mpsc::channel();
    let worker = thread::Builder::new()
        .name(case.name.into())
        .spawn(move || {
            // The receiver is gone only if the time is up; nobody is left to tell then.
            let _ = sender.send((case.run)(&context));
        });
    let worker = match worker {
        Ok(worker) => worker,
        Err(error) => return Outcome::Skipped(format!("no thread could be started: {error}")),
    };
    match receiver.recv_timeout(limit) {
        Ok(Ok(())) => Outcome::Passed,
        Ok(Err(Stop::Failed(seen))) => Outcome::Failed(seen),
        Ok(Err(Stop::Skipped(reason))) => Outcome::Skipped(reason),
        Ok(Err(Stop::Unobserved(reason))) => Outcome::Unobserved(reason),
        Ok(Err(Stop::NotApplicable(reason))) => Outcome::NotApplicable(reason),
        Err(RecvTimeoutError::Timeout) => Outcome::Failed(format!(
            "it did not end within {} s; is there a deadlock?",
            limit.as_secs()
        )),
        Err(RecvTimeoutError::Disconnected) => {
            Outcome::Failed(format!("it panicked: {}", panic_text(worker.join())))
        }
    }
}

fn panic_text(end: thread::Result<()>) -> String {
    match end {
        Ok(()) => "no message".into(),
        Err(payload) => match (
            payload.downcast_ref::<&str>(),
            payload.downcast_ref::<String>(),
        ) {
            (Some(text), _) => (*text).into(),
            (_, Some(text)) => text.clone(),
            _ => "no message".into(),
        },
    }
}

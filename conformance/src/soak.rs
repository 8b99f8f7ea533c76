//! The stochastic rules again and again, for what one run in many shows.

use std::ops::ControlFlow;
use std::time::Instant;

use crate::case::{Case, Context};
use crate::report::{CaseReport, Outcome, Report};
use crate::rule::{Evidence, Rule};
use crate::runner::{Step, watched_case};
use crate::spec;

/// Tries each stochastic case that has passed so far again, with the next seed and the next, until
/// the end has come. Counts the whole rounds, and puts what fails into the report. `Break` when
/// `watch` stops it.
pub(crate) fn soak(
    report: &mut Report,
    context: &Context,
    end: Instant,
    watch: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut context = context.clone();
    loop {
        let passing = passing(report);
        if passing.is_empty() {
            return ControlFlow::Continue(());
        }
        context.seed = context.seed.wrapping_add(1);
        for (rule, case) in passing {
            if Instant::now() >= end {
                return ControlFlow::Continue(());
            }
            let again = watched_case(rule, case, &context, watch)?;
            let of_rule = |known: &&mut crate::RuleReport| known.rule == rule.id;
            if again.outcome != Outcome::Passed
                && let Some(known) = report.rules.iter_mut().find(of_rule)
            {
                known.replace(again);
            }
        }
        report.rounds += 1;
    }
}

fn passing(report: &Report) -> Vec<(&'static Rule, Case)> {
    let cases = report.rules.iter().flat_map(|rule| &rule.cases);
    let passed = |rule: &Rule, case: &Case| {
        let here = |known: &&CaseReport| (known.rule, known.case) == (rule.id, case.name);
        let known = cases.clone().find(here);
        known.is_some_and(|known| known.outcome == Outcome::Passed)
    };
    let stochastic = spec::rules().filter(|rule| rule.evidence == Evidence::Stochastic);
    stochastic
        .flat_map(|rule| rule.cases().iter().map(move |case| (rule, *case)))
        .filter(|(rule, case)| passed(rule, case))
        .collect()
}

//! Tries one saboteur.

use std::ops::ControlFlow;
use std::time::Duration;

use libtest_mimic::Failed;
use session_driver_conformance::{Evidence, Options, Rule, rules, run};

use crate::effort::Effort;
use crate::saboteur::Saboteur;
use crate::subject::Suspect;
use crate::verdict::{self, Accusations};

/// A saboteur that deadlocks, as it declares, shall not cost two minutes; and a busy machine shall not
/// make a rule accuse whom it would not.
const DECLARED_CASE_LIMIT: Duration = Duration::from_secs(5);
const CASE_LIMIT: Duration = Duration::from_secs(60);

/// How often an undeclared rule that accuses must do so again to count: what a busy machine does
/// once, such as letting a create in between two steps of a saboteur, says nothing of the rule.
const CONFIRMATIONS: u64 = 2;

/// Runs the suite, and again those rules that ought to have accused the saboteur and did not, or did
/// and ought not to. Of a driver without a fault nothing is excused.
///
/// The races of stochastic rules take most of a run's time. They try whoever declares them or says
/// that it `races`, and in a `thorough` run every driver without a fault.
pub(crate) fn accuse(saboteur: &'static Saboteur, thorough: bool) -> Result<Accusations, Failed> {
    let (effort, mut accusations) = (Effort::from_environment()?, Accusations::new());
    for rule in rules() {
        let named = saboteur.breaks.contains(&rule.id);
        let declared = named || saboteur.sometimes.contains(&rule.id);
        let stochastic = rule.evidence == Evidence::Stochastic;
        let races = saboteur.races || (thorough && saboteur.breaks.is_empty());
        if stochastic && !(declared || races) {
            continue;
        }
        let seeds = if named { effort.seeds } else { 1 };
        for seed in 0..seeds {
            if let Some(seen) = accusation(saboteur, rule, seed, effort)? {
                let counts = declared || saboteur.breaks.is_empty();
                if counts || accuses_again(saboteur, rule, effort)? {
                    accusations.insert(rule.id, seen);
                }
                break;
            }
        }
    }
    Ok(accusations)
}

fn accuses_again(saboteur: &'static Saboteur, rule: &Rule, effort: Effort) -> Result<bool, Failed> {
    for seed in effort.seeds..effort.seeds + CONFIRMATIONS {
        if accusation(saboteur, rule, seed, effort)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn accusation(
    saboteur: &'static Saboteur,
    rule: &Rule,
    seed: u64,
    effort: Effort,
) -> Result<Option<String>, Failed> {
    let limit = match saboteur.breaks.contains(&rule.id) {
        true => DECLARED_CASE_LIMIT,
        false => CASE_LIMIT,
    };
    let options = Options {
        filter: Some(rule.id.into()),
        seed: Some(seed),
        budget: effort.budget,
        case_limit: Some(limit),
        ..Options::default()
    };
    let report = run(Suspect::new(saboteur), &options, &mut |_| {
        ControlFlow::Continue(())
    })
    .map_err(|error| Failed::from(format!("the suite could not be run: {error}")))?;
    Ok(verdict::accusation(&report, rule.id))
}

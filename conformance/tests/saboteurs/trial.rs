//! Tries one saboteur.

use std::time::Duration;

use libtest_mimic::Failed;
use session_driver_conformance::{Evidence, Options, Report, Rule, rules, run};

use crate::saboteur::Saboteur;
use crate::subject::Suspect;
use crate::verdict::{self, Accusations};

/// A saboteur that deadlocks, as it declares, shall not cost two minutes; and a busy machine shall not
/// make a rule accuse whom it would not.
const DECLARED_CASE_LIMIT: Duration = Duration::from_secs(5);
const CASE_LIMIT: Duration = Duration::from_secs(60);

/// How often a stochastic rule may try again, each time with another seed.
const SEEDS: u64 = 5;

/// Runs the suite, and again those rules that ought to have accused the saboteur and did not.
///
/// The races of stochastic rules take most of a run's time. One that the saboteur does not
/// declare waits for a `thorough` run, unless the saboteur says that it `races`.
pub(crate) fn accuse(saboteur: &'static Saboteur, thorough: bool) -> Result<Accusations, Failed> {
    let mut accusations = Accusations::new();
    for rule in rules() {
        let named = saboteur.breaks.contains(&rule.id);
        let declared = named || saboteur.sometimes.contains(&rule.id);
        let stochastic = rule.evidence == Evidence::Stochastic;
        if stochastic && !(declared || thorough || saboteur.races) {
            continue;
        }
        let seeds = if named { SEEDS } else { 1 };
        for seed in 0..seeds {
            let report = suite(saboteur, rule, seed)?;
            if let Some(seen) = verdict::accusation(&report, rule.id) {
                accusations.insert(rule.id, seen);
                break;
            }
        }
    }
    Ok(accusations)
}

fn suite(saboteur: &'static Saboteur, rule: &Rule, seed: u64) -> Result<Report, Failed> {
    let limit = match saboteur.breaks.contains(&rule.id) {
        true => DECLARED_CASE_LIMIT,
        false => CASE_LIMIT,
    };
    let options = Options {
        filter: Some(rule.id.into()),
        seed: Some(seed),
        case_limit: Some(limit),
        ..Options::default()
    };
    run(Suspect::new(saboteur), &options, &mut |_| ())
        .map_err(|error| Failed::from(format!("the suite could not be run: {error}")))
}

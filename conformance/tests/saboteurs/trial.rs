//! Tries one saboteur: what it breaks must accuse it, and nothing else may.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::Failed;
use session_driver_conformance::{Evidence, Options, Outcome, Report, Rule, rules, run};

use crate::saboteur::Saboteur;
use crate::subject::Suspect;

/// A saboteur that deadlocks shall not cost two minutes; a busy machine shall accuse nobody who is
/// honest.
const CASE_LIMIT: Duration = Duration::from_secs(5);
const HONEST_CASE_LIMIT: Duration = Duration::from_secs(60);

/// How often a stochastic rule may try again, each time with another seed.
const SEEDS: u64 = 5;

/// The rules that accused a saboteur, with what each saw first.
pub(crate) type Accusations = BTreeMap<&'static str, String>;

/// Runs the suite, and again those rules that ought to have accused the saboteur and did not.
///
/// The races of stochastic rules take most of a run's time. One that the saboteur does not name
/// waits for a `thorough` run, unless the saboteur says that it `races`.
pub(crate) fn accuse(saboteur: &'static Saboteur, thorough: bool) -> Result<Accusations, Failed> {
    let mut accusations = Accusations::new();
    for rule in rules() {
        let named = saboteur.breaks.contains(&rule.id);
        let stochastic = rule.evidence == Evidence::Stochastic;
        if stochastic && !(named || thorough || saboteur.races) {
            continue;
        }
        let seeds = if named { SEEDS } else { 1 };
        for seed in 0..seeds {
            accusations.extend(failures(&suite(saboteur, rule, seed)?));
            if accusations.contains_key(rule.id) {
                break;
            }
        }
    }
    Ok(accusations)
}

fn suite(saboteur: &'static Saboteur, rule: &Rule, seed: u64) -> Result<Report, Failed> {
    let limit = match saboteur.breaks {
        [] => HONEST_CASE_LIMIT,
        _ => CASE_LIMIT,
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

fn failures(report: &Report) -> impl Iterator<Item = (&'static str, String)> {
    report.rules.iter().flat_map(|rule| {
        rule.cases.iter().filter_map(|case| match &case.outcome {
            Outcome::Failed(seen) => Some((rule.rule, format!("{}: {seen}", case.case))),
            _ => None,
        })
    })
}

/// Whether the accusations are those of the table.
pub(crate) fn judge(saboteur: &Saboteur, accusations: &Accusations) -> Result<(), Failed> {
    let missing = saboteur
        .breaks
        .iter()
        .filter(|rule| !accusations.contains_key(*rule))
        .map(|rule| match rules().any(|known| known.id == *rule) {
            true => format!("{rule} let it pass, which it breaks"),
            false => format!("{rule} is no rule of the suite"),
        });
    let false_ones = accusations
        .iter()
        .filter(|(rule, _)| !saboteur.may_meet(rule))
        .map(|(rule, seen)| format!("{rule} accuses it, which it does not break, by {seen}"));
    let complaints: Vec<String> = missing.chain(false_ones).collect();
    if complaints.is_empty() {
        return Ok(());
    }
    let fault = saboteur.fault;
    Err(Failed::from(format!(
        "{fault}\n  {}",
        complaints.join("\n  ")
    )))
}

//! Tries one saboteur: each rule it breaks must accuse it.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::Failed;
use session_driver_conformance::{Options, Outcome, run};

use crate::saboteur::Saboteur;

/// A saboteur that deadlocks shall not cost two minutes.
const CASE_LIMIT: Duration = Duration::from_secs(30);

/// How often a stochastic rule may try again, each time with another seed.
const SEEDS: u64 = 5;

/// The rules that accused a saboteur, with what each saw first.
pub(crate) type Accusations = BTreeMap<&'static str, String>;

/// Tries the rules that ought to accuse it.
pub(crate) fn accuse(saboteur: &'static Saboteur) -> Result<Accusations, Failed> {
    let mut accusations = Accusations::new();
    for rule in saboteur.breaks {
        for seed in 0..SEEDS {
            if !accusations.contains_key(rule) {
                accusations.extend(failures(saboteur, rule, seed)?);
            }
        }
    }
    Ok(accusations)
}

fn failures(saboteur: &'static Saboteur, rule: &str, seed: u64) -> Result<Accusations, Failed> {
    let options = Options {
        filter: Some(rule.into()),
        seed: Some(seed),
        case_limit: Some(CASE_LIMIT),
        processes: true,
        ..Options::default()
    };
    let report = run(saboteur.subject(), &options, &mut |_| ())
        .map_err(|error| Failed::from(format!("the suite could not be run: {error}")))?;
    let cases = report.rules.iter().flat_map(|rule| &rule.cases);
    let failed = cases.filter_map(|case| match &case.outcome {
        Outcome::Failed(seen) => Some((case.rule, format!("{}: {seen}", case.case))),
        _ => None,
    });
    Ok(failed.collect())
}

/// Whether all rules that the saboteur breaks have accused it.
pub(crate) fn judge(saboteur: &Saboteur, accusations: &Accusations) -> Result<(), Failed> {
    let passed = saboteur
        .breaks
        .iter()
        .filter(|rule| !accusations.contains_key(*rule));
    let complaints: Vec<String> = passed
        .map(|rule| format!("{rule} let it pass, which it breaks"))
        .collect();
    if complaints.is_empty() {
        return Ok(());
    }
    Err(Failed::from(format!(
        "{}\n  {}",
        saboteur.fault,
        complaints.join("\n  ")
    )))
}

//! What the rules said of the saboteurs, and whether that is what the saboteurs declare.

use std::collections::BTreeMap;

use libtest_mimic::Failed;
use session_driver_conformance::{Outcome, Report, rules};

use crate::saboteur::Saboteur;

/// The rules that accused a saboteur, with what each saw first.
pub(crate) type Accusations = BTreeMap<&'static str, String>;

/// Which rules accused whom, by the saboteur's name.
pub(crate) type Verdicts = BTreeMap<&'static str, Accusations>;

/// What the rule saw, if it accuses.
pub(crate) fn accusation(report: &Report, rule: &str) -> Option<String> {
    let tried = report.rules.iter().filter(|tried| tried.rule == rule);
    let mut cases = tried.flat_map(|rule| &rule.cases);
    cases.find_map(|case| match &case.outcome {
        Outcome::Failed(seen) => Some(format!("{}: {seen}", case.case)),
        _ => None,
    })
}

/// Whether exactly those rules accuse the saboteur that it declares.
pub(crate) fn judge(saboteur: &Saboteur, accusations: &Accusations) -> Result<(), Failed> {
    let Saboteur {
        fault,
        breaks,
        sometimes,
        ..
    } = saboteur;
    let unknown = breaks
        .iter()
        .chain(*sometimes)
        .filter(|rule| !rules().any(|known| known.id == **rule))
        .map(|rule| format!("{rule} is no rule of the suite"));
    let missing = breaks
        .iter()
        .filter(|rule| !accusations.contains_key(*rule))
        .map(|rule| format!("{rule} let it pass, which it breaks"));
    let undeclared = accusations
        .iter()
        .filter(|(rule, _)| !breaks.contains(rule) && !sometimes.contains(rule))
        .map(|(rule, seen)| format!("{rule} accuses it, which it does not break, by {seen}"));
    let complaints: Vec<String> = unknown.chain(missing).chain(undeclared).collect();
    if complaints.is_empty() {
        return Ok(());
    }
    Err(Failed::from(format!(
        "{fault}\n  {}",
        complaints.join("\n  ")
    )))
}

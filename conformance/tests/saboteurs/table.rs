//! The table saboteur × rules, printed after every run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::saboteur::Saboteur;
use crate::trial::Accusations;

/// The width at which the rules begin.
const NAME_WIDTH: usize = 44;

/// Which rules accused whom, by the saboteur's name.
pub(crate) type Verdicts = BTreeMap<&'static str, Accusations>;

/// Prints a line for each saboteur that was tried: its name, the rules that caught it, and those
/// beyond the ones it names.
#[allow(
    clippy::print_stdout,
    reason = "the table is for people, beside what libtest-mimic prints"
)]
pub(crate) fn print(saboteurs: &[&Saboteur], verdicts: &Verdicts) {
    println!(
        "{:NAME_WIDTH$} caught by (+ also; - survived)",
        "saboteur, and its fault"
    );
    for saboteur in saboteurs {
        if let Some(accusations) = verdicts.get(saboteur.name) {
            println!("{}", line(saboteur, accusations));
        }
    }
}

fn line(saboteur: &Saboteur, accusations: &Accusations) -> String {
    let mut line = format!("{:NAME_WIDTH$}", saboteur.name);
    let named = |rule: &&str| saboteur.breaks.contains(rule);
    let caught = accusations.keys().filter(|rule| named(rule));
    let also = accusations.keys().filter(|rule| !named(rule));
    let survived = saboteur
        .breaks
        .iter()
        .filter(|rule| !accusations.contains_key(*rule));
    let marked = caught
        .map(|rule| ("", rule))
        .chain(also.map(|rule| ("+", rule)))
        .chain(survived.map(|rule| ("-", rule)));
    for (mark, rule) in marked {
        // Writing to a string does not fail.
        let _ = write!(line, " {mark}{rule}");
    }
    let _ = write!(line, "\n    {}", saboteur.fault);
    line
}

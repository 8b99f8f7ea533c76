//! The table saboteur × rules, printed after every run, and as the declarations have it in
//! `conformance/SABOTEURS.md`.

use std::fmt::Write as _;

use session_driver_conformance::rules;

use crate::page::Page;
use crate::saboteur::Saboteur;
use crate::verdict::{Accusations, Verdicts};

/// The name of the test of [`is_in_the_document`], which `cargo xtask docs` runs.
pub(crate) const DOCUMENTED: &str = "the_table_of_saboteurs_is_as_they_declare";

/// The width at which the rules begin.
const NAME_WIDTH: usize = 44;

/// Prints a line for each saboteur that was tried: its name, the rules that caught it, and those
/// beyond the ones it breaks in every run.
#[allow(
    clippy::print_stdout,
    reason = "the table is for people, beside what libtest-mimic prints"
)]
pub(crate) fn print(saboteurs: &[&Saboteur], verdicts: &Verdicts) {
    println!(
        "{:NAME_WIDTH$} caught by (~ by chance; + undeclared; - survived)",
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
    let accused = accusations.keys().map(|rule| {
        let mark = match rule {
            rule if saboteur.breaks.contains(rule) => "",
            rule if saboteur.sometimes.contains(rule) => "~",
            _ => "+",
        };
        (mark, rule)
    });
    let survived = saboteur
        .breaks
        .iter()
        .filter(|rule| !accusations.contains_key(*rule));
    for (mark, rule) in accused.chain(survived.map(|rule| ("-", rule))) {
        // Writing to a string does not fail.
        let _ = write!(line, " {mark}{rule}");
    }
    let _ = write!(line, "\n    {}", saboteur.fault);
    line
}

/// The section of `conformance/SABOTEURS.md` says what the saboteurs declare, or is written so by
/// `cargo xtask docs`.
pub(crate) fn is_in_the_document(section: &str, saboteurs: &[&Saboteur]) {
    let mut table = String::from("| saboteur | caught by | its fault |\n|---|---|---|\n");
    for saboteur in saboteurs {
        let breaks = saboteur.breaks.iter().map(ToString::to_string);
        let sometimes = saboteur.sometimes.iter().map(|rule| format!("~{rule}"));
        let caught: Vec<String> = breaks.chain(sometimes).collect();
        let caught = match &caught[..] {
            [] => "none".into(),
            caught => caught.join(" "),
        };
        let fault = saboteur.fault.replace('|', "\\|");
        table += &format!("| `{}` | {caught} | {fault} |\n", saboteur.name);
    }
    let breaks = |rule: &&str| {
        saboteurs
            .iter()
            .any(|saboteur| saboteur.breaks.contains(rule))
    };
    let broken = rules().map(|rule| rule.id).filter(breaks).count();
    table += &format!(
        "\n{} drivers; {broken} rules catch one or more of them in every run.\n",
        saboteurs.len()
    );
    Page::at("conformance/SABOTEURS.md").section_says(section, &table);
}

//! The tests of the tests: drivers with one fault each, which the suite has to catch.
//!
//! A suite that passes every driver proves nothing, and neither does a driver that fails every
//! rule. So each [saboteur](saboteur::Saboteur) is an honest driver but for one fault, a real one
//! of a published store wherever there is one. It names the rules it breaks: all of them must accuse
//! it in every run, and no other may, but for the few that it breaks by chance and names as such.
//! Many a case stands on an operation at fault, so that some break many rules; the first are those
//! they are written for. Every rule that has cases is named by a saboteur. The other way round there are [lawful]
//! drivers, which use what the rules allow and must be accused by none.
//!
//! To add one, write it into the file of the family whose rule it breaks, replacing the methods at
//! fault and taking the rest from [`HONEST`]. Races are widened by [`pause`](shelf::pause), so that
//! they are lost in every run. `cargo test --test saboteurs -- torn` tries those with `torn` in
//! their names; the table comes after the tests, and what is declared is in
//! `conformance/SABOTEURS.md`, which `cargo xtask docs` writes. All deterministic rules try every
//! saboteur, and the stochastic ones those that name them; with `--include-ignored` also every driver
//! without a fault, which takes many minutes.

mod atomicity;
mod boundary;
mod claims;
mod concurrency;
mod create;
mod deadlines;
mod effort;
mod expiry;
mod honest;
mod identifiers;
mod index;
mod isolation;
mod lawful;
#[path = "../documents/page.rs"]
mod page;
mod payload;
mod programs;
mod remove;
mod resurrection;
mod retrieve;
mod rotate;
mod saboteur;
mod sequences;
mod shelf;
mod store;
mod subject;
mod sweep;
mod table;
mod traverse;
mod trial;
mod verdict;
mod versions;
mod visitor;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use session_driver_conformance::{Evidence, rules};

use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::hold;
use crate::verdict::Verdicts;

static FAMILIES: &[&[Saboteur]] = &[
    &[HONEST],
    lawful::DRIVERS,
    retrieve::SABOTEURS,
    store::SABOTEURS,
    create::SABOTEURS,
    versions::SABOTEURS,
    resurrection::SABOTEURS,
    remove::SABOTEURS,
    rotate::SABOTEURS,
    traverse::SABOTEURS,
    visitor::SABOTEURS,
    expiry::SABOTEURS,
    deadlines::SABOTEURS,
    boundary::SABOTEURS,
    sweep::SABOTEURS,
    index::SABOTEURS,
    identifiers::SABOTEURS,
    payload::SABOTEURS,
    isolation::SABOTEURS,
    atomicity::SABOTEURS,
    concurrency::SABOTEURS,
    claims::SABOTEURS,
    sequences::SABOTEURS,
];

/// The families whose rules have a saboteur here; those of the others, and of rules that need a hook,
/// are in `tests/process_saboteurs`.
const RULES: [&str; 11] = [
    "RET", "STO", "CAS", "RES", "REM", "ROT", "TRV", "EXP", "SWP", "ID", "PAY",
];

const TEST_THREADS: usize = 6;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Races wait more than they work.
    arguments.test_threads.get_or_insert(TEST_THREADS);
    let thorough = arguments.include_ignored;
    let saboteurs: Vec<&'static Saboteur> = FAMILIES.iter().copied().flatten().collect();
    let verdicts = Arc::new(Mutex::new(Verdicts::new()));
    let mut trials: Vec<Trial> = saboteurs
        .iter()
        .map(|saboteur| trial(saboteur, thorough, Arc::clone(&verdicts)))
        .collect();
    trials.push(Trial::test("every_rule_with_cases_has_a_saboteur", || {
        every_rule_has_a_saboteur(FAMILIES)
    }));
    let declared = saboteurs.clone();
    trials.push(Trial::test(table::DOCUMENTED, move || {
        table::is_in_the_document("callers", &declared);
        Ok(())
    }));
    trials.extend(programs::trials(&saboteurs));
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        table::print(&saboteurs, &hold(&verdicts));
    }
    conclusion.exit_code()
}

fn trial(saboteur: &'static Saboteur, thorough: bool, verdicts: Arc<Mutex<Verdicts>>) -> Trial {
    Trial::test(saboteur.name, move || {
        let accusations = trial::accuse(saboteur, thorough)?;
        let verdict = verdict::judge(saboteur, &accusations);
        hold(&verdicts).insert(saboteur.name, accusations);
        verdict
    })
}

fn every_rule_has_a_saboteur(families: &[&[Saboteur]]) -> Result<(), Failed> {
    let broken: Vec<&str> = families
        .iter()
        .copied()
        .flatten()
        .flat_map(|saboteur| saboteur.breaks)
        .copied()
        .collect();
    let unbroken: Vec<&str> = rules()
        .filter(|rule| RULES.contains(&rule.family()) && rule.evidence != Evidence::Fault)
        .filter(|rule| !rule.cases().is_empty())
        .map(|rule| rule.id)
        .filter(|rule| !broken.contains(rule))
        .collect();
    if unbroken.is_empty() {
        return Ok(());
    }
    Err(Failed::from(format!(
        "no saboteur breaks {}",
        unbroken.join(", ")
    )))
}

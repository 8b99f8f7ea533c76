//! The tests of the tests, where processes, files and durability are at stake: dump drivers with
//! one fault each, which the suite has to catch.
//!
//! As in `tests/saboteurs`, every saboteur names the rules it breaks: all of them must accuse it, and
//! no other of those that try it; every rule of these families that has cases is named by a
//! saboteur. They share a driver on
//! disk, so that they run as child processes and survive them: this binary runs itself again, and
//! plays the saboteur whose name it is given. That an honest driver is accused by no rule is
//! `tests/dump.rs`.

#[path = "../dump_driver/mod.rs"]
mod dump_driver;
#[path = "../saboteurs/effort.rs"]
mod effort;
#[path = "../saboteurs/table.rs"]
mod table;
#[path = "../saboteurs/verdict.rs"]
mod verdict;

mod artefacts;
mod atomicity;
mod claims;
mod concurrency;
mod damage;
mod durability;
mod errors;
mod hygiene;
mod isolation;
mod outage;
#[path = "../documents/page.rs"]
mod page;
mod saboteur;
mod trial;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};
use session_driver_conformance::{Evidence, rules, run_if_child};

use crate::saboteur::Saboteur;
use crate::verdict::Verdicts;

static FAMILIES: &[&[Saboteur]] = &[
    durability::SABOTEURS,
    atomicity::SABOTEURS,
    isolation::SABOTEURS,
    concurrency::SABOTEURS,
    errors::SABOTEURS,
    hygiene::SABOTEURS,
    claims::SABOTEURS,
    damage::SABOTEURS,
    outage::SABOTEURS,
    artefacts::SABOTEURS,
];

/// The families whose saboteurs these are, beside the fault rules of all families; those of the
/// others are in `tests/saboteurs`.
const RULES: [&str; 7] = ["DUR", "ATM", "ISO", "CON", "ERR", "HYG", "CAP"];

/// The families whose deterministic rules try every saboteur, beside the rules that it names. The
/// others wait for descriptors and threads, or write hundreds of records to a file that is written
/// whole each time, which would take many minutes with all saboteurs.
const TRIED: &[&str] = &["RET", "STO", "ATM", "ERR", "CAP"];

/// Children are waited for more than there is work.
const TEST_THREADS: usize = 6;

fn main() -> ExitCode {
    let saboteurs: Vec<&'static Saboteur> = FAMILIES.iter().copied().flatten().collect();
    if let Ok(name) = std::env::var("SESSION_DRIVER_CHILD") {
        let played = saboteurs.iter().find(|saboteur| saboteur.name == name);
        let end = played.and_then(|saboteur| run_if_child(saboteur.subject()));
        return end.unwrap_or(ExitCode::FAILURE);
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(TEST_THREADS);
    let verdicts = Arc::new(Mutex::new(Verdicts::new()));
    let mut trials: Vec<Trial> = saboteurs
        .iter()
        .map(|saboteur| trial(saboteur, Arc::clone(&verdicts)))
        .collect();
    let all = saboteurs.clone();
    trials.push(Trial::test(
        "every_rule_with_cases_has_a_saboteur",
        move || every_rule_has_a_saboteur(&all),
    ));
    let declared = saboteurs.clone();
    trials.push(Trial::test(table::DOCUMENTED, move || {
        table::is_in_the_document("processes", &declared);
        Ok(())
    }));
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        table::print(
            &saboteurs,
            &verdicts.lock().unwrap_or_else(PoisonError::into_inner),
        );
    }
    conclusion.exit_code()
}

fn trial(saboteur: &'static Saboteur, verdicts: Arc<Mutex<Verdicts>>) -> Trial {
    Trial::test(saboteur.name, move || {
        let accusations = trial::accuse(saboteur)?;
        let verdict = verdict::judge(saboteur, &accusations);
        verdicts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(saboteur.name, accusations);
        verdict
    })
}

fn every_rule_has_a_saboteur(saboteurs: &[&Saboteur]) -> Result<(), Failed> {
    let broken: Vec<&str> = saboteurs
        .iter()
        .flat_map(|saboteur| saboteur.breaks)
        .copied()
        .collect();
    let unbroken: Vec<&str> = rules()
        .filter(|rule| RULES.contains(&rule.family()) || rule.evidence == Evidence::Fault)
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

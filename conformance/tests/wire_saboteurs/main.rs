//! The tests of the tests, where a server is at stake: drivers with one fault each in how they speak
//! with it, which the suite has to catch, and an honest one, which it must not accuse.

#[path = "../saboteurs/effort.rs"]
mod effort;
#[path = "../documents/page.rs"]
mod page;
mod remote;
mod saboteur;
mod server;
#[path = "../saboteurs/table.rs"]
mod table;
#[path = "../process_saboteurs/trial.rs"]
mod trial;
#[path = "../saboteurs/verdict.rs"]
mod verdict;

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};
use session_driver_conformance::{Options, Outcome, run};

use crate::saboteur::{HONEST, SABOTEURS, Saboteur};
use crate::verdict::Verdicts;

/// The families whose deterministic rules try every saboteur, beside the rules that it names, and
/// which must not accuse the honest one.
const TRIED: &[&str] = &["RET", "STO", "REM", "TRV", "ERR"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let verdicts = Arc::new(Mutex::new(Verdicts::new()));
    let mut trials: Vec<Trial> = SABOTEURS
        .iter()
        .map(|saboteur| trial(saboteur, Arc::clone(&verdicts)))
        .collect();
    for &family in TRIED {
        let name = format!("no rule of {family} accuses the honest one");
        trials.push(Trial::test(name, move || honest_passes(family)));
    }
    trials.push(Trial::test(table::DOCUMENTED, || {
        table::is_in_the_document("wire", &SABOTEURS.iter().collect::<Vec<_>>());
        Ok(())
    }));
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        let all: Vec<&Saboteur> = SABOTEURS.iter().collect();
        table::print(
            &all,
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

fn honest_passes(family: &str) -> Result<(), Failed> {
    let options = Options {
        filter: Some(family.into()),
        ..Options::default()
    };
    let report = run(HONEST.subject(), &options, &mut |_| {
        ControlFlow::Continue(())
    })
    .map_err(|error| Failed::from(format!("the suite could not be run: {error}")))?;
    for rule in &report.rules {
        if let Outcome::Failed(seen) = &rule.outcome {
            return Err(Failed::from(format!("{}: {seen}", rule.rule)));
        }
    }
    Ok(())
}

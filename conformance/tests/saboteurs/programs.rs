//! Random programs against the saboteurs: which they find in every run, and that they accuse no
//! lawful driver in any.

use libtest_mimic::{Failed, Trial};
use session_driver_conformance::{Budget, Difference, Differential, MemorySubject};

use crate::effort::Effort;
use crate::saboteur::Saboteur;
use crate::subject::Suspect;

/// How many runs, each with a seed of its own.
const RUNS: u64 = 20;

/// How many runs a driver without a fault is given, each of which takes as long as it can. A quick
/// run of the tests has one.
const LAWFUL_RUNS: u64 = 3;

/// The saboteurs that every run finds, beside those that break CON-1 alone: at least one of each
/// family whose faults one caller can see.
const FOUND: &[&str] = &[
    "retrieve-reports-the-deadline-of-the-store",
    "retrieve-prolongs-what-it-reads",
    "retrieve-takes-empty-for-absent",
    "retrieve-caches-for-one-handle",
    "store-without-a-deadline-keeps-the-old",
    "save-updates-what-it-once-knew",
    "create-over-live-replaces-it",
    "create-over-live-prolongs-it",
    "create-refused-by-an-expired-record",
    "version-is-a-digest-of-the-payload",
    "version-is-the-highest-left-plus-one",
    "version-conflict-prolongs",
    "touch-gives-a-new-version",
    "touch-revives-what-its-handle-had-read",
    "removed-record-served-from-a-cache",
    "removed-record-comes-back-from-its-older-copy",
    "buffered-touch-is-written-after-the-remove",
    "remove-leaves-an-expired-record",
    "remove-of-the-expired-says-true",
    "rotate-forgets-the-deadline",
    "rotate-replaces-a-live-target",
    "rotate-revives-the-expired",
    "traverse-misses-those-without-a-deadline",
    "traverse-shows-the-expired",
    "past-deadline-leaves-the-old-record",
    "touch-into-the-past-keeps-the-record",
    "touch-revives-the-expired",
    "deadline-in-whole-seconds",
    "retrieve-finds-the-record-at-its-deadline",
    "store-keeps-a-record-at-its-deadline",
    "sweep-takes-the-record-an-instant-early",
    "sweep-counts-what-it-looked-at",
    "sweep-only-hides",
    "id-without-case",
    "id-cut-to-64-characters",
    "refused-store-happens-later",
];

/// A trial for each saboteur that programs find, and for each driver without a fault.
pub(crate) fn trials(saboteurs: &[&'static Saboteur]) -> Vec<Trial> {
    let known = |name: &&str| !saboteurs.iter().any(|saboteur| saboteur.name == *name);
    let unknown: Vec<&str> = FOUND.iter().copied().filter(known).collect();
    let mut trials = vec![Trial::test(
        "programs_name_saboteurs_that_there_are",
        move || match unknown[..] {
            [] => Ok(()),
            _ => Err(Failed::from(format!("no saboteurs are called {unknown:?}"))),
        },
    )];
    for saboteur in saboteurs.iter().copied() {
        if saboteur.breaks.is_empty() {
            let name = format!("programs_do_not_accuse_{}", saboteur.name);
            trials.push(Trial::test(name, || accuses_nobody(saboteur)));
        }
        if saboteur.breaks == ["CON-1"] || FOUND.contains(&saboteur.name) {
            let name = format!("programs_find_{}", saboteur.name);
            trials.push(Trial::test(name, || finds_it_each_time(saboteur)));
        }
    }
    trials
}

fn finds_it_each_time(saboteur: &'static Saboteur) -> Result<(), Failed> {
    let mut missed = vec![];
    for seed in 0..RUNS {
        match differ(saboteur, seed)? {
            Some(difference) if difference.accused == [saboteur.name] => {}
            Some(difference) => return Err(Failed::from(difference.to_string())),
            None => missed.push(seed),
        }
    }
    match missed[..] {
        [] => Ok(()),
        _ => Err(Failed::from(format!("not found with the seeds {missed:?}"))),
    }
}

fn accuses_nobody(saboteur: &'static Saboteur) -> Result<(), Failed> {
    let runs = match Effort::from_environment()?.budget {
        Budget::Quick => 1,
        Budget::Ordinary | Budget::Soak(_) => LAWFUL_RUNS,
    };
    for seed in 0..runs {
        if let Some(difference) = differ(saboteur, seed)? {
            return Err(Failed::from(difference.to_string()));
        }
    }
    Ok(())
}

/// The saboteur beside the memory driver, on the same programs.
fn differ(saboteur: &'static Saboteur, seed: u64) -> Result<Option<Difference>, Failed> {
    let drivers = Differential::new(seed).with(MemorySubject::default());
    let drivers = drivers.and_then(|drivers| drivers.with(Suspect::new(saboteur)));
    let found = drivers.and_then(|drivers| drivers.run());
    found.map_err(|error| Failed::from(format!("the programs cannot be played: {error}")))
}

//! STO: store, where nothing is to be overwritten.

use session_driver::{ErrorKind, Precondition, Timestamp};

use crate::absence::Absence;
use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, stored, tried, visits};
use crate::workload::{NOW, at, forever, id, marked, record, until};

pub(super) const STO_2: Rule = Rule {
    id: "STO-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A store with Absent on a live id fails with AlreadyExists and leaves payload, expires_at and version as they were.",
    intent: "Two visitors share a session (one published Rust store overwrites), or a new session is lost (another answers Ok).",
    provenance: &[Provenance::Fault(
        "tower-sessions issue 180: a create that is a save takes over a live session; one published Rust store still overwrites it, another answers success and drops the data",
    )],
    needs: &[],
    proof: cases![absent_on_a_live_id_is_refused_and_changes_nothing],
};

fn absent_on_a_live_id_is_refused_and_changes_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let newer = [
        forever(b"newer"),
        until(b"live", 5_000),
        until(b"", 9_000),
        until(b"newer", 0),
        until(b"newer", -1),
    ];
    for (number, deadline) in [None, Some(at(1)), Some(at(5_000))].into_iter().enumerate() {
        let who = id(&format!("taken-{number}"));
        let live = stored(
            &*store,
            &who,
            record(b"live", deadline),
            Precondition::Absent,
            NOW,
        )?;
        for new in newer {
            for handle in race::handles(&store, &other) {
                let outcome = handle.store(&who, new, Precondition::Absent, NOW);
                expect::refused(outcome, ErrorKind::AlreadyExists, "Absent on a live id")?;
                expect::record(&*store, &who, NOW, &live, "after a refused Absent")?;
            }
        }
    }
    Ok(())
}

pub(super) const STO_3: Rule = Rule {
    id: "STO-3",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A store with Absent on an id whose record has expired but was not swept succeeds, and the old payload is never seen again.",
    intent: "An id stays blocked until the next sweep, or the new session shows what the last one held.",
    provenance: &[Provenance::Own(
        "follows from EXP-2: what has expired is absent, to a create as well",
    )],
    needs: &[],
    proof: cases![
        absent_over_an_expired_record_replaces_it,
        nothing_of_the_expired_record_outlives_its_successor
    ],
};

fn absent_over_an_expired_record_replaces_it(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for late in [0, 1, 999] {
        for deadline in [None, Some(at(1_000)), Some(at(50_000))] {
            let who = id("expired");
            let old = store.store(&who, until(b"the old one", 0), Precondition::Any, at(-9))?;
            let new = record(b"new", deadline);
            let due = stored(&*store, &who, new, Precondition::Absent, at(late))?;
            ensure!(
                due.version != old,
                "the version of the expired record came again"
            );
            for now in [at(late), NOW, at(-9), Timestamp::MIN] {
                expect::record(&*store, &who, now, &due, "after it replaced an expired one")?;
            }
            store.remove(&who, NOW)?;
        }
    }
    Ok(())
}

fn nothing_of_the_expired_record_outlives_its_successor(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("successor");
    for deadline in [None, Some(at(2_000))] {
        store.store(&who, until(&[b'o'; 3_000], 0), Precondition::Any, at(-9))?;
        let due = stored(
            &*store,
            &who,
            record(b"new", deadline),
            Precondition::Absent,
            NOW,
        )?;
        ensure_eq!(visits(&*store, NOW)?.len(), 1, "visits of the id");
        ensure_eq!(
            store.sweep(at(1_000), UNLIMITED)?.removed,
            0,
            "what a sweep finds at the old deadline"
        );
        expect::record(
            &*store,
            &who,
            at(1_000),
            &due,
            "after a sweep at the old deadline",
        )?;
        ensure!(
            store.remove(&who, NOW)?,
            "the remove of a live id answers false"
        );
        expect::gone(&*store, &who, "after the remove of its successor")?;
    }
    Ok(())
}

pub(super) const STO_4: Rule = Rule {
    id: "STO-4",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "Of any number of concurrent Absent stores on one absent id exactly one succeeds, and the record is the winner's.",
    intent: "Two requests believe that the session is theirs, and one of them reads what the other one wrote.",
    provenance: &[Provenance::Fault(
        "tower-sessions issue 180: ids may collide when a session is created",
    )],
    needs: &[],
    proof: cases![
        one_of_four_creates_wins,
        one_of_four_creates_over_an_expired_record_wins
    ],
};

fn one_of_four_creates_wins(context: &Context) -> Verdict {
    one_create_wins(context, Absence::NeverStored)
}

fn one_of_four_creates_over_an_expired_record_wins(context: &Context) -> Verdict {
    one_create_wins(context, Absence::Expired)
}

fn one_create_wins(context: &Context, absence: Absence) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    for round in 0..context.rounds(250) {
        let who = id(&format!("contested-{round}"));
        absence.bring_about(&*store, &who)?;
        let outcomes = race::together(4, |worker| {
            let payload = marked(worker as u64, 24 + 40 * worker);
            let handle = handles[worker % 2];
            tried(
                handle.store(&who, forever(&payload), Precondition::Absent, NOW),
                &[ErrorKind::AlreadyExists],
            )
            .map(|version| version.map(|version| (payload, version)))
        })?;
        let winners: Vec<_> = outcomes.into_iter().flatten().collect();
        ensure_eq!(winners.len(), 1, "creates of one id that succeeded");
        let found = store.retrieve(&who, NOW)?;
        let found = found.map(|record| (record.payload, record.version));
        ensure!(
            found.as_slice() == winners,
            "the record is not the winner's, in round {round}"
        );
    }
    Ok(())
}

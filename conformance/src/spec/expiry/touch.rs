//! EXP: expiry, and what a touch does to it.

use session_driver::{Precondition, Record};

use crate::absence::Absence;
use crate::case::{Context, Verdict, cases, ensure, ensure_eq, live_record};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{stored, visits};
use crate::workload::{NOW, at, forever, id, mark_of, marked, until};

pub(super) const EXP_6: Rule = Rule {
    id: "EXP-6",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "A touch changes expires_at only: it never alters, restores or reorders a payload written by others.",
    intent: "The request that only prolongs the session undoes what another request saved meanwhile.",
    provenance: &[Provenance::Own(
        "a touch that writes back what it read is a lost update",
    )],
    needs: &[],
    proof: cases![
        a_touch_leaves_payload_and_version,
        a_touch_of_another_handle_leaves_what_was_stored_since,
        touches_do_not_undo_concurrent_stores
    ],
};

fn a_touch_leaves_payload_and_version(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for length in [0, 1, 100, 4_096, 60_000] {
        let who = id(&format!("of-{length}"));
        let payload = marked(6, length);
        let mut due = stored(
            &*store,
            &who,
            until(&payload, 5_000),
            Precondition::Any,
            NOW,
        )?;
        for deadline in [Some(at(9_000)), Some(at(1_000)), None, Some(at(5_000))] {
            ensure!(
                store.touch(&who, deadline, NOW)?,
                "the touch of a live id answers false"
            );
            due.expires_at = deadline;
            expect::record(&*store, &who, NOW, &due, "after a touch")?;
        }
    }
    Ok(())
}

fn a_touch_of_another_handle_leaves_what_was_stored_since(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.second()?;
    let who = id("touched-by-another");
    for generation in 0..6 {
        let payload = marked(generation, 10 << generation);
        store.store(&who, forever(&payload), Precondition::Any, NOW)?;
        live_record(&*other, &who, NOW)?;
        let payload = marked(generation + 100, 2_000 >> generation);
        let mut due = stored(&*store, &who, forever(&payload), Precondition::Any, NOW)?;
        due.expires_at = Some(at(9_000));
        ensure!(
            other.touch(&who, due.expires_at, NOW)?,
            "the touch of a live id answers false"
        );
        expect::record(&*store, &who, NOW, &due, "after another handle's touch")?;
        expect::record(&*other, &who, NOW, &due, "after its own touch")?;
    }
    Ok(())
}

const STORES: u64 = 3;

fn touches_do_not_undo_concurrent_stores(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    let who = id("touched-and-stored");
    store.store(&who, forever(&marked(0, 64)), Precondition::Absent, NOW)?;
    for round in (0..).take(context.rounds(250)) {
        let first = round * STORES + 1;
        let stores = race::together(3, |worker| {
            let driver = handles[worker % 2];
            let mut last = None;
            for turn in 0..STORES {
                match worker {
                    0 => {
                        let payload = marked(first + turn, 40 + 500 * turn as usize);
                        let new = until(&payload, 20_000);
                        last = Some(stored(driver, &who, new, Precondition::Present, NOW)?);
                    }
                    1 => ensure!(
                        driver.touch(&who, Some(at(30_000)), NOW)?,
                        "the touch of a live id answers false"
                    ),
                    _ => {
                        let found = live_record(driver, &who, NOW)?;
                        let seen = last
                            .as_ref()
                            .and_then(|seen: &Record| mark_of(&seen.payload));
                        ensure!(
                            mark_of(&found.payload) >= seen,
                            "a payload that was replaced is seen again"
                        );
                        last = Some(found);
                    }
                }
            }
            Ok(last)
        })?;
        let found = live_record(&*store, &who, NOW)?;
        let stored = stores.first().and_then(Option::as_ref);
        ensure!(
            stored.is_some_and(|due| found.payload == due.payload && found.version == due.version),
            "the record is not that of the last store, in round {round}"
        );
        let deadlines = [Some(at(20_000)), Some(at(30_000))];
        ensure!(
            deadlines.contains(&found.expires_at),
            "the deadline {:?} is neither the store's nor the touch's",
            found.expires_at
        );
    }
    Ok(())
}

pub(super) const EXP_7: Rule = Rule {
    id: "EXP-7",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Touching an absent or expired id returns false and revives nothing.",
    intent: "A tab that was left open brings the session back after it has timed out.",
    provenance: &[Provenance::Own("what a touch makes of RES-1")],
    needs: &[],
    proof: cases![a_touch_of_an_absent_id_is_false_and_revives_nothing],
};

fn a_touch_of_an_absent_id_is_false_and_revives_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for absence in Absence::ALL {
        let who = id(&format!("absent-{absence:?}"));
        let version = absence.bring_about(&*store, &who)?;
        for deadline in [None, Some(at(9_000)), Some(at(1)), Some(NOW)] {
            ensure!(
                !store.touch(&who, deadline, NOW)?,
                "the touch of an absent id ({absence:?}) answers true"
            );
            expect::absent(&*store, &who, NOW, "and was touched in vain")?;
            ensure_eq!(
                visits(&*store, NOW)?.len(),
                0,
                "visits after a touch in vain"
            );
        }
        let Some(remains) = store.retrieve(&who, at(-1))? else {
            continue;
        };
        ensure!(
            absence.may_remain(),
            "a touch has revived what was absent ({absence:?})"
        );
        let untouched = (Some(NOW), version);
        ensure_eq!(
            (remains.expires_at, Some(remains.version)),
            untouched,
            "deadline and version of an expired record after a touch in vain"
        );
    }
    Ok(())
}

//! REM: remove.

use session_driver::{Precondition, Timestamp};

use crate::absence::Absence;
use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::damage::Hurt;
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, stored, visits};
use crate::workload::{NOW, at, forever, id, ids, record, until};

pub(super) const RULES: &[Rule] = &[REM_1, REM_2, REM_3, REM_4];

const REM_1: Rule = Rule {
    id: "REM-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Removing a live record makes it absent before returning, and returns true.",
    intent: "After a logout the session still opens doors, or the user is told that there was none.",
    provenance: &[Provenance::Ancestor(
        "`remove` of CGI::Session::Driver and `delete_session_data` of Catalyst::Plugin::Session::Store",
    )],
    needs: &[],
    proof: cases![
        a_removed_record_is_absent_at_once_for_all,
        a_remove_takes_its_own_record_only
    ],
};

fn a_removed_record_is_absent_at_once_for_all(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("removed");
    for deadline in [None, Some(at(1)), Some(at(5_000))] {
        for payload in [b"".as_slice(), b"x", &[b'x'; 60_000]] {
            for remover in race::handles(&store, &other) {
                store.store(&who, record(payload, deadline), Precondition::Absent, NOW)?;
                ensure!(
                    remover.remove(&who, NOW)?,
                    "the remove of a live id answers false"
                );
                for handle in race::handles(&store, &other) {
                    expect::gone(handle, &who, "after its remove")?;
                    ensure_eq!(
                        visits(handle, Timestamp::MIN)?.len(),
                        0,
                        "visits after a remove"
                    );
                    ensure!(!handle.remove(&who, NOW)?, "a second remove answers true");
                }
                ensure_eq!(
                    store.sweep(at(6_000), UNLIMITED)?.removed,
                    0,
                    "what a remove left to a sweep"
                );
            }
        }
    }
    Ok(())
}

fn a_remove_takes_its_own_record_only(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let all = ids("one-of", 40);
    let mut kept = Vec::new();
    for (number, who) in all.iter().enumerate() {
        let deadline = (number % 2 == 0).then_some(at(5_000));
        let new = record(b"the same", deadline);
        kept.push(stored(&*store, who, new, Precondition::Absent, NOW)?);
    }
    for who in all.iter().step_by(3) {
        ensure!(
            store.remove(who, NOW)?,
            "the remove of a live id answers false"
        );
    }
    for (number, (who, due)) in all.iter().zip(&kept).enumerate() {
        match number % 3 {
            0 => expect::gone(&*store, who, "after its remove")?,
            _ => expect::record(&*store, who, NOW, due, "beside others that were removed")?,
        }
    }
    Ok(())
}

const REM_2: Rule = Rule {
    id: "REM-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Removing an absent or expired id returns false, and discards what is stored there.",
    intent: "A caller counts a logout that was none, or what was removed comes back for a host whose clock is behind.",
    provenance: &[
        Provenance::Ancestor("`remove` of CGI::Session::Driver"),
        Provenance::Own("whether it was live is told, so that a logout can be counted"),
    ],
    needs: &[],
    proof: cases![
        a_remove_of_an_absent_id_is_false,
        a_remove_discards_an_expired_record_for_good
    ],
};

fn a_remove_of_an_absent_id_is_false(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let bystander = id("bystander");
    let due = stored(
        &*store,
        &bystander,
        forever(b"x"),
        Precondition::Absent,
        NOW,
    )?;
    for absence in Absence::ALL {
        let who = id(&format!("absent-{absence:?}"));
        absence.bring_about(&*store, &who)?;
        for _ in 0..2 {
            ensure!(
                !store.remove(&who, NOW)?,
                "the remove of an absent id ({absence:?}) answers true"
            );
            expect::gone(&*store, &who, "after a remove that answered false")?;
        }
    }
    expect::record(
        &*store,
        &bystander,
        NOW,
        &due,
        "beside removes of absent ids",
    )
}

fn a_remove_discards_an_expired_record_for_good(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("expired");
    for late in [0, 1, 30_000] {
        for remover in race::handles(&store, &other) {
            store.store(&who, until(b"expired", 0), Precondition::Any, at(-5_000))?;
            ensure!(
                !remover.remove(&who, at(late))?,
                "the remove of an id that expired {late} ms before answers true"
            );
            for handle in race::handles(&store, &other) {
                expect::absent(
                    handle,
                    &who,
                    at(-1),
                    "after the remove of an expired record",
                )?;
                expect::gone(handle, &who, "after the remove of an expired record")?;
                ensure!(
                    !handle.touch(&who, None, at(-1))?,
                    "a touch finds an expired record after its remove"
                );
            }
            ensure_eq!(
                visits(&*store, Timestamp::MIN)?.len(),
                0,
                "visits after its remove"
            );
            ensure_eq!(
                store.sweep(at(late), UNLIMITED)?.removed,
                0,
                "records left to a sweep"
            );
        }
    }
    Ok(())
}

const REM_3: Rule = Rule {
    id: "REM-3",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "Remove works on a record that cannot be decoded, and returns true.",
    intent: "A damaged session can be ended by nobody.",
    provenance: &[Provenance::Own(
        "what nobody can decode could otherwise never be removed",
    )],
    needs: &[],
    proof: cases![a_damaged_record_can_be_removed],
};

fn a_damaged_record_can_be_removed(context: &Context) -> Verdict {
    let hurt = Hurt::new(context)?;
    let store = hurt.open(context)?;
    for damaged in &hurt.damaged {
        let (who, what) = (&damaged.id, damaged.damage);
        let removed = store.remove(who, NOW).map_err(|error| error.kind());
        ensure_eq!(
            removed,
            Ok(true),
            "the remove of a damaged record ({what:?})"
        );
        expect::gone(&*store, who, "after the remove of a damaged record")?;
        ensure!(
            !store.remove(who, NOW)?,
            "a second remove of a damaged record answers true"
        );
        store.store(who, until(b"new", 5_000), Precondition::Absent, NOW)?;
    }
    hurt.leaves_others(&store, "beside damaged ones that were removed")
}

const REM_4: Rule = Rule {
    id: "REM-4",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "Of concurrent removes of one live id exactly one returns true.",
    intent: "What is done once at the end of a session, such as giving its seat to the next one, is done twice or never.",
    provenance: &[Provenance::Own(
        "of two logouts at once one has ended the session",
    )],
    needs: &[],
    proof: cases![one_of_four_removes_answers_true],
};

fn one_of_four_removes_answers_true(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    for round in 0..context.rounds(300) {
        let who = id(&format!("removed-by-four-{round}"));
        let deadline = (round % 2 == 0).then_some(at(5_000));
        store.store(&who, record(b"live", deadline), Precondition::Absent, NOW)?;
        let answers = race::together(4, |worker| Ok(handles[worker % 2].remove(&who, NOW)?))?;
        let winners = answers.iter().filter(|removed| **removed).count();
        ensure_eq!(
            winners,
            1,
            "removes of one live id that answered true, in round {round}"
        );
        expect::gone(&*store, &who, "after four removes")?;
    }
    Ok(())
}

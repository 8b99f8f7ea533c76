//! ROT: rotate.

mod kills;
mod races;

use session_driver::{ErrorKind, Precondition, Record, SessionDriver, SessionId, Timestamp};

use self::kills::ROT_5;
use self::races::{ROT_3, ROT_4};
use crate::absence::Absence;
use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq, live_record};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, stored, tried, visits};
use crate::workload::{NOW, at, forever, id, ids, marked, record, until};

pub(super) const RULES: &[Rule] = &[ROT_1, ROT_2, ROT_3, ROT_4, ROT_5];

const ROT_1: Rule = Rule {
    id: "ROT-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Rotating a live id makes `to` live with the same payload and expires_at, makes `from` absent, and returns the version of `to`: \
           the same one, or, where the descriptor says so, a new one.",
    intent: "The id that was known before the login is still good after it (session fixation), or the login loses the basket.",
    provenance: &[Provenance::Known(
        "OWASP Session Management Cheat Sheet: the id is renewed with every change of privilege",
    )],
    needs: &[],
    proof: cases![
        a_rotate_moves_payload_and_deadline,
        a_rotate_moves_onto_an_id_however_it_is_absent,
        a_rotated_deadline_is_enforced_once,
        a_chain_of_rotates_leaves_one_record
    ],
};

/// Rotates and gives the record that is due at `to`.
fn moved(
    context: &Context,
    driver: &dyn SessionDriver,
    [from, to]: [&SessionId; 2],
    before: Record,
) -> Result<Record, Stop> {
    let version = driver.rotate(from, to, NOW)?;
    let version =
        version.ok_or_else(|| Stop::Failed("the rotate of a live id answers None".into()))?;
    ensure_eq!(
        version == before.version,
        context.capabilities().rotate_keeps_version,
        "whether the rotate keeps the version, as it is declared"
    );
    Ok(Record { version, ..before })
}

fn a_rotate_moves_payload_and_deadline(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let (from, to) = (id("before-login"), id("after-login"));
    for length in [0, 1, 4_096, 60_000] {
        for deadline in [None, Some(at(1)), Some(at(5_000))] {
            let payload = marked(3, length);
            let new = record(&payload, deadline);
            let mut before = stored(&*store, &from, new, Precondition::Absent, NOW)?;
            if length == 1 {
                before.expires_at = Some(at(7_000));
                store.touch(&from, before.expires_at, NOW)?;
            }
            let due = moved(context, &*store, [&from, &to], before)?;
            for handle in race::handles(&store, &other) {
                expect::record(handle, &to, NOW, &due, "after a rotate")?;
                expect::gone(handle, &from, "after it was rotated away")?;
                ensure_eq!(visits(handle, NOW)?.len(), 1, "visits after a rotate");
            }
            let when = Precondition::Version(due.version);
            let saved = stored(&*store, &to, forever(b"saved"), when, NOW)?;
            expect::record(
                &*store,
                &to,
                NOW,
                &saved,
                "saved with the version of the rotate",
            )?;
            ensure!(
                store.remove(&to, NOW)?,
                "the remove of a rotated id answers false"
            );
            expect::gone(&*store, &to, "after its remove")?;
        }
    }
    Ok(())
}

fn a_rotate_moves_onto_an_id_however_it_is_absent(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for absence in Absence::ALL {
        for deadline in [None, Some(at(5_000))] {
            let (from, to) = (id("from"), id(&format!("to-{absence:?}")));
            absence.bring_about(&*store, &to)?;
            let before = stored(
                &*store,
                &from,
                record(b"x", deadline),
                Precondition::Any,
                NOW,
            )?;
            let due = moved(context, &*store, [&from, &to], before)?;
            store.sweep(at(4_000), UNLIMITED)?;
            for now in [NOW, at(4_000), Timestamp::MIN] {
                expect::record(&*store, &to, now, &due, "at an id that was absent")?;
            }
            expect::gone(&*store, &from, "after it was rotated away")?;
            store.remove(&to, NOW)?;
            expect::gone(&*store, &to, "after its remove")?;
        }
    }
    Ok(())
}

fn a_rotated_deadline_is_enforced_once(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let (from, to) = (id("from"), id("to"));
    store.store(&from, until(b"x", 5_000), Precondition::Absent, NOW)?;
    store.rotate(&from, &to, NOW)?;
    let anew = stored(
        &*store,
        &from,
        forever(b"of another"),
        Precondition::Absent,
        NOW,
    )?;
    ensure_eq!(
        store.sweep(at(4_999), UNLIMITED)?.removed,
        0,
        "records swept too early"
    );
    live_record(&*store, &to, at(4_999))?;
    expect::absent(
        &*store,
        &to,
        at(5_000),
        "at the deadline it had before the rotate",
    )?;
    let swept = store.sweep(at(5_000), UNLIMITED)?.removed;
    ensure!(
        swept <= 1,
        "a sweep counts {swept} records where one was rotated"
    );
    expect::record(
        &*store,
        &from,
        NOW,
        &anew,
        "created where another was rotated away",
    )
}

fn a_chain_of_rotates_leaves_one_record(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let chain = ids("link", 12);
    let payload = marked(9, 700);
    let mut last = stored(
        &*store,
        &chain[0],
        until(&payload, 9_000),
        Precondition::Any,
        NOW,
    )?;
    for _ in 0..3 {
        for (number, from) in chain.iter().enumerate() {
            let to = &chain[(number + 1) % chain.len()];
            last = moved(context, &*store, [from, to], last)?;
            expect::gone(&*store, from, "after it was rotated away")?;
            expect::record(&*store, to, NOW, &last, "after a rotate")?;
        }
    }
    ensure_eq!(
        visits(&*store, Timestamp::MIN)?.len(),
        1,
        "visits after a chain of rotates"
    );
    Ok(())
}

const ROT_2: Rule = Rule {
    id: "ROT-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Rotating an absent or expired `from` returns None whatever `to` is; else a live `to`, `from` itself included, fails with \
           AlreadyExists; neither changes anything; an expired `to` counts as absent.",
    intent: "A login moves one user's session onto another user's.",
    provenance: &[Provenance::Fault(
        "tower-sessions pull request 188: a new id was saved where it had to be created",
    )],
    needs: &[],
    proof: cases![
        an_absent_from_is_none_whatever_to_is,
        a_live_to_is_refused_and_both_stay,
        an_id_cannot_be_rotated_onto_itself,
        a_rotate_and_a_create_of_one_id_do_not_both_succeed,
        two_rotates_onto_one_id_do_not_both_succeed
    ],
};

fn an_absent_from_is_none_whatever_to_is(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let live = id("live");
    let due = stored(
        &*store,
        &live,
        until(b"live", 5_000),
        Precondition::Absent,
        NOW,
    )?;
    for from_absence in Absence::ALL {
        let from = id(&format!("from-{from_absence:?}"));
        from_absence.bring_about(&*store, &from)?;
        for to_absence in Absence::ALL {
            let to = id(&format!("to-{to_absence:?}"));
            to_absence.bring_about(&*store, &to)?;
            let answer = store.rotate(&from, &to, NOW)?;
            ensure_eq!(
                answer,
                None,
                "the rotate of {from_absence:?} onto {to_absence:?}"
            );
            expect::absent(&*store, &to, NOW, "and nothing was rotated onto")?;
        }
        for (to, what) in [(&live, "a live id"), (&from, "itself")] {
            let answer = store.rotate(&from, to, NOW);
            let answer = answer.map_err(|error| error.kind());
            ensure_eq!(
                answer,
                Ok(None),
                "the rotate of {from_absence:?} onto {what}"
            );
        }
        expect::absent(&*store, &from, NOW, "after a rotate in vain")?;
        expect::record(
            &*store,
            &live,
            NOW,
            &due,
            "after absent ids were rotated onto it",
        )?;
    }
    Ok(())
}

fn a_live_to_is_refused_and_both_stay(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let (from, to) = (id("from"), id("to"));
    for from_deadline in [None, Some(at(5_000))] {
        for to_deadline in [None, Some(at(1)), Some(at(9_000))] {
            let new = record(b"from", from_deadline);
            let source = stored(&*store, &from, new, Precondition::Any, NOW)?;
            let target = stored(
                &*store,
                &to,
                record(b"to", to_deadline),
                Precondition::Any,
                NOW,
            )?;
            for handle in race::handles(&store, &other) {
                let outcome = handle.rotate(&from, &to, NOW);
                expect::refused(outcome, ErrorKind::AlreadyExists, "a rotate onto a live id")?;
                expect::record(&*store, &from, NOW, &source, "after a refused rotate")?;
                expect::record(&*store, &to, NOW, &target, "after a refused rotate onto it")?;
            }
        }
    }
    Ok(())
}

fn an_id_cannot_be_rotated_onto_itself(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("itself");
    for deadline in [None, Some(at(5_000))] {
        let due = stored(
            &*store,
            &who,
            record(b"x", deadline),
            Precondition::Any,
            NOW,
        )?;
        let outcome = store.rotate(&who, &who, NOW);
        expect::refused(
            outcome,
            ErrorKind::AlreadyExists,
            "a rotate of a live id onto itself",
        )?;
        expect::record(&*store, &who, NOW, &due, "after a rotate onto itself")?;
    }
    Ok(())
}

fn a_rotate_and_a_create_of_one_id_do_not_both_succeed(context: &Context) -> Verdict {
    one_comes_to_be_at_to(context, |driver, _, to| {
        let outcome = driver.store(to, forever(b"created"), Precondition::Absent, NOW);
        Ok(tried(outcome, &[ErrorKind::AlreadyExists])?.is_some())
    })
}

fn two_rotates_onto_one_id_do_not_both_succeed(context: &Context) -> Verdict {
    one_comes_to_be_at_to(context, |driver, second, to| {
        Ok(tried(driver.rotate(second, to, NOW), &[ErrorKind::AlreadyExists])?.is_some())
    })
}

/// Races a rotate onto an id with a `rival` that is given a live id of its own and the contested
/// one, and says whether it succeeded.
fn one_comes_to_be_at_to(
    context: &Context,
    rival: impl Fn(&dyn SessionDriver, &SessionId, &SessionId) -> Result<bool, Stop> + Sync,
) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let [one, two] = race::handles(&store, &other);
    let (from, second, to) = (id("from"), id("second"), id("contested"));
    for round in 0..context.rounds(200) {
        store.store(&from, forever(b"rotated"), Precondition::Any, NOW)?;
        store.store(&second, forever(b"created"), Precondition::Any, NOW)?;
        let (rotated, rivalled) = race::both(
            || Ok(tried(one.rotate(&from, &to, NOW), &[ErrorKind::AlreadyExists])?.is_some()),
            || rival(two, &second, &to),
        )?;
        ensure!(
            rotated != rivalled,
            "a rotate onto an id and its rival say {rotated} and {rivalled}, in round {round}"
        );
        if rotated {
            expect::payload(&*store, &to, b"rotated", "after the rotate won")?;
            expect::gone(&*store, &from, "after its rotate won")?;
            expect::payload(&*store, &second, b"created", "that lost to a rotate")?;
        } else {
            expect::payload(&*store, &to, b"created", "after the rotate lost")?;
            expect::payload(&*store, &from, b"rotated", "after its rotate lost")?;
        }
        store.remove(&to, NOW)?;
    }
    Ok(())
}

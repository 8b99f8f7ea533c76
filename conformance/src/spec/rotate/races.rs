//! ROT: rotate, among other operations.

use std::sync::atomic::{AtomicUsize, Ordering};

use session_driver::{ErrorKind, Precondition, Record, SessionDriver, SessionId};

use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::{stored, tried};
use crate::workload::{NOW, at, forever, id, ids, marked, until};

pub(super) const ROT_3: Rule = Rule {
    id: "ROT-3",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "With atomic_rotate an observer that saw `from` absent finds `to` live, and one that saw `to` live finds `from` absent. \
           With or without it, a store or touch that succeeded on `from` before is in `to`, and both are not absent at once.",
    intent: "A request that comes during the login finds no session at all, or what it saved is lost.",
    provenance: &[
        Provenance::Known(
            "OWASP Session Management Cheat Sheet: the old id ends when the new one begins",
        ),
        Provenance::Own("a request that comes meanwhile finds one of them"),
    ],
    needs: &[],
    proof: cases![
        both_ids_are_not_absent_at_once,
        both_ids_are_not_live_at_once,
        a_store_that_succeeded_on_from_is_in_to,
        a_touch_that_succeeded_on_from_is_in_to
    ],
};

const LINKS: usize = 300;

fn both_ids_are_not_absent_at_once(context: &Context) -> Verdict {
    follow_a_chain(context, |driver, chain, link| {
        let ahead = chain.iter().enumerate().skip(link);
        for (link, who) in ahead {
            if driver.retrieve(who, NOW)?.is_some() {
                return Ok(link);
            }
        }
        Err(Stop::Failed(format!(
            "from link {link} of {LINKS} on, all ids of a chain of rotates were absent"
        )))
    })
}

fn both_ids_are_not_live_at_once(context: &Context) -> Verdict {
    context.needs(Need::AtomicRotate)?;
    follow_a_chain(context, |driver, chain, link| {
        // The later id first: once `to` was seen live, `from` is to be absent.
        for (link, pair) in chain.windows(2).enumerate().skip(link) {
            if driver.retrieve(&pair[1], NOW)?.is_some() {
                expect::absent(driver, &pair[0], NOW, "for `to` was seen live")?;
                return Ok(link + 1);
            }
            if driver.retrieve(&pair[0], NOW)?.is_some() {
                return Ok(link);
            }
        }
        Ok(chain.len() - 1)
    })
}

/// Rotates one record along a chain of ids while observers follow it. It moves forward only, so
/// that one who looks at each link in turn, from one where it was, comes upon it by the last link
/// at the latest.
fn follow_a_chain(
    context: &Context,
    observe: impl Fn(&dyn SessionDriver, &[SessionId], usize) -> Result<usize, Stop> + Sync,
) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    for (run, rotater) in handles.into_iter().enumerate() {
        let chain = ids(&format!("run-{run}"), LINKS);
        store.store(
            &chain[0],
            until(&[b'x'; 300], 40_000),
            Precondition::Absent,
            NOW,
        )?;
        let seen_at = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let follow = |observer: usize, _| {
            let last_seen = seen_at[observer].load(Ordering::Relaxed);
            let link = observe(handles[observer], &chain, last_seen)?;
            seen_at[observer].store(link, Ordering::Relaxed);
            Ok(())
        };
        race::meanwhile(2, follow, || {
            chain.windows(2).try_for_each(|link| {
                let moved = rotater.rotate(&link[0], &link[1], NOW)?;
                ensure!(moved.is_some(), "the rotate of a live id answers None");
                Ok(())
            })
        })?;
    }
    Ok(())
}

fn a_store_that_succeeded_on_from_is_in_to(context: &Context) -> Verdict {
    rotate_races_a_change(context, |driver, from, before| {
        let when = match before.payload.first() {
            Some(0) => Precondition::Present,
            _ => Precondition::Version(before.version),
        };
        let payload = marked(77, 8 + before.payload.len() / 2);
        let outcome = driver.store(from, until(&payload, 8_000), when, NOW);
        let stored = tried(outcome, &[ErrorKind::NotFound])?;
        Ok(stored.map(|version| Record {
            payload,
            expires_at: Some(at(8_000)),
            version,
        }))
    })
}

fn a_touch_that_succeeded_on_from_is_in_to(context: &Context) -> Verdict {
    rotate_races_a_change(context, |driver, from, before| {
        let expires_at = Some(at(8_000));
        let touched = driver.touch(from, expires_at, NOW)?;
        Ok(touched.then(|| Record {
            expires_at,
            ..before.clone()
        }))
    })
}

/// Races a rotate with a `change` of its `from`, which gives the changed record if it succeeded.
fn rotate_races_a_change(
    context: &Context,
    change: impl Fn(&dyn SessionDriver, &SessionId, &Record) -> Result<Option<Record>, Stop> + Sync,
) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let [one, two] = race::handles(&store, &other);
    let (from, to) = (id("from"), id("to"));
    for round in (0..).take(context.rounds(300)) {
        let payload = marked(round % 2, 200);
        let before = stored(
            &*store,
            &from,
            until(&payload, 5_000),
            Precondition::Absent,
            NOW,
        )?;
        let (moved, changed) = race::both(
            || Ok(one.rotate(&from, &to, NOW)?),
            || change(two, &from, &before),
        )?;
        let version =
            moved.ok_or_else(|| Stop::Failed("the rotate of a live id answers None".into()))?;
        let due = Record {
            version,
            ..changed.unwrap_or(before)
        };
        expect::gone(&*store, &from, "after a rotate that raced a change")?;
        expect::record(
            &*store,
            &to,
            NOW,
            &due,
            "after a rotate that raced a change",
        )?;
        store.remove(&to, NOW)?;
    }
    Ok(())
}

pub(super) const ROT_4: Rule = Rule {
    id: "ROT-4",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "When rotate and remove of `from` race, exactly one wins (remove true or rotate Some); if it was remove, both ids are absent \
           once both have returned.",
    intent: "A logout during the login ends the old id and leaves the new one, which nobody knows of, alive.",
    provenance: &[Provenance::Own(
        "what a logout during a login makes of RES-1",
    )],
    needs: &[],
    proof: cases![
        a_rotate_or_a_remove_wins,
        a_rotate_or_a_remove_wins_with_a_save_in_flight,
        one_of_two_rotates_of_an_id_wins
    ],
};

fn a_rotate_or_a_remove_wins(context: &Context) -> Verdict {
    rotate_races_remove(context, 2)
}

fn a_rotate_or_a_remove_wins_with_a_save_in_flight(context: &Context) -> Verdict {
    rotate_races_remove(context, 3)
}

/// Two workers rotate and remove, a third one saves.
fn rotate_races_remove(context: &Context, workers: usize) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    let (from, to) = (id("from"), id("to"));
    for round in 0..context.rounds(300) {
        store.store(&from, until(b"live", 5_000), Precondition::Absent, NOW)?;
        let won = race::together(workers, |worker| {
            let driver = handles[(worker + round) % 2];
            match worker {
                0 => Ok(driver.rotate(&from, &to, NOW)?.is_some()),
                1 => Ok(driver.remove(&from, NOW)?),
                _ => {
                    let save =
                        driver.store(&from, until(b"live", 9_000), Precondition::Present, NOW);
                    tried(save, &[ErrorKind::NotFound]).map(|_| false)
                }
            }
        })?;
        ensure!(
            won[0] != won[1],
            "the rotate says {}, the remove says {}, in round {round}",
            won[0],
            won[1]
        );
        expect::gone(&*store, &from, "after its rotate raced its remove")?;
        if won[0] {
            expect::payload(&*store, &to, b"live", "after the rotate won")?;
            store.remove(&to, NOW)?;
        }
        expect::gone(&*store, &to, "after a remove")?;
    }
    Ok(())
}

fn one_of_two_rotates_of_an_id_wins(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    let (from, to) = (id("from"), ids("to", 2));
    for round in 0..context.rounds(300) {
        store.store(&from, forever(b"live"), Precondition::Absent, NOW)?;
        let won = race::together(2, |worker| {
            let moved = handles[worker].rotate(&from, &to[worker], NOW)?;
            Ok(moved.is_some())
        })?;
        ensure!(
            won[0] != won[1],
            "two rotates say {} and {}, in round {round}",
            won[0],
            won[1]
        );
        expect::gone(&*store, &from, "after two rotates")?;
        for (to, won) in to.iter().zip(won) {
            if won {
                expect::payload(&*store, to, b"live", "after its rotate won")?;
                store.remove(to, NOW)?;
            }
            expect::gone(&*store, to, "which was removed, or whose rotate lost")?;
        }
    }
    Ok(())
}

//! EXP: expiry, to the millisecond.

use session_driver::{ErrorKind, Precondition, Record, SessionDriver, SessionId, Timestamp};

use crate::case::{Context, Verdict, cases, ensure, ensure_eq, live_record};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, stored, tried, visits};
use crate::workload::{NOW, at, forever, id, until};

pub(super) const EXP_1: Rule = Rule {
    id: "EXP-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "With expires_at = t a record is live when given now < t and absent when given now >= t, in retrieve, store, touch, remove, \
           rotate, traverse and sweep alike.",
    intent: "At the instant of expiry one operation calls the session live and another one calls it dead, and a sweep ends a live one.",
    provenance: &[Provenance::Fault(
        "published stores that compare deadlines as text, or with `<` in one operation and `<=` in another",
    )],
    needs: &[],
    proof: cases![
        retrieve_sees_the_first_dead_instant,
        an_absent_store_sees_the_first_dead_instant,
        a_present_store_sees_the_first_dead_instant,
        a_version_store_sees_the_first_dead_instant,
        touch_sees_the_first_dead_instant,
        remove_sees_the_first_dead_instant,
        rotate_sees_the_first_dead_instant_of_from,
        rotate_sees_the_first_dead_instant_of_to,
        traverse_sees_the_first_dead_instant,
        sweep_sees_the_first_dead_instant,
        a_touched_deadline_has_the_same_first_dead_instant
    ],
};

/// Deadlines, in milliseconds: at once, within a second, on one, and just before one.
const DEADLINES: [i64; 4] = [1, 500, 5_000, 5_999];

/// A record with a deadline, tried once at a millisecond beside it or at it.
struct Edge<'a> {
    driver: &'a dyn SessionDriver,
    who: SessionId,
    kept: Record,
    /// How long after the deadline it is tried: -1, 0 or 1.
    offset: i64,
    now: Timestamp,
}

impl Edge<'_> {
    fn is_live(&self) -> bool {
        self.offset < 0
    }

    /// The operation saw a live record before the deadline, and an absent one from then on.
    fn saw(&self, live: bool, operation: &str) -> Verdict {
        let due = self.is_live();
        ensure_eq!(
            live,
            due,
            "whether {operation} takes the record for live, {} ms after its deadline",
            self.offset
        );
        Ok(())
    }
}

/// Tries fresh records at one millisecond before each deadline, at it, and one after.
fn at_the_edges(context: &Context, attempt: impl Fn(&Edge<'_>) -> Verdict) -> Verdict {
    let store = context.fresh()?;
    for millis in DEADLINES {
        for offset in [-1, 0, 1] {
            let who = id(&format!("edge-{millis}{offset:+}"));
            let kept = stored(
                &*store,
                &who,
                until(b"edge", millis),
                Precondition::Absent,
                at(-9),
            )?;
            let edge = Edge {
                driver: &*store,
                who,
                kept,
                offset,
                now: at(millis + offset),
            };
            attempt(&edge)?;
            store.remove(&edge.who, NOW)?;
        }
    }
    Ok(())
}

fn retrieve_sees_the_first_dead_instant(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        let found = edge.driver.retrieve(&edge.who, edge.now)?;
        edge.saw(found.is_some(), "a retrieve")?;
        match found {
            Some(found) => {
                ensure_eq!(found, edge.kept, "the record just before its deadline");
                Ok(())
            }
            None => Ok(()),
        }
    })
}

fn an_absent_store_sees_the_first_dead_instant(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        let outcome = edge
            .driver
            .store(&edge.who, forever(b"new"), Precondition::Absent, edge.now);
        let created = tried(outcome, &[ErrorKind::AlreadyExists])?;
        edge.saw(created.is_none(), "a store with Absent")?;
        let due: &[u8] = if edge.is_live() { b"edge" } else { b"new" };
        expect::payload_at(
            edge.driver,
            &edge.who,
            at(-9),
            due,
            "after a store with Absent",
        )
    })
}

fn a_present_store_sees_the_first_dead_instant(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        a_save_at_the_edge(edge, Precondition::Present)
    })
}

fn a_version_store_sees_the_first_dead_instant(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        a_save_at_the_edge(edge, Precondition::Version(edge.kept.version))
    })
}

fn a_save_at_the_edge(edge: &Edge<'_>, when: Precondition) -> Verdict {
    let outcome = edge
        .driver
        .store(&edge.who, forever(b"saved"), when, edge.now);
    let saved = tried(outcome, &[ErrorKind::NotFound])?;
    edge.saw(saved.is_some(), "a store")?;
    match saved {
        Some(_) => expect::payload_at(edge.driver, &edge.who, edge.now, b"saved", "after a store"),
        None => expect::absent(
            edge.driver,
            &edge.who,
            edge.now,
            "after a store was refused",
        ),
    }
}

fn touch_sees_the_first_dead_instant(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        let touched = edge.driver.touch(&edge.who, Some(at(20_000)), edge.now)?;
        edge.saw(touched, "a touch")?;
        let found = edge.driver.retrieve(&edge.who, edge.now)?;
        edge.saw(found.is_some(), "a retrieve after a touch")
    })
}

fn remove_sees_the_first_dead_instant(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        edge.saw(edge.driver.remove(&edge.who, edge.now)?, "a remove")?;
        expect::gone(edge.driver, &edge.who, "after a remove")
    })
}

fn rotate_sees_the_first_dead_instant_of_from(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        let to = id("to");
        let moved = edge.driver.rotate(&edge.who, &to, edge.now)?;
        edge.saw(moved.is_some(), "a rotate")?;
        let found = edge.driver.retrieve(&to, edge.now)?;
        edge.saw(found.is_some(), "a retrieve after a rotate")?;
        edge.driver.remove(&to, NOW)?;
        Ok(())
    })
}

fn rotate_sees_the_first_dead_instant_of_to(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        let from = id("from");
        edge.driver
            .store(&from, forever(b"moved"), Precondition::Any, NOW)?;
        let outcome = edge.driver.rotate(&from, &edge.who, edge.now);
        let moved = tried(outcome, &[ErrorKind::AlreadyExists])?;
        edge.saw(moved.is_none(), "a rotate onto it")?;
        let due: &[u8] = if edge.is_live() { b"edge" } else { b"moved" };
        expect::payload_at(
            edge.driver,
            &edge.who,
            at(-9),
            due,
            "after a rotate onto it",
        )
    })
}

fn traverse_sees_the_first_dead_instant(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        edge.saw(visits(edge.driver, edge.now)?.len() == 1, "a traverse")
    })
}

fn sweep_sees_the_first_dead_instant(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        let removed = drained(edge.driver, edge.now, UNLIMITED)?;
        if edge.is_live() {
            ensure_eq!(removed, 0, "records swept just before their deadline");
            return expect::record(
                edge.driver,
                &edge.who,
                edge.now,
                &edge.kept,
                "after a sweep",
            );
        }
        if context.capabilities().native_expiry.is_none() {
            ensure_eq!(
                removed,
                1,
                "records swept {} ms after their deadline",
                edge.offset
            );
            expect::gone(edge.driver, &edge.who, "after a sweep")?;
        }
        Ok(())
    })
}

fn a_touched_deadline_has_the_same_first_dead_instant(context: &Context) -> Verdict {
    at_the_edges(context, |edge| {
        let deadline = edge.kept.expires_at;
        for other in [None, Some(at(20_000)), deadline] {
            ensure!(
                edge.driver.touch(&edge.who, other, at(-9))?,
                "the touch of a live id answers false"
            );
        }
        let found = edge.driver.retrieve(&edge.who, edge.now)?;
        edge.saw(found.is_some(), "a retrieve after touches")
    })
}

pub(super) const EXP_5: Rule = Rule {
    id: "EXP-5",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "expires_at is kept to the millisecond, and retrieve reports the one that is enforced.",
    intent: "A cookie and its session end at different instants, or a caller that renews in time comes too late.",
    provenance: &[Provenance::Own(
        "what is enforced and what is reported come from different columns as soon as one is rounded",
    )],
    needs: &[],
    proof: cases![every_millisecond_is_kept_reported_and_enforced],
};

fn every_millisecond_is_kept_reported_and_enforced(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let (who, moved) = (id("to-the-millisecond"), id("moved-to-the-millisecond"));
    let odd = [
        1, 2, 9, 10, 99, 100, 255, 256, 499, 500, 501, 998, 999, 1_000, 1_001, 8_191, 19_999,
    ];
    for millis in odd {
        for by_touch in [false, true] {
            let first = if by_touch { 30_000 } else { millis };
            store.store(&who, until(b"x", first), Precondition::Any, NOW)?;
            if by_touch {
                store.touch(&who, Some(at(millis)), NOW)?;
            }
            for handle in race::handles(&store, &other) {
                let found = live_record(handle, &who, NOW)?;
                ensure_eq!(
                    found.expires_at,
                    Some(at(millis)),
                    "the deadline of {millis} ms"
                );
            }
            store.rotate(&who, &moved, NOW)?;
            let found = live_record(&*store, &moved, at(millis - 1))?;
            ensure_eq!(
                found.expires_at,
                Some(at(millis)),
                "the deadline after a rotate"
            );
            expect::absent(&*store, &moved, at(millis), "at the deadline it reports")?;
            store.remove(&moved, NOW)?;
        }
    }
    Ok(())
}

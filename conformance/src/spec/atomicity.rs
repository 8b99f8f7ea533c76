//! ATM: atomicity.

mod races;

use std::time::Duration;

use session_driver::{ErrorKind, Precondition};

use crate::case::{Context, Verdict, cases, ensure_eq};
use crate::expect::{gone, record, refused};
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::stored;
use crate::subject::Setup;
use crate::workload::{NOW, at, forever, id, marked, until};

use self::races::{ATM_1, ATM_2};

pub(super) const RULES: &[Rule] = &[ATM_1, ATM_2, ATM_3];

const ATM_3: Rule = Rule {
    id: "ATM-3",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A store, touch, remove or rotate that fails with any kind but Indeterminate has changed nothing and does not \
           change anything later. (Refusals here; faults need a hook.)",
    intent: "A save that was refused takes effect after all, or a refused create moves the deadline.",
    provenance: &[Provenance::Own(
        "a caller that is told that nothing happened does it again",
    )],
    needs: &[],
    proof: cases![
        a_refused_store_changes_nothing,
        a_refused_store_onto_an_absent_id_creates_nothing,
        a_refused_rotate_changes_nothing,
        a_payload_over_the_maximum_changes_nothing
    ],
};

/// Long enough for a write-behind of a driver to happen.
const LATER: Duration = Duration::from_millis(150);

fn a_refused_store_changes_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let (who, new) = (id("kept"), marked(9, 5_000));
    let stale = store.store(&who, forever(b"an earlier one"), Precondition::Any, NOW)?;
    let due = stored(&*store, &who, until(b"kept", 5_000), Precondition::Any, NOW)?;
    for (when, kind) in [
        (Precondition::Absent, ErrorKind::AlreadyExists),
        (Precondition::Version(stale), ErrorKind::Conflict),
    ] {
        for expires_at in [None, Some(at(9_000)), Some(at(1)), Some(NOW), Some(at(-1))] {
            let record = session_driver::NewRecord {
                payload: &new,
                expires_at,
            };
            refused(
                store.store(&who, record, when, NOW),
                kind,
                "a store whose precondition fails",
            )?;
        }
    }
    record(&*store, &who, NOW, &due, "after refused stores")?;
    std::thread::sleep(LATER);
    record(&*store, &who, NOW, &due, "some time after refused stores")?;
    store.store(
        &who,
        forever(b"next"),
        Precondition::Version(due.version),
        NOW,
    )?;
    Ok(())
}

fn a_refused_store_onto_an_absent_id_creates_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("absent");
    let stale = store.store(&who, forever(b"an earlier one"), Precondition::Any, NOW)?;
    store.remove(&who, NOW)?;
    for when in [Precondition::Present, Precondition::Version(stale)] {
        for new in [forever(b"new"), until(b"new", 5_000), until(b"new", -1)] {
            refused(
                store.store(&who, new, when, NOW),
                ErrorKind::NotFound,
                "a store onto an absent id",
            )?;
        }
    }
    gone(&*store, &who, "after refused stores")?;
    std::thread::sleep(LATER);
    gone(&*store, &who, "some time after refused stores")
}

fn a_refused_rotate_changes_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let [from, to, absent] = ["from", "to", "absent"].map(id);
    let first = stored(
        &*store,
        &from,
        until(b"from", 5_000),
        Precondition::Any,
        NOW,
    )?;
    let second = stored(&*store, &to, until(b"to", 6_000), Precondition::Any, NOW)?;
    for (from, to) in [(&from, &to), (&to, &from), (&from, &from)] {
        refused(
            store.rotate(from, to, NOW),
            ErrorKind::AlreadyExists,
            "a rotate onto a live id",
        )?;
    }
    for to in [&to, &absent] {
        ensure_eq!(
            store.rotate(&absent, to, NOW)?,
            None,
            "a rotate of an absent id"
        );
    }
    for _ in 0..2 {
        record(&*store, &from, NOW, &first, "after refused rotates")?;
        record(&*store, &to, NOW, &second, "after refused rotates")?;
        gone(&*store, &absent, "after refused rotates")?;
        std::thread::sleep(LATER);
    }
    Ok(())
}

fn a_payload_over_the_maximum_changes_nothing(context: &Context) -> Verdict {
    let maximum = 64 * 1024;
    let store = context.fresh_with(&Setup::with_max_payload_bytes(maximum))?;
    let (who, absent) = (id("kept"), id("absent"));
    let due = stored(&*store, &who, until(b"kept", 5_000), Precondition::Any, NOW)?;
    let long = marked(3, maximum + 1);
    for when in [
        Precondition::Any,
        Precondition::Present,
        Precondition::Version(due.version),
    ] {
        let outcome = store.store(&who, until(&long, 9_000), when, NOW);
        refused(
            outcome,
            ErrorKind::PayloadTooLarge,
            "a payload over the maximum",
        )?;
    }
    let outcome = store.store(&absent, forever(&long), Precondition::Absent, NOW);
    refused(
        outcome,
        ErrorKind::PayloadTooLarge,
        "a payload over the maximum",
    )?;
    for _ in 0..2 {
        record(&*store, &who, NOW, &due, "after refused payloads")?;
        gone(&*store, &absent, "after refused payloads")?;
        std::thread::sleep(LATER);
    }
    Ok(())
}

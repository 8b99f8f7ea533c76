//! ISO: isolation of namespaces, and the unity of one.

mod instances;
mod names;

use session_driver::{ErrorKind, Precondition};

use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::expect::{absent, payload, record, refused};
use crate::neighbours::Neighbours;
use crate::rule::{Evidence, Level, Proof, Rule};
use crate::steps::{UNLIMITED, drained, stored, visits};
use crate::workload::{NOW, at, forever, id, until};

use self::instances::ISO_4;
use self::names::ISO_2;

pub(super) const RULES: &[Rule] = &[ISO_1, ISO_2, ISO_3, ISO_4];

const ISO_1: Rule = Rule {
    id: "ISO-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "An operation in one namespace does not see, change, expire or remove a record of another, equal ids included.",
    intent: "Two applications on one Redis or in one database log each other's users in, or out.",
    needs: &[],
    proof: cases![
        a_namespace_does_not_see_the_records_of_another,
        no_operation_reaches_into_another_namespace,
        the_drivers_own_namespace_is_one_among_others
    ],
};

fn a_namespace_does_not_see_the_records_of_another(context: &Context) -> Verdict {
    let Ok(both) = Neighbours::open(context, [Some("first"), Some("second")])? else {
        return plain_names_are_refused();
    };
    let who = id("somebody");
    both.visit(0, |first| {
        first.store(&who, until(b"first", 5_000), Precondition::Any, NOW)?;
        Ok(())
    })?;
    both.visit(1, |second| {
        absent(second, &who, NOW, "in this namespace, live in another,")?;
        ensure_eq!(
            visits(second, NOW)?,
            vec![],
            "the ids of an empty namespace beside another"
        );
        ensure!(
            !second.touch(&who, None, NOW)?,
            "a touch finds a record of another namespace"
        );
        let present = second.store(&who, forever(b"second"), Precondition::Present, NOW);
        refused(
            present,
            ErrorKind::NotFound,
            "a Present store onto an id of another namespace",
        )?;
        ensure_eq!(
            second.rotate(&who, &id("other"), NOW)?,
            None,
            "a rotate from another namespace"
        );
        second.store(&who, forever(b"second"), Precondition::Absent, NOW)?;
        Ok(())
    })?;
    both.visit(0, |first| {
        payload(
            first,
            &who,
            b"first",
            "beside an equal id of another namespace",
        )
    })?;
    both.visit(1, |second| {
        payload(
            second,
            &who,
            b"second",
            "beside an equal id of another namespace",
        )
    })
}

fn no_operation_reaches_into_another_namespace(context: &Context) -> Verdict {
    let Ok(both) = Neighbours::open(context, [Some("first"), Some("second")])? else {
        return plain_names_are_refused();
    };
    disturb(&both)
}

fn the_drivers_own_namespace_is_one_among_others(context: &Context) -> Verdict {
    let Ok(both) = Neighbours::open(context, [None, Some("beside")])? else {
        return plain_names_are_refused();
    };
    disturb(&both)?;
    let Ok(both) = Neighbours::open(context, [Some("beside"), None])? else {
        return plain_names_are_refused();
    };
    disturb(&both)
}

fn plain_names_are_refused() -> Verdict {
    ensure!(false, "the open of two namespaces with plain names fails");
    Ok(())
}

/// Every operation in the second namespace, on ids that are live or expired in the first, which has
/// to stay as it was.
fn disturb(both: &Neighbours<'_>) -> Verdict {
    let (live, due, free) = (id("live"), id("due"), id("free"));
    let mut kept = vec![];
    both.visit(0, |first| {
        kept.push(stored(
            first,
            &live,
            until(b"live", 5_000),
            Precondition::Any,
            NOW,
        )?);
        kept.push(stored(
            first,
            &due,
            until(b"due", 1_000),
            Precondition::Any,
            NOW,
        )?);
        Ok(())
    })?;
    both.visit(1, |second| {
        for who in [&live, &due] {
            second.store(who, until(b"second", 2_000), Precondition::Any, NOW)?;
            second.touch(who, Some(at(500)), NOW)?;
            second.rotate(who, &free, NOW)?;
            second.rotate(&free, who, NOW)?;
            second.remove(who, NOW)?;
            second.store(who, until(b"second", 500), Precondition::Any, NOW)?;
        }
        let removed = drained(second, at(1_500), UNLIMITED)?;
        ensure!(
            removed <= 2,
            "a sweep of a namespace with 2 expired records removes {removed}"
        );
        Ok(())
    })?;
    both.visit(0, |first| {
        record(
            first,
            &live,
            NOW,
            &kept[0],
            "after operations in another namespace",
        )?;
        record(
            first,
            &due,
            NOW,
            &kept[1],
            "after a sweep in another namespace",
        )
    })
}

const ISO_3: Rule = Rule {
    id: "ISO-3",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "Data outside the places a driver would use for its ids are not returned, changed or removed. What lies at an \
           id's own place belongs to the namespace and is Corrupt if it is no record.",
    intent: "A session store in a shared directory or database deletes what is not its own.",
    needs: &[],
    proof: Proof::Untested("needs a hook of the subject that plants foreign data in the backend"),
};

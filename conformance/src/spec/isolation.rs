//! ISO: isolation of namespaces, and the unity of one.

mod instances;
mod names;

use session_driver::{ErrorKind, Precondition};

use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::damage::{Damage, Hurt, at_rest};
use crate::exercise::use_all_operations;
use crate::expect::{absent, payload, record, refused};
use crate::foreign::Foreign;
use crate::neighbours::Neighbours;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, stored, visits};
use crate::workload::{NOW, at, forever, id, ids, until};

use self::instances::ISO_4;
use self::names::ISO_2;

pub(super) const RULES: &[Rule] = &[ISO_1, ISO_2, ISO_3, ISO_4];

const ISO_1: Rule = Rule {
    id: "ISO-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "An operation in one namespace does not see, change, expire or remove a record of another, equal ids included.",
    intent: "Two applications on one Redis or in one database log each other's users in, or out.",
    provenance: &[Provenance::Ancestor(
        "Catalyst::Plugin::Session::Store keeps several kinds of data under `prefix:id`",
    )],
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
    provenance: &[Provenance::Own(
        "an application keeps its own tables and keys beside the sessions",
    )],
    needs: &[],
    proof: cases![
        foreign_data_are_passed_over_and_left,
        what_lies_at_an_ids_place_and_is_no_record_is_corrupt
    ],
};

fn foreign_data_are_passed_over_and_left(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let all = ids("beside-others", 20);
    let mut due = vec![];
    for who in &all {
        let new = until(b"ours", 5_000);
        due.push(stored(&*store, who, new, Precondition::Any, NOW)?);
    }
    let place = at_rest(context, store)?;
    let foreign = Foreign::plant(context, &place)?;
    let store = foreign.open_beside(context, &place)?;
    for (who, due) in all.iter().zip(&due) {
        record(&*store, who, NOW, due, "beside foreign data")?;
    }
    use_all_operations(&*store, context.seed(), 40)?;
    ensure_eq!(
        visits(&*store, NOW)?.len(),
        all.len(),
        "the ids visited beside foreign data"
    );
    let removed = drained(&*store, at(6_000), UNLIMITED)?;
    let native = context.capabilities().native_expiry.is_some();
    ensure!(
        removed == all.len() as u64 || (native && removed < all.len() as u64),
        "a sweep beside foreign data removes {removed}, not {}",
        all.len()
    );
    for who in &all {
        store.remove(who, NOW)?;
    }
    drop(store);
    foreign.is_left(context, &place)
}

fn what_lies_at_an_ids_place_and_is_no_record_is_corrupt(context: &Context) -> Verdict {
    let hurt = Hurt::new(context)?;
    let store = hurt.open(context)?;
    for damaged in &hurt.damaged {
        let what = damaged.damage;
        if matches!(what, Damage::Foreign | Damage::AnotherKind) {
            refused(
                store.retrieve(&damaged.id, NOW),
                ErrorKind::Corrupt,
                &format!("a retrieve where {what:?} data lie at the id's own place"),
            )?;
        }
    }
    Ok(())
}

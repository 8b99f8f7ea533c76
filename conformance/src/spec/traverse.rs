//! TRV: traverse.

mod churn;
mod visitor;

use std::collections::HashSet;

use session_driver::{Precondition, SessionId, Timestamp};

use self::churn::{TRV_2, TRV_3};
use self::visitor::{TRV_4, TRV_5, TRV_7};
use crate::absence::Absence;
use crate::case::{Context, Fixture, Stop, Verdict, cases, ensure, ensure_eq};
use crate::damage::at_rest;
use crate::expect;
use crate::foreign::Foreign;
use crate::hostile::hostile_ids;
use crate::race;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, visit_each, visits};
use crate::workload::{NOW, at, forever, id, ids, marked, random_id, record, until};

pub(super) const RULES: &[Rule] = &[TRV_1, TRV_2, TRV_3, TRV_4, TRV_5, TRV_6, TRV_7];

const TRV_1: Rule = Rule {
    id: "TRV-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Traversing an unchanging store visits every live id exactly once and no expired one.",
    intent: "A count of sessions is wrong, and a copy to another backend loses some.",
    provenance: &[Provenance::Ancestor("`traverse` of CGI::Session::Driver")],
    needs: &[],
    proof: cases![
        an_empty_store_has_no_visits,
        every_live_id_of_many_is_visited_once,
        the_deadline_decides_whether_an_id_is_visited,
        what_was_removed_or_moved_is_not_visited
    ],
};

/// The ids were visited, each once, and no other; where ids are not readable, as many.
fn visits_are(context: &Context, visited: &[SessionId], due: &[&SessionId], what: &str) -> Verdict {
    expect::no_repeats(visited)?;
    ensure_eq!(visited.len(), due.len(), "visits {what}");
    if context.capabilities().readable_ids {
        let visited: HashSet<_> = visited.iter().collect();
        let missing = due.iter().filter(|id| !visited.contains(*id)).count();
        ensure_eq!(
            missing,
            0,
            "ids that were not visited, others in their place, {what}"
        );
    }
    Ok(())
}

fn an_empty_store_has_no_visits(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for now in [Timestamp::MIN, NOW, Timestamp::MAX] {
        ensure_eq!(visits(&*store, now)?.len(), 0, "visits of an empty store");
    }
    Ok(())
}

fn every_live_id_of_many_is_visited_once(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let mut rng = context.rng();
    let all: Vec<_> = (0..1_400).map(|_| random_id(&mut rng)).collect();
    let mut live = Vec::new();
    for (number, who) in all.iter().enumerate() {
        let deadline = [None, Some(at(0)), Some(at(5_000)), None, Some(at(1))][number % 5];
        let payload = vec![b'x'; number % 97];
        store.store(
            who,
            record(&payload, deadline),
            Precondition::Absent,
            at(-9),
        )?;
        if deadline != Some(NOW) {
            live.push(who);
        }
        if [1, 2, 3, 70].contains(&(number + 1)) {
            visits_are(context, &visits(&*store, NOW)?, &live, "of a few ids")?;
        }
    }
    for handle in race::handles(&store, &other) {
        for _ in 0..2 {
            visits_are(context, &visits(handle, NOW)?, &live, "of many ids")?;
        }
    }
    let removed = drained(&*store, NOW, UNLIMITED)?;
    ensure!(
        removed <= 280,
        "a sweep counts {removed} records of 280 that were expired"
    );
    visits_are(context, &visits(&*store, NOW)?, &live, "after a sweep")
}

fn the_deadline_decides_whether_an_id_is_visited(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for millis in 1..=6 {
        let who = id(&format!("until-{millis}"));
        store.store(&who, until(b"x", millis), Precondition::Absent, NOW)?;
    }
    for now in 0..=6_i64 {
        let due = ids("until", 7).split_off(now as usize + 1);
        let due: Vec<_> = due.iter().collect();
        visits_are(
            context,
            &visits(&*store, at(now))?,
            &due,
            &format!("at {now} of 6 ms"),
        )?;
    }
    Ok(())
}

fn what_was_removed_or_moved_is_not_visited(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let mut live = ids("live", 3);
    for who in &live {
        store.store(who, forever(b"live"), Precondition::Absent, NOW)?;
    }
    for absence in Absence::ALL {
        absence.bring_about(&*store, &id(&format!("absent-{absence:?}")))?;
    }
    store.rotate(&live[0], &id("moved"), NOW)?;
    live[0] = id("moved");
    for _ in 0..2 {
        store.store(&live[1], until(b"again", 5_000), Precondition::Any, NOW)?;
        store.touch(&live[2], Some(at(9_000)), NOW)?;
        let due: Vec<_> = live.iter().collect();
        visits_are(context, &visits(&*store, NOW)?, &due, "beside absent ids")?;
    }
    Ok(())
}

/// A store of so many ids that never expire.
fn filled(context: &Context, count: usize) -> Result<(Fixture, Vec<SessionId>), Stop> {
    let store = context.fresh()?;
    let all = ids("visited", count);
    for who in &all {
        store.store(who, forever(b"x"), Precondition::Absent, NOW)?;
    }
    Ok((store, all))
}

const TRV_6: Rule = Rule {
    id: "TRV-6",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "The ids visited are byte-equal to those stored, and foreign files, keys and rows are passed over. Without readable_ids each \
           visited id is a stable digest, one a record, that every operation treats as an id never stored.",
    intent: "Who lists the sessions cannot end one of them, for the name shown is not its name.",
    provenance: &[Provenance::Own(
        "a digest that an operation took for an id would name another session",
    )],
    needs: &[],
    proof: cases![
        visited_ids_are_byte_equal_to_those_stored,
        visited_digests_are_stable_and_name_nothing,
        foreign_data_are_not_visited
    ],
};

fn foreign_data_are_not_visited(context: &Context) -> Verdict {
    let (store, all) = filled(context, 30)?;
    let before: HashSet<_> = visits(&*store, NOW)?.into_iter().collect();
    ensure_eq!(before.len(), all.len(), "the ids visited");
    let place = at_rest(context, store)?;
    let store = Foreign::plant(context, &place)?.open_beside(context, &place)?;
    let visited = visits(&*store, NOW)?;
    ensure_eq!(
        visited.len(),
        all.len(),
        "the ids visited beside foreign data"
    );
    let after: HashSet<_> = visited.into_iter().collect();
    ensure!(
        before == after,
        "the ids visited beside foreign data are others"
    );
    Ok(())
}

fn visited_ids_are_byte_equal_to_those_stored(context: &Context) -> Verdict {
    context.needs(Need::ReadableIds)?;
    let store = context.fresh()?;
    let mut rng = context.rng();
    let hostile = hostile_ids();
    let random = (0..100).map(|_| random_id(&mut rng));
    let all: Vec<_> = hostile.into_iter().chain(random).collect();
    for who in &all {
        store.store(who, forever(b"x"), Precondition::Any, NOW)?;
    }
    visits_are(
        context,
        &visits(&*store, NOW)?,
        &all.iter().collect::<Vec<_>>(),
        "of any bytes",
    )?;
    visit_each(&*store, NOW, |who| {
        ensure!(
            store.retrieve(who, NOW)?.is_some(),
            "a visited id is not found by its name"
        );
        Ok(())
    })
}

fn visited_digests_are_stable_and_name_nothing(context: &Context) -> Verdict {
    if context.capabilities().readable_ids {
        return Err(Stop::NotApplicable(
            "the driver declares readable_ids".into(),
        ));
    }
    let (store, all) = filled(context, 30)?;
    let before: HashSet<_> = visits(&*store, NOW)?.into_iter().collect();
    ensure_eq!(before.len(), all.len(), "different digests");
    for (who, shown) in all.iter().zip(&before) {
        expect::gone(&*store, shown, "for it is a digest")?;
        ensure!(
            !store.remove(shown, NOW)?,
            "the remove of a digest answers true"
        );
        store.store(
            who,
            until(&marked(5, 900), 9_000),
            Precondition::Present,
            NOW,
        )?;
    }
    let after: HashSet<_> = visits(&*store, NOW)?.into_iter().collect();
    ensure!(
        before == after,
        "the digests of the same ids are others after a store"
    );
    Ok(())
}

//! HYG: files that are no records.

use session_driver::Precondition;

use crate::artefacts::{children_can_be_killed, count, have_not_grown, killed_at_work};
use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::child::{Child, Request, Wish};
use crate::damage::at_rest;
use crate::exercise::use_all_operations;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::{UNLIMITED, drained};
use crate::subject::Setup;
use crate::workload::{NOW, at, forever, ids};

pub(super) const HYG_2: Rule = Rule {
    id: "HYG-2",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "Temp, lock and journal files do not grow in number with operations; those of a killed process are cleared by open \
           or sweep without harming live writers.",
    intent: "A directory of a million lock files, one for each session there ever was.",
    provenance: &[Provenance::Own(
        "a lock file a session is a file for each session there ever was",
    )],
    needs: &[],
    proof: cases![
        files_do_not_grow_in_number_with_operations,
        what_killed_processes_left_is_cleared,
        clearing_harms_no_live_writer
    ],
};

const ROUNDS: u32 = 150;

fn files_do_not_grow_in_number_with_operations(context: &Context) -> Verdict {
    let place = at_rest(context, context.fresh()?)?;
    let mut counts = vec![];
    // The first rounds fill a store with what stays for all ids alike, such as directories.
    for (seed, rounds) in [(1, 3 * ROUNDS), (2, ROUNDS), (3, ROUNDS)] {
        let store = context.open(&place, &Setup::default())?;
        use_all_operations(&*store, context.seed().wrapping_add(seed), rounds)?;
        drained(&*store, NOW, UNLIMITED)?;
        drop(store);
        counts.push(count(context, &place)?);
    }
    ensure!(
        counts[2] < counts[0] + ROUNDS as usize,
        "files, rows or entries after {}, {} and {} rounds of operations that leave no record: {counts:?}",
        3 * ROUNDS,
        4 * ROUNDS,
        5 * ROUNDS
    );
    Ok(())
}

fn what_killed_processes_left_is_cleared(context: &Context) -> Verdict {
    context.needs(Need::SurvivesKill)?;
    children_can_be_killed(context)?;
    let place = at_rest(context, context.fresh()?)?;
    let all = ids("of-the-dead", 30);
    let tidied = |due| -> Result<usize, Stop> {
        let store = context.open(&place, &Setup::default())?;
        for who in &all {
            store.store(who, forever(b"x"), Precondition::Any, NOW)?;
        }
        drained(&*store, due, UNLIMITED)?;
        drop(store);
        count(context, &place)
    };
    let before = tidied(at(1))?;
    killed_at_work(context, &place, &all)?;
    have_not_grown(before, tidied(at(2))?, "after kills, an open and a sweep")
}

fn clearing_harms_no_live_writer(context: &Context) -> Verdict {
    context.needs(Need::SharedByProcesses)?;
    let (place, mut child) = (context.place()?, Child::spawn(context)?);
    child.open(0, &place)?;
    for turn in 0..10 {
        let (seed, times) = (context.seed().wrapping_add(turn), 60);
        child.send(&Request::of(0, Wish::Use { seed, times }))?;
        for _ in 0..10 {
            let store = context.open(&place, &Setup::default())?;
            // Nothing that the child stores is expired by then, so what is swept are leftovers.
            drained(&*store, at(-10_000), UNLIMITED)?;
        }
        child.done()?;
    }
    Ok(())
}

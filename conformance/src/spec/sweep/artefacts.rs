//! SWP: what a sweep leaves.

use crate::artefacts::{
    children_can_be_killed, come_and_go, count, have_not_grown, killed_at_work,
};
use crate::case::{Context, Verdict, cases, ensure};
use crate::damage::at_rest;
use crate::lifetimes::Lifetimes;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::{UNLIMITED, drained};
use crate::subject::Setup;
use crate::workload::{at, ids};

pub(super) const SWP_6: Rule = Rule {
    id: "SWP-6",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A drained sweep leaves no row, key, file, index entry, lock or temp file of an expired record, also after a crash; a driver with \
           native expiry has instead set a TTL on every record whose deadline the engine can express.",
    intent: "The disk fills with what is left of sessions that ended long ago.",
    provenance: &[Provenance::Own(
        "follows from SWP-1 for all that a record has beside its row or file",
    )],
    needs: &[],
    proof: cases![
        a_drained_sweep_leaves_nothing_of_expired_records,
        a_drained_sweep_leaves_nothing_of_a_killed_process,
        the_backend_itself_lets_go_of_what_has_a_deadline
    ],
};

/// The first so many ids fill a store with what stays for all ids alike, such as directories.
const FIRST: usize = 300;
const LATER: usize = 150;

fn a_drained_sweep_leaves_nothing_of_expired_records(context: &Context) -> Verdict {
    context.needs(Need::ExpiryBySweep)?;
    let place = at_rest(context, context.fresh()?)?;
    come_and_go(context, &place, &ids("first", FIRST))?;
    let before = count(context, &place)?;
    come_and_go(context, &place, &ids("later", LATER))?;
    let after = count(context, &place)?;
    ensure!(
        after < before + LATER / 2,
        "a drained sweep of {LATER} expired records leaves {after} files, rows or entries where {before} were before"
    );
    Ok(())
}

fn a_drained_sweep_leaves_nothing_of_a_killed_process(context: &Context) -> Verdict {
    context.needs(Need::ExpiryBySweep)?;
    context.needs(Need::SurvivesKill)?;
    children_can_be_killed(context)?;
    let place = at_rest(context, context.fresh()?)?;
    let all = ids("of-the-dead", 30);
    come_and_go(context, &place, &all)?;
    let before = count(context, &place)?;
    killed_at_work(context, &place, &all)?;
    let store = context.open(&place, &Setup::default())?;
    drained(&*store, at(30_000), UNLIMITED)?;
    drop(store);
    let after = count(context, &place)?;
    have_not_grown(before, after, "after kills and a drained sweep")
}

/// Every way in which a record comes to its deadline.
fn the_backend_itself_lets_go_of_what_has_a_deadline(context: &Context) -> Verdict {
    let due = Lifetimes::of(context)?;
    for (who, way, _) in &due.mortal {
        let kept = context.kept_for(&due.place, who)?;
        ensure!(
            kept.is_some(),
            "the backend keeps a record with a deadline for ever, which came to it by {way}"
        );
    }
    Ok(())
}

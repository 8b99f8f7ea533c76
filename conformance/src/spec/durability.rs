//! DUR: durability.

mod kills;
mod power;

use session_driver::{Precondition, Record, SessionDriver, SessionId};

use crate::case::{Context, Fixture, Stop, Verdict, cases, ensure, ensure_eq};
use crate::copy::copied;
use crate::exercise::use_all_operations;
use crate::expect::{absent, gone, record};
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, stored, visits};
use crate::subject::{EarlierStore, Setup};
use crate::workload::{NOW, at, forever, id, ids, marked, until};

use self::kills::{DUR_2, DUR_4};
use self::power::DUR_3;

pub(super) const RULES: &[Rule] = &[DUR_1, DUR_2, DUR_3, DUR_4, DUR_5, DUR_6];

const DUR_1: Rule = Rule {
    id: "DUR-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "After an operation succeeded, closing and reopening shows its effect, with expires_at and version.",
    intent: "A restart logs everybody out, or lets sessions live for ever.",
    provenance: &[Provenance::Ancestor("`store` of CGI::Session::Driver")],
    needs: &[Need::Persistent],
    proof: cases![
        a_reopened_store_shows_every_operation,
        a_version_from_before_the_reopening_still_counts,
        a_reopened_store_sweeps_what_is_due
    ],
};

fn a_reopened_store_shows_every_operation(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let [fresh, replaced, touched, freed, removed, from, to, dead] = [
        "fresh", "replaced", "touched", "freed", "removed", "from", "to", "dead",
    ]
    .map(id);
    let keep = |who: &SessionId, new| stored(&*store, who, new, Precondition::Any, NOW);
    let long = marked(7, 20_000);
    keep(&replaced, until(b"an earlier one", 9_000))?;
    let mut due = vec![
        (fresh.clone(), keep(&fresh, until(b"fresh", 5_000))?),
        (replaced.clone(), keep(&replaced, forever(&long))?),
        (touched.clone(), keep(&touched, until(b"", 1_000))?),
        (freed.clone(), keep(&freed, until(b"freed", 1_000))?),
        (to.clone(), keep(&from, until(b"moved", 3_000))?),
    ];
    keep(&removed, forever(b"removed"))?;
    keep(&dead, forever(b"dead"))?;
    for (place, deadline) in [(2, Some(at(30_000))), (3, None)] {
        ensure!(
            store.touch(&due[place].0, deadline, NOW)?,
            "the touch of a live id answers false"
        );
        due[place].1.expires_at = deadline;
    }
    ensure!(
        store.remove(&removed, NOW)?,
        "the remove of a live id answers false"
    );
    store.store(&dead, until(b"", 0), Precondition::Any, NOW)?;
    if let Some(version) = store.rotate(&from, &to, NOW)? {
        due[4].1.version = version;
    }
    let mut store = store;
    for time in 1..=3 {
        store = store.reopen()?;
        shows(&*store, &due, &format!("after reopening {time} times"))?;
        for who in [&removed, &from, &dead] {
            gone(&*store, who, "after reopening")?;
        }
        ensure_eq!(
            visits(&*store, NOW)?.len(),
            due.len(),
            "the ids visited after reopening"
        );
    }
    Ok(())
}

fn shows(store: &dyn SessionDriver, due: &[(SessionId, Record)], when: &str) -> Verdict {
    due.iter()
        .try_for_each(|(who, due)| record(store, who, NOW, due, when))
}

fn a_version_from_before_the_reopening_still_counts(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("versioned");
    let first = store.store(&who, forever(b"first"), Precondition::Any, NOW)?;
    let store = store.reopen()?;
    let second = store.store(&who, forever(b"second"), Precondition::Version(first), NOW)?;
    let store = store.reopen()?;
    let stale = store.store(&who, forever(b"stale"), Precondition::Version(first), NOW);
    ensure!(
        stale.is_err(),
        "a version that was replaced before the reopening is taken"
    );
    store.store(&who, forever(b"third"), Precondition::Version(second), NOW)?;
    Ok(())
}

fn a_reopened_store_sweeps_what_is_due(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let (stays, goes) = (id("stays"), id("goes"));
    store.store(&goes, until(b"goes", 1_000), Precondition::Any, NOW)?;
    store.store(&stays, until(b"stays", 500), Precondition::Any, NOW)?;
    store.touch(&stays, Some(at(9_000)), NOW)?;
    let store = store.reopen()?;
    let removed = drained(&*store, at(2_000), UNLIMITED)?;
    let due = u64::from(context.capabilities().native_expiry.is_none());
    ensure!(
        (due..=1).contains(&removed),
        "a sweep after reopening removes {removed}, not {due}"
    );
    let store = store.reopen()?;
    ensure!(
        store.retrieve(&stays, at(2_000))?.is_some(),
        "a sweep after reopening took a live record"
    );
    ensure_eq!(
        store.retrieve(&goes, at(2_000))?,
        None,
        "an expired record after reopening"
    );
    Ok(())
}

const DUR_5: Rule = Rule {
    id: "DUR-5",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A closed store copied by names and contents only (no times, owners or inodes) opens with the same records.",
    intent: "A backup that was restored, or a volume that was moved, holds expired or no sessions.",
    provenance: &[Provenance::Own(
        "a deadline kept as a modification time does not survive a copy",
    )],
    needs: &[Need::Persistent, Need::Embedded],
    proof: cases![
        a_copy_of_a_closed_store_opens_with_the_same_records,
        a_copy_is_a_store_of_its_own
    ],
};

fn a_copy_of_a_closed_store_opens_with_the_same_records(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let mut due = filled(&store)?;
    let who = due[0].0.clone();
    store.touch(&who, Some(at(50_000)), NOW)?;
    due[0].1.expires_at = Some(at(50_000));
    let place = store.close();
    let place = copied(context, &place)?;
    let copy = context.open(&place, &Setup::default())?;
    shows(&*copy, &due, "in a copy of the closed store")?;
    ensure_eq!(
        visits(&*copy, NOW)?.len(),
        due.len(),
        "the ids visited in a copy"
    );
    use_all_operations(&*copy, context.seed(), 3)?;
    let removed = drained(&*copy, at(10_000), UNLIMITED)?;
    let expired = due
        .iter()
        .filter(|(_, due)| !due.is_live(at(10_000)))
        .count() as u64;
    let swept = context.capabilities().native_expiry.is_some() || removed == expired;
    ensure!(
        swept,
        "a sweep of a copy removes {removed} of {expired} expired records"
    );
    Ok(())
}

fn a_copy_is_a_store_of_its_own(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let due = filled(&store)?;
    let place = store.close();
    let copy = copied(context, &place)?;
    let (store, copy) = (
        context.open(&place, &Setup::default())?,
        context.open(&copy, &Setup::default())?,
    );
    for (who, _) in &due {
        ensure!(
            copy.remove(who, NOW)?,
            "the remove of a live id of a copy answers false"
        );
    }
    copy.store(&id("of-the-copy"), forever(b"x"), Precondition::Absent, NOW)?;
    shows(&*store, &due, "after the copy was emptied")?;
    ensure_eq!(
        visits(&*store, NOW)?.len(),
        due.len(),
        "the ids visited after the copy was changed"
    );
    Ok(())
}

fn filled(store: &Fixture) -> Result<Vec<(SessionId, Record)>, Stop> {
    let mut due = vec![];
    for (number, who) in ids("copied", 20).into_iter().enumerate() {
        let payload = marked(number as u64, number * 300);
        let new = until(&payload, 2_000 * (1 + number as i64));
        store.store(&who, forever(b"an earlier one"), Precondition::Any, NOW)?;
        let kept = stored(&**store, &who, new, Precondition::Any, NOW)?;
        due.push((who, kept));
    }
    Ok(due)
}

const DUR_6: Rule = Rule {
    id: "DUR-6",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "What any earlier release wrote is readable.",
    intent: "An upgrade logs everybody out.",
    provenance: &[Provenance::Own("sessions outlive deploys")],
    needs: &[Need::Persistent],
    proof: cases![
        what_an_earlier_release_wrote_is_read,
        a_store_of_an_earlier_release_stays_in_use
    ],
};

fn what_an_earlier_release_wrote_is_read(context: &Context) -> Verdict {
    for earlier in context.earlier_stores()? {
        let store = context.open(&earlier.place, &Setup::default())?;
        shows(
            &*store,
            &earlier.records,
            "in a store of an earlier release",
        )?;
        ensure_eq!(
            visits(&*store, NOW)?.len(),
            earlier.records.len(),
            "the ids visited in a store of an earlier release"
        );
        for (who, due) in &earlier.records {
            if let Some(deadline) = due.expires_at {
                absent(
                    &*store,
                    who,
                    deadline,
                    "at its deadline of an earlier release",
                )?;
            }
        }
    }
    Ok(())
}

fn a_store_of_an_earlier_release_stays_in_use(context: &Context) -> Verdict {
    for EarlierStore { place, mut records } in context.earlier_stores()? {
        let store = context.open(&place, &Setup::default())?;
        use_all_operations(&*store, context.seed(), 3)?;
        shows(&*store, &records, "beside changes to an earlier store")?;
        for (number, (who, due)) in records.iter_mut().enumerate() {
            if number % 2 == 0 {
                let deadline = Some(at(20_000));
                ensure!(
                    store.touch(who, deadline, NOW)?,
                    "the touch of a record of an earlier release answers false"
                );
                due.expires_at = deadline;
            } else {
                let when = Precondition::Version(due.version);
                *due = stored(&*store, who, until(b"of today", 30_000), when, NOW)?;
            }
        }
        drop(store);
        let store = context.open(&place, &Setup::default())?;
        shows(&*store, &records, "in an earlier store that was changed")?;
        for (who, _) in &records {
            ensure!(
                store.remove(who, NOW)?,
                "the remove of a record of an earlier release answers false"
            );
        }
        ensure!(
            visits(&*store, NOW)?.is_empty(),
            "ids are visited in an earlier store that was emptied"
        );
    }
    Ok(())
}

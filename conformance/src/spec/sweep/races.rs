//! SWP: sweep, among other operations.

use session_driver::{ErrorKind, Precondition, SessionDriver, SessionId, Timestamp, Version};

use super::filled;
use super::limit::limit;
use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::{drained, tried, visits};
use crate::workload::{NOW, at, forever, id, ids, until};

pub(super) const SWP_3: Rule = Rule {
    id: "SWP-3",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "A record renewed (any store, touch, or rotate onto it) while a sweep runs is not removed by it.",
    intent: "Two published file stores delete a session that was renewed between their check and their unlink.",
    provenance: &[Provenance::Fault(
        "two published file stores delete a session that was renewed between their check and their unlink",
    )],
    needs: &[],
    proof: cases![
        what_a_touch_renewed_is_not_swept,
        what_a_store_renewed_is_not_swept,
        what_a_rotate_replaced_is_not_swept
    ],
};

/// Renews a record that expires at [`NOW`], with the version it was read with; says whether it did.
type Renew = fn(&dyn SessionDriver, &SessionId, Version) -> Result<bool, Stop>;

fn what_a_touch_renewed_is_not_swept(context: &Context) -> Verdict {
    a_renewed_record_stays(
        context,
        &[
            |driver, who, _| Ok(driver.touch(who, Some(at(9_000)), at(-1))?),
            |driver, who, _| Ok(driver.touch(who, None, at(-1))?),
        ],
    )
}

fn what_a_store_renewed_is_not_swept(context: &Context) -> Verdict {
    a_renewed_record_stays(
        context,
        &[
            |driver, who, _| {
                driver.store(who, until(b"x", 9_000), Precondition::Any, NOW)?;
                Ok(true)
            },
            |driver, who, _| {
                driver.store(who, forever(b"x"), Precondition::Absent, NOW)?;
                Ok(true)
            },
            |driver, who, _| {
                let outcome = driver.store(who, until(b"x", 9_000), Precondition::Present, at(-1));
                Ok(tried(outcome, &[ErrorKind::NotFound])?.is_some())
            },
            |driver, who, version| {
                let when = Precondition::Version(version);
                let outcome = driver.store(who, forever(b"x"), when, at(-1));
                Ok(tried(outcome, &[ErrorKind::NotFound])?.is_some())
            },
        ],
    )
}

fn what_a_rotate_replaced_is_not_swept(context: &Context) -> Verdict {
    a_renewed_record_stays(
        context,
        &[|driver, who, _| {
            let from = id("to-be-rotated");
            driver.store(&from, until(b"x", 9_000), Precondition::Any, NOW)?;
            Ok(driver.rotate(&from, who, NOW)?.is_some())
        }],
    )
}

const RECORDS: usize = 8;

/// Races a sweep with renewals of what it is about to remove. Whatever says that it has renewed a
/// record, that record stays.
fn a_renewed_record_stays(context: &Context, renewals: &[Renew]) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let [renewer, sweeper] = race::handles(&store, &other);
    let mut rng = context.rng();
    for round in 0..context.rounds(150) {
        let mut records = Vec::new();
        for who in ids("renewed", RECORDS) {
            let version = store.store(&who, until(b"old", 0), Precondition::Absent, at(-9_000))?;
            records.push((who, version));
        }
        rng.shuffle(&mut records);
        let at_once = if round % 2 == 0 { 1_000 } else { 3 };
        let (renewed, removed) = race::both(
            || {
                let each = records.iter().zip(renewals.iter().cycle());
                each.map(|((who, version), renew)| renew(renewer, who, *version))
                    .collect()
            },
            || drained(sweeper, NOW, limit(at_once)),
        )?;
        let renewed: Vec<bool> = renewed;
        ensure!(
            removed <= RECORDS as u64,
            "a sweep counts {removed} of {RECORDS} records"
        );
        for ((who, _), renewed) in records.iter().zip(renewed) {
            let found = store.retrieve(who, NOW)?.is_some();
            ensure_eq!(
                found,
                renewed,
                "whether a record is live after its renewal raced a sweep, in round {round}"
            );
            ensure_eq!(
                store.remove(who, NOW)?,
                renewed,
                "whether a remove finds it"
            );
        }
    }
    Ok(())
}

pub(super) const SWP_4: Rule = Rule {
    id: "SWP-4",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "Concurrent sweeps all succeed, and their counts add up to the number of expired records.",
    intent: "The job of every host but one fails, or the report shows what was never there.",
    provenance: &[Provenance::Own("every host of a service runs the same job")],
    needs: &[Need::ExpiryBySweep],
    proof: cases![the_counts_of_concurrent_sweeps_add_up],
};

fn the_counts_of_concurrent_sweeps_add_up(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    let live = filled(&*store, "live", 20, Some(at(9_000)))?;
    for at_once in [1, 10, 1_000, 7, 1_000, 1_000] {
        let expired = filled(&*store, "expired", 200, Some(NOW))?;
        let removed = race::together(4, |worker| {
            drained(handles[worker % 2], NOW, limit(at_once))
        })?;
        let sum: u64 = removed.iter().sum();
        ensure_eq!(
            sum,
            200,
            "the sum of the counts of four sweeps, {removed:?}"
        );
        for who in &expired {
            expect::gone(&*store, who, "after four sweeps")?;
        }
        ensure_eq!(
            visits(&*store, Timestamp::MIN)?.len(),
            live.len(),
            "visits after four sweeps"
        );
    }
    Ok(())
}

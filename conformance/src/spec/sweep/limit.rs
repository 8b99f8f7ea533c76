//! SWP: sweep, in steps of a limit.

use std::num::NonZeroUsize;

use session_driver::Timestamp;

use super::filled;
use crate::case::{Context, Fixture, Stop, Verdict, cases, ensure, ensure_eq};
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{PARTS, drained, visits};
use crate::workload::{NOW, at};

pub(super) const SWP_2: Rule = Rule {
    id: "SWP-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A sweep with limit n removes at most n; `more` is true while something that was expired at the start remains; a loop until it is \
           false ends, drains the store unless the backend expires records itself, and costs the order of one pass overall; an empty or \
           new store gives zero, not an error.",
    intent: "The job stops before it is done and the store grows, or it never stops, or it blocks the service for a minute.",
    provenance: &[Provenance::Own(
        "one DELETE of 100,000 rows of SQLite kept writers waiting for 1.3 s",
    )],
    needs: &[],
    proof: cases![
        an_empty_store_sweeps_to_zero,
        a_store_of_live_records_sweeps_to_zero,
        no_sweep_exceeds_its_limit_or_ends_too_soon,
        a_loop_takes_as_many_calls_as_its_limit_asks_for
    ],
};

pub(super) fn limit(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN)
}

fn an_empty_store_sweeps_to_zero(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for now in [Timestamp::MIN, NOW, Timestamp::MAX] {
        for n in [1, 100, usize::MAX] {
            ensure_eq!(
                drained(&*store, now, limit(n))?,
                0,
                "records swept in an empty store"
            );
        }
    }
    Ok(())
}

fn a_store_of_live_records_sweeps_to_zero(context: &Context) -> Verdict {
    let store = context.fresh()?;
    filled(&*store, "for-ever", 40, None)?;
    filled(&*store, "until-later", 40, Some(at(1)))?;
    for n in [1, 7, usize::MAX] {
        ensure_eq!(
            drained(&*store, NOW, limit(n))?,
            0,
            "records swept of live ones"
        );
    }
    ensure_eq!(
        visits(&*store, NOW)?.len(),
        80,
        "visits after sweeps with nothing to do"
    );
    Ok(())
}

/// What a loop of sweeps did.
struct Loop {
    calls: u64,
    removed: u64,
}

/// Sweeps until `more` is false, and watches each answer; `left` says how many expired records
/// there are.
fn watched(context: &Context, store: &Fixture, n: usize, left: u64) -> Result<Loop, Stop> {
    let native = context.capabilities().native_expiry.is_some();
    let mut done = Loop {
        calls: 0,
        removed: 0,
    };
    loop {
        let swept = store.sweep(NOW, limit(n))?;
        done.calls += 1;
        done.removed += swept.removed;
        ensure!(
            swept.removed <= n as u64,
            "a sweep with limit {n} removed {}",
            swept.removed
        );
        ensure!(
            done.removed <= left,
            "sweeps count {} of {left} records",
            done.removed
        );
        if !swept.more {
            ensure!(
                native || done.removed == left,
                "a sweep with limit {n} says that nothing is left where {} of {left} are",
                left - done.removed
            );
            return Ok(done);
        }
        ensure!(
            done.calls < 10_000,
            "{} sweeps of {left} records did not come to an end",
            done.calls
        );
    }
}

fn no_sweep_exceeds_its_limit_or_ends_too_soon(context: &Context) -> Verdict {
    let store = context.fresh()?;
    // On either side of the expired ones in any order of names.
    filled(&*store, "a-live", 13, None)?;
    filled(&*store, "z-live", 12, None)?;
    for n in [
        1,
        2,
        7,
        24,
        25,
        26,
        i32::MAX as usize,
        u32::MAX as usize,
        usize::MAX / 2 + 1,
        usize::MAX,
    ] {
        let expired = filled(&*store, &format!("expired-{n}"), 25, Some(NOW))?;
        watched(context, &store, n, 25)?;
        ensure_eq!(
            visits(&*store, NOW)?.len(),
            25,
            "visits of live ids after sweeps"
        );
        if context.capabilities().native_expiry.is_none() {
            ensure_eq!(
                visits(&*store, Timestamp::MIN)?.len(),
                25,
                "records after sweeps"
            );
        }
        for who in &expired {
            store.remove(who, NOW)?;
        }
    }
    Ok(())
}

fn a_loop_takes_as_many_calls_as_its_limit_asks_for(context: &Context) -> Verdict {
    let store = context.fresh()?;
    filled(&*store, "a-live", 150, Some(at(9_000)))?;
    filled(&*store, "expired", 1_200, Some(NOW))?;
    filled(&*store, "z-live", 150, Some(at(9_000)))?;
    let done = watched(context, &store, 100, 1_200)?;
    ensure!(
        done.calls <= 2 * 12 + PARTS,
        "1200 records took {} sweeps with a limit of 100",
        done.calls
    );
    Ok(())
}

//! SWP: how long others wait for a sweep.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use session_driver::{Precondition, SessionDriver, SessionId};

use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::race::{outcome_of, together};
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, drained};
use crate::workload::{NOW, at, id, ids, until};

pub(super) const SWP_5: Rule = Rule {
    id: "SWP-5",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "While 100,000 expired records are swept, other operations go on, and their p99 is measured and printed.",
    intent: "The service stands still for seconds every hour, and nobody knew beforehand.",
    provenance: &[Provenance::Own(
        "one DELETE of 100,000 rows of SQLite kept writers waiting for 1.3 s",
    )],
    needs: &[],
    proof: cases![others_are_served_while_much_is_swept],
};

/// How many records are swept, and how long at most is spent on storing them: an engine that syncs
/// with every store has as many as it managed.
const EXPIRED: usize = 100_000;
const FILLING: Duration = Duration::from_secs(10);

/// Threads that store together, for engines that make one sync of many.
const FILLERS: usize = 32;

/// How long is measured without a sweep, for comparison.
const ALONE: Duration = Duration::from_millis(500);

/// Threads whose operations are measured.
const OTHERS: usize = 2;

/// Each operation is of a live id, and has to find it. How long it takes is no part of the verdict:
/// that depends on the machine, and on what else runs there.
fn others_are_served_while_much_is_swept(context: &Context) -> Verdict {
    let store = context.fresh()?;
    sweeps(context, &*store)?;
    let live = ids("live", 100);
    for who in &live {
        store.store(who, until(PAYLOAD, 9_000), Precondition::Absent, NOW)?;
    }
    let due = filled(context, &*store)?;
    let begin = Instant::now();
    let alone = served(&*store, &live, || begin.elapsed() >= context.span(ALONE))?;
    let swept = AtomicBool::new(false);
    let (removed, took, meanwhile) = thread::scope(|scope| {
        let sweeper = scope.spawn(|| {
            let begin = Instant::now();
            let removed = drained(&*store, at(2_000), UNLIMITED);
            swept.store(true, Ordering::Relaxed);
            Ok::<_, Stop>((removed?, begin.elapsed()))
        });
        let meanwhile = served(&*store, &live, || swept.load(Ordering::Relaxed));
        let (removed, took) = outcome_of(sweeper)?;
        Ok::<_, Stop>((removed, took, meanwhile?))
    })?;
    ensure!(
        removed as usize == due || context.capabilities().native_expiry.is_some(),
        "a sweep removes {removed} of {due} expired records"
    );
    context.measured(format!(
        "a sweep of {removed} expired records took {} ms; of {} while it ran, and of {} without it",
        took.as_millis(),
        shown(meanwhile),
        shown(alone),
    ));
    Ok(())
}

/// A backend that expires records itself may leave a sweep nothing to do.
fn sweeps(context: &Context, store: &dyn SessionDriver) -> Verdict {
    store.store(
        &id("expired"),
        until(PAYLOAD, 1_000),
        Precondition::Absent,
        NOW,
    )?;
    let removed = drained(store, at(2_000), UNLIMITED)?;
    if removed == 0 && context.capabilities().native_expiry.is_some() {
        let reason = "the backend expires records itself, and a sweep does nothing";
        return Err(Stop::NotApplicable(reason.into()));
    }
    Ok(())
}

const PAYLOAD: &[u8] = &[7; 200];

/// Stores what is expired a second after [`NOW`], and says how many.
fn filled(context: &Context, store: &dyn SessionDriver) -> Result<usize, Stop> {
    let (next, begin) = (AtomicUsize::new(0), Instant::now());
    let (wanted, time) = (context.rounds(EXPIRED), context.span(FILLING));
    let stored = together(FILLERS, |_| {
        let mut stored = 0;
        while begin.elapsed() < time {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= wanted {
                break;
            }
            let who = id(&format!("expired-{number}"));
            store.store(&who, until(PAYLOAD, 1_000), Precondition::Absent, NOW)?;
            stored += 1;
        }
        Ok(stored)
    })?;
    Ok(stored.iter().sum())
}

/// Retrieves, touches and stores live records until it is told to end, once each at least, and
/// gives how long every operation took.
fn served(
    store: &dyn SessionDriver,
    live: &[SessionId],
    is_over: impl Fn() -> bool + Sync,
) -> Result<Vec<Duration>, Stop> {
    let shares: Vec<&[SessionId]> = live.chunks(live.len().div_ceil(OTHERS)).collect();
    let took = together(OTHERS, |worker| {
        let mut took = vec![];
        for (number, who) in shares[worker].iter().cycle().enumerate() {
            let begin = Instant::now();
            let found = match number % 3 {
                0 => store.retrieve(who, at(2_000))?.is_some(),
                1 => store.touch(who, Some(at(9_000)), at(2_000))?,
                _ => {
                    store.store(who, until(PAYLOAD, 9_000), Precondition::Present, at(2_000))?;
                    true
                }
            };
            took.push(begin.elapsed());
            ensure!(found, "a live record is absent while a sweep runs");
            if number >= 2 && is_over() {
                break;
            }
        }
        Ok(took)
    })?;
    Ok(took.concat())
}

/// So many operations, and the p50, the p99 and the longest of them.
fn shown(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let share = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    format!(
        "{} operations p50 {:.1?}, p99 {:.1?}, longest {:.1?}",
        took.len(),
        share(50),
        share(99),
        share(100),
    )
}

//! HYG: the room that a store takes.

use std::time::{Duration, Instant};

use session_driver::{Precondition, SessionDriver};

use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::race::meanwhile;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::visits;
use crate::volume::{bytes_on_disk, directory_of};
use crate::workload::{NOW, forever, ids, marked};

pub(super) const HYG_4: Rule = Rule {
    id: "HYG-4",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "Disk and memory stay within the declared factor of the largest live volume, also while readers never pause; a \
           driver does not evict live records, and open reports an engine that may.",
    intent: "A journal grows as long as somebody reads, until the disk is full; or the busiest sessions push out the others.",
    provenance: &[Provenance::Own(
        "sled took ten times the live data after churn; a Redis with a `maxmemory-policy` evicts sessions",
    )],
    needs: &[],
    proof: cases![
        churn_stays_within_the_declared_space,
        churn_evicts_no_live_record
    ],
};

/// The records that are live during the churn, and their size: 1.25 MiB of live volume, each record
/// counted as its payload and 4 KiB.
const LIVE: usize = 64;
const LENGTH: usize = 16 * 1024;

/// How long records are overwritten, and how often at most.
const CHURN: Duration = Duration::from_millis(1_500);
const STORES: usize = 5_000;

fn churn_stays_within_the_declared_space(context: &Context) -> Verdict {
    context.needs(Need::Embedded)?;
    context.needs(Need::Persistent)?;
    let store = context.fresh()?;
    let directory = directory_of(store.place())?;
    let allowed = u64::from(store.capabilities().space_factor) * (LIVE * (LENGTH + 4096)) as u64;
    let reader = |_, _| visits(&*store, NOW).map(drop);
    let within = |when: &str| -> Verdict {
        let bytes = bytes_on_disk(&directory);
        ensure!(
            bytes <= allowed,
            "{bytes} bytes on disk {when}, more than the declared factor allows for {LIVE} live records of {LENGTH} bytes: {allowed}"
        );
        Ok(())
    };
    meanwhile(1, reader, || {
        churn(&*store, || within("while readers never pause"))
    })?;
    within("after the churn")
}

fn churn_evicts_no_live_record(context: &Context) -> Verdict {
    let store = context.fresh()?;
    churn(&*store, || Ok(()))?;
    for who in ids("churned", LIVE) {
        ensure!(
            store.retrieve(&who, NOW)?.is_some(),
            "a live record is gone after others were stored"
        );
    }
    ensure_eq!(
        visits(&*store, NOW)?.len(),
        LIVE,
        "the ids visited after the churn"
    );
    Ok(())
}

/// Overwrites, removes and creates records for a while, and ends with all of them live.
fn churn(store: &dyn SessionDriver, check: impl Fn() -> Verdict) -> Verdict {
    let (ids, begin) = (ids("churned", LIVE), Instant::now());
    let put = |number: usize| {
        let payload = marked(number as u64, LENGTH - number % 1_000);
        store.store(
            &ids[number % LIVE],
            forever(&payload),
            Precondition::Any,
            NOW,
        )
    };
    for number in 0..STORES {
        if begin.elapsed() > CHURN {
            break;
        }
        if number % 5 == 0 {
            store.remove(&ids[number % LIVE], NOW)?;
        }
        put(number)?;
        if number % 256 == 0 {
            check()?;
        }
    }
    (0..LIVE).try_for_each(|number| put(number).map(drop))?;
    Ok(())
}

//! SWP: sweep.

mod artefacts;
mod latency;
mod limit;
mod races;

use session_driver::{Precondition, SessionDriver, SessionId, Timestamp};

use self::artefacts::SWP_6;
use self::latency::SWP_5;
use self::limit::SWP_2;
use self::races::{SWP_3, SWP_4};
use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Proof, Provenance, Rule, Test};
use crate::steps::{UNLIMITED, drained, stored, visits};
use crate::workload::{NOW, at, forever, id, ids, record, until};

pub(super) const RULES: &[Rule] = &[SWP_1, SWP_2, SWP_3, SWP_4, SWP_5, SWP_6, SWP_7];

/// Creates records under so many ids with this deadline, and gives the ids.
fn filled(
    driver: &dyn SessionDriver,
    prefix: &str,
    count: usize,
    deadline: Option<Timestamp>,
) -> Result<Vec<SessionId>, Stop> {
    let ids = ids(prefix, count);
    for who in &ids {
        driver.store(
            who,
            record(b"x", deadline),
            Precondition::Absent,
            at(-9_000),
        )?;
    }
    Ok(ids)
}

/// The sweep counted as many as are due, or fewer where the backend expires records itself, so that
/// a sweep may do nothing.
fn counts(context: &Context, removed: u64, due: u64, what: &str) -> Verdict {
    let native = context.capabilities().native_expiry.is_some();
    ensure!(
        removed == due || (native && removed <= due),
        "a sweep counts {removed} records, not {due}, {what}"
    );
    Ok(())
}

const SWP_1: Rule = Rule {
    id: "SWP-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A sweep removes expired records only, and reports how many it removed itself.",
    intent: "The hourly job logs people out, or its report hides that it does nothing.",
    provenance: &[Provenance::Ancestor(
        "`delete_expired_sessions` of Catalyst::Plugin::Session::Store",
    )],
    needs: &[],
    proof: cases![
        a_sweep_removes_the_expired_and_counts_them,
        a_renewed_record_is_not_swept_at_its_old_deadline,
        a_shortened_deadline_is_swept_and_counted_once,
        what_others_removed_is_not_counted
    ],
};

fn a_sweep_removes_the_expired_and_counts_them(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let mut expired = filled(&*store, "long-expired", 10, Some(at(-8_000)))?;
    expired.extend(filled(&*store, "just-expired", 10, Some(NOW))?);
    let mut live = Vec::new();
    for number in 0..30 {
        let who = id(&format!("live-{number}"));
        let deadline = [None, Some(at(1)), Some(at(5_000))][number % 3];
        let new = record(b"live", deadline);
        live.push((
            who.clone(),
            stored(&*store, &who, new, Precondition::Absent, NOW)?,
        ));
    }
    counts(
        context,
        drained(&*store, NOW, UNLIMITED)?,
        20,
        "of 50 of which 20 are expired",
    )?;
    for handle in race::handles(&store, &other) {
        for (who, due) in &live {
            expect::record(handle, who, NOW, due, "after a sweep")?;
        }
        if context.capabilities().native_expiry.is_none() {
            for who in &expired {
                expect::gone(handle, who, "after a sweep")?;
            }
            ensure_eq!(
                visits(handle, Timestamp::MIN)?.len(),
                30,
                "visits after a sweep"
            );
        }
        counts(
            context,
            drained(handle, NOW, UNLIMITED)?,
            0,
            "right after another sweep",
        )?;
    }
    Ok(())
}

/// Gives a record that expires at 1 s a later deadline, or none.
type Renewal = fn(&dyn SessionDriver, &SessionId) -> session_driver::Result<()>;

const RENEWALS: [(&str, Renewal); 9] = [
    ("a touch", |driver, who| {
        driver.touch(who, Some(at(9_000)), NOW).map(drop)
    }),
    ("a touch to never", |driver, who| {
        driver.touch(who, None, NOW).map(drop)
    }),
    ("Any", |driver, who| {
        driver
            .store(who, until(b"y", 9_000), Precondition::Any, NOW)
            .map(drop)
    }),
    ("Any, for ever", |driver, who| {
        driver
            .store(who, forever(b"y"), Precondition::Any, NOW)
            .map(drop)
    }),
    ("Present", |driver, who| {
        driver
            .store(who, until(b"y", 9_000), Precondition::Present, NOW)
            .map(drop)
    }),
    ("Absent, when it has expired", |driver, who| {
        driver
            .store(who, until(b"y", 9_000), Precondition::Absent, at(1_000))
            .map(drop)
    }),
    ("a remove and Absent", |driver, who| {
        driver.remove(who, NOW)?;
        driver
            .store(who, forever(b"y"), Precondition::Absent, NOW)
            .map(drop)
    }),
    ("a rotate away and back, and a touch", |driver, who| {
        driver.rotate(who, &id("away"), NOW)?;
        driver.rotate(&id("away"), who, NOW)?;
        driver.touch(who, Some(at(9_000)), NOW).map(drop)
    }),
    ("a rotate onto it, when it has expired", |driver, who| {
        driver.store(&id("successor"), forever(b"y"), Precondition::Any, NOW)?;
        driver.rotate(&id("successor"), who, at(1_000)).map(drop)
    }),
];

fn a_renewed_record_is_not_swept_at_its_old_deadline(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let [one, two] = race::handles(&store, &other);
    for (what, renew) in RENEWALS {
        for renewer in [one, two] {
            let who = id("renewed");
            one.store(&who, until(b"x", 1_000), Precondition::Absent, NOW)?;
            renew(renewer, &who)?;
            for now in [at(1_000), at(2_000), at(8_999)] {
                let removed = one.sweep(now, UNLIMITED)?.removed;
                ensure_eq!(removed, 0, "records swept after {what}");
                ensure!(
                    one.retrieve(&who, now)?.is_some(),
                    "a sweep removed it after {what}"
                );
            }
            one.remove(&who, NOW)?;
            ensure_eq!(
                one.sweep(at(50_000), UNLIMITED)?.removed,
                0,
                "records left by {what}"
            );
        }
    }
    Ok(())
}

fn a_shortened_deadline_is_swept_and_counted_once(context: &Context) -> Verdict {
    type Shorten = fn(&dyn SessionDriver, &SessionId) -> session_driver::Result<()>;
    let shortened: [Shorten; 4] = [
        |driver, who| driver.touch(who, Some(at(1_000)), NOW).map(drop),
        |driver, who| {
            driver
                .store(who, until(b"y", 1_000), Precondition::Any, NOW)
                .map(drop)
        },
        |driver, who| {
            driver
                .store(who, until(b"y", 1_000), Precondition::Present, NOW)
                .map(drop)
        },
        |driver, who| {
            driver.touch(who, Some(at(1_000)), NOW)?;
            driver.rotate(who, &id("away"), NOW)?;
            driver.rotate(&id("away"), who, NOW).map(drop)
        },
    ];
    let store = context.fresh()?;
    let who = id("shortened");
    for before in [None, Some(at(9_000)), Some(at(500_000_000))] {
        for shorten in shortened {
            store.store(&who, record(b"x", before), Precondition::Any, NOW)?;
            shorten(&*store, &who)?;
            counts(
                context,
                drained(&*store, at(999), UNLIMITED)?,
                0,
                "before the new deadline",
            )?;
            counts(
                context,
                drained(&*store, at(1_000), UNLIMITED)?,
                1,
                "at the new deadline",
            )?;
            counts(
                context,
                drained(&*store, at(50_000), UNLIMITED)?,
                0,
                "at the old deadline",
            )?;
        }
    }
    Ok(())
}

fn what_others_removed_is_not_counted(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let expired = filled(&*store, "expired", 12, Some(NOW))?;
    for (number, who) in expired.iter().enumerate() {
        match number % 4 {
            0 => drop(store.remove(who, NOW)?),
            1 => drop(store.store(who, until(b"dead", 0), Precondition::Any, NOW)?),
            2 => drop(store.touch(who, Some(at(-1)), at(-1))?),
            _ => drop(store.rotate(who, &id(&format!("moved-{number}")), at(-1))?),
        }
    }
    counts(
        context,
        drained(&*store, NOW, UNLIMITED)?,
        3,
        "of what was rotated",
    )?;
    counts(context, drained(&*store, at(9_000), UNLIMITED)?, 0, "later")
}

const SWP_7: Rule = Rule {
    id: "SWP-7",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "The periodic sweeper passes `now` minus the slack, so that one fast host does not end others' sessions, and goes on after an error.",
    intent: "One host with a wrong clock logs everybody out, or one failed sweep is the last one.",
    provenance: &[Provenance::Own(
        "the hosts of a service do not agree on the time",
    )],
    needs: &[],
    proof: Proof::Elsewhere(
        "the periodic sweeper",
        &[
            Test {
                file: "crates/session-driver-async/tests/sweeper.rs",
                name: "swp_7_it_passes_now_minus_the_slack",
            },
            Test {
                file: "crates/session-driver-async/tests/sweeper.rs",
                name: "swp_7_it_goes_on_after_errors_less_often_while_they_last",
            },
        ],
    ),
};

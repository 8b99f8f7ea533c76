//! EXP: expiry, and what is discarded for good.

use session_driver::{ErrorKind, Precondition, Record, SessionDriver, SessionId, Timestamp};

use crate::absence::Absence;
use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{PARTS, UNLIMITED, drained, stored, visits};
use crate::workload::{NOW, at, forever, id, ids, record, until};

pub(super) const EXP_3: Rule = Rule {
    id: "EXP-3",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A store whose precondition holds, or a touch of a live id, with expires_at <= now succeeds and discards the record at once for \
           every caller; the version returned then names nothing.",
    intent: "A caller that ends a session by its deadline, or whose clock is behind, finds it alive.",
    provenance: &[Provenance::Own(
        "a deadline that has passed by the time of the store is no error of the caller",
    )],
    needs: &[],
    proof: cases![
        a_dead_store_on_an_absent_id_leaves_nothing,
        a_dead_store_on_a_live_id_discards_it,
        a_dead_store_discards_the_version_that_was_read_and_no_other,
        a_dead_touch_discards_the_record,
        the_version_of_a_dead_store_names_nothing
    ],
};

/// Deadlines that have passed at [`NOW`].
const PASSED: [Timestamp; 3] = [NOW, at(-1), at(-50_000)];

fn a_dead_store_on_an_absent_id_leaves_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for deadline in PASSED {
        for absence in Absence::ALL {
            for when in [Precondition::Any, Precondition::Absent] {
                let who = id(&format!("dead-{absence:?}"));
                absence.bring_about(&*store, &who)?;
                store.store(&who, record(b"dead", Some(deadline)), when, NOW)?;
                leaves_nothing(&*store, &who, "after a store of a dead record")?;
            }
        }
    }
    Ok(())
}

/// Under the id, which is the only one in the store, there is nothing for anybody.
fn leaves_nothing(driver: &dyn SessionDriver, who: &SessionId, when: &str) -> Verdict {
    expect::gone(driver, who, when)?;
    ensure!(
        !driver.touch(who, None, Timestamp::MIN)?,
        "a touch finds a record {when}"
    );
    ensure_eq!(visits(driver, Timestamp::MIN)?.len(), 0, "visits {when}");
    ensure_eq!(
        driver.sweep(at(60_000), UNLIMITED)?.removed,
        0,
        "records left to a sweep {when}"
    );
    Ok(())
}

fn a_dead_store_on_a_live_id_discards_it(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("ended");
    for deadline in PASSED {
        for before in [None, Some(at(5_000))] {
            for by_version in [None, Some(false), Some(true)] {
                let live = stored(
                    &*store,
                    &who,
                    record(b"live", before),
                    Precondition::Absent,
                    NOW,
                )?;
                let when = match by_version {
                    None => Precondition::Any,
                    Some(false) => Precondition::Present,
                    Some(true) => Precondition::Version(live.version),
                };
                store.store(&who, record(b"dead", Some(deadline)), when, NOW)?;
                for handle in race::handles(&store, &other) {
                    leaves_nothing(handle, &who, "after a store of a dead record")?;
                }
            }
        }
    }
    Ok(())
}

fn a_dead_store_discards_the_version_that_was_read_and_no_other(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("removed-if-unchanged");
    for deadline in PASSED {
        let dead = record(b"", Some(deadline));
        let read = store.store(&who, forever(b"read"), Precondition::Any, NOW)?;
        let newer = stored(&*store, &who, forever(b"newer"), Precondition::Present, NOW)?;
        let outcome = store.store(&who, dead, Precondition::Version(read), NOW);
        expect::refused(
            outcome,
            ErrorKind::Conflict,
            "a dead store of a stale version",
        )?;
        expect::record(&*store, &who, NOW, &newer, "after a conflict")?;
        store.store(&who, dead, Precondition::Version(newer.version), NOW)?;
        leaves_nothing(&*store, &who, "after a dead store of its version")?;
    }
    Ok(())
}

fn a_dead_touch_discards_the_record(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("touched-dead");
    for deadline in PASSED {
        for before in [None, Some(at(1)), Some(at(5_000))] {
            store.store(&who, record(b"live", before), Precondition::Absent, NOW)?;
            ensure!(
                store.touch(&who, Some(deadline), NOW)?,
                "the touch of a live id with a deadline that has passed answers false"
            );
            for handle in race::handles(&store, &other) {
                leaves_nothing(
                    handle,
                    &who,
                    "after a touch with a deadline that has passed",
                )?;
            }
        }
    }
    Ok(())
}

fn the_version_of_a_dead_store_names_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("named-by-none");
    for when in [
        Precondition::Any,
        Precondition::Absent,
        Precondition::Present,
    ] {
        if when == Precondition::Present {
            store.store(&who, forever(b"live"), Precondition::Absent, NOW)?;
        }
        let version = store.store(&who, until(b"dead", 0), when, NOW)?;
        let names = Precondition::Version(version);
        let outcome = store.store(&who, forever(b"x"), names, NOW);
        expect::refused(outcome, ErrorKind::NotFound, "the version of a dead store")?;
        let due = stored(&*store, &who, forever(b"dead"), Precondition::Absent, NOW)?;
        let outcome = store.store(&who, forever(b"x"), names, NOW);
        expect::refused(
            outcome,
            ErrorKind::Conflict,
            "the version of a dead store, later",
        )?;
        expect::record(&*store, &who, NOW, &due, "after a conflict")?;
        store.remove(&who, NOW)?;
    }
    Ok(())
}

pub(super) const EXP_9: Rule = Rule {
    id: "EXP-9",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A `now` smaller than an earlier one does not cause an error, repeat a version, or bring back what was discarded.",
    intent: "A host whose clock is behind, or is set back, fails, or lets in who was shut out.",
    provenance: &[Provenance::Known(
        "clock_settime of POSIX, and NTP: a wall clock is set back",
    )],
    needs: &[],
    proof: cases![
        what_was_discarded_stays_so_for_an_earlier_now,
        no_operation_fails_for_its_now_is_earlier,
        each_now_judges_alone
    ],
};

/// Discards a record that expires at [`NOW`], or does not where the driver need not.
type Discard = fn(&dyn SessionDriver, &SessionId) -> session_driver::Result<()>;

const DISCARDS: [(&str, Discard); 6] = [
    ("a sweep", |driver, _| {
        for _ in 0..PARTS {
            if !driver.sweep(NOW, UNLIMITED)?.more {
                break;
            }
        }
        Ok(())
    }),
    ("a remove", |driver, who| driver.remove(who, NOW).map(drop)),
    ("a late remove", |driver, who| {
        driver.remove(who, at(30_000)).map(drop)
    }),
    ("a dead store", |driver, who| {
        driver
            .store(who, until(b"dead", 0), Precondition::Any, NOW)
            .map(drop)
    }),
    ("a dead store that creates", |driver, who| {
        driver
            .store(who, until(b"dead", 5), Precondition::Absent, at(9))
            .map(drop)
    }),
    ("a successor and its remove", |driver, who| {
        driver.store(who, forever(b"new"), Precondition::Absent, NOW)?;
        driver.remove(who, NOW).map(drop)
    }),
];

fn what_was_discarded_stays_so_for_an_earlier_now(context: &Context) -> Verdict {
    let native = context.capabilities().native_expiry.is_some();
    for (number, (what, discard)) in DISCARDS.into_iter().enumerate() {
        if native && number == 0 {
            continue;
        }
        let store = context.fresh()?;
        let other = store.another()?;
        let who = id("discarded");
        let version = store.store(&who, until(b"x", 0), Precondition::Any, at(-5_000))?;
        discard(&*store, &who)?;
        for handle in race::handles(&store, &other) {
            for now in [at(-1), at(-5_000), Timestamp::MIN] {
                expect::absent(handle, &who, now, &format!("since {what}"))?;
                ensure_eq!(visits(handle, now)?.len(), 0, "visits since {what}");
                ensure!(
                    !handle.touch(&who, None, now)?,
                    "a touch finds it since {what}"
                );
                for when in [Precondition::Present, Precondition::Version(version)] {
                    let outcome = handle.store(&who, forever(b"back"), when, now);
                    expect::refused(
                        outcome,
                        ErrorKind::NotFound,
                        &format!("a save since {what}"),
                    )?;
                }
                ensure_eq!(
                    handle.rotate(&who, &id("to"), now)?,
                    None,
                    "a rotate since {what}"
                );
                ensure!(!handle.remove(&who, now)?, "a remove finds it since {what}");
            }
        }
    }
    Ok(())
}

fn no_operation_fails_for_its_now_is_earlier(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let (who, to) = (id("zigzag"), id("zigzag-there"));
    let mut had = std::collections::HashSet::new();
    for now in [
        NOW,
        at(50_000),
        at(-50_000),
        at(49_000),
        Timestamp::MIN,
        NOW,
        at(-1),
        NOW,
    ] {
        for when in [
            Precondition::Absent,
            Precondition::Present,
            Precondition::Any,
        ] {
            let due = stored(&*store, &who, forever(b"x"), when, now)?;
            ensure!(
                had.insert(due.version),
                "a version came again when `now` went back"
            );
            expect::record(&*store, &who, now, &due, "when `now` went back")?;
        }
        ensure!(
            store.touch(&who, None, now)?,
            "the touch of a live id answers false"
        );
        ensure_eq!(
            visits(&*store, now)?.len(),
            1,
            "visits when `now` went back"
        );
        drained(&*store, now, UNLIMITED)?;
        ensure!(
            store.rotate(&who, &to, now)?.is_some(),
            "the rotate of a live id answers None"
        );
        ensure!(
            store.remove(&to, now)?,
            "the remove of a live id answers false"
        );
    }
    Ok(())
}

fn each_now_judges_alone(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("live-before-5000");
    let others = ids("beside", 3);
    let due = stored(&*store, &who, until(b"x", 5_000), Precondition::Absent, NOW)?;
    for handle in race::handles(&store, &other) {
        let late = at(50_000);
        handle.store(&others[0], forever(b"y"), Precondition::Any, late)?;
        handle.touch(&others[0], None, late)?;
        handle.rotate(&others[0], &others[1], late)?;
        handle.remove(&others[1], late)?;
        handle.retrieve(&others[2], late)?;
        for now in [at(4_999), NOW, at(3_000), Timestamp::MIN, at(4_999)] {
            is_live_now(handle, &who, now, &due)?;
        }
    }
    Ok(())
}

fn is_live_now(
    driver: &dyn SessionDriver,
    who: &SessionId,
    now: Timestamp,
    due: &Record,
) -> Verdict {
    expect::record(
        driver,
        who,
        now,
        due,
        "after operations on others with a later `now`",
    )?;
    ensure_eq!(visits(driver, now)?.len(), 1, "visits before the deadline");
    ensure_eq!(
        driver.sweep(now, UNLIMITED)?.removed,
        0,
        "records swept before the deadline"
    );
    ensure!(
        driver.touch(who, due.expires_at, now)?,
        "a touch before the deadline answers false"
    );
    Ok(())
}

//! RES: no resurrection.

mod stale;

use session_driver::{ErrorKind, Precondition, SessionDriver, SessionId, Timestamp, Version};

use self::stale::RES_3;
use crate::absence::Absence;
use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{stored, tried, visits};
use crate::workload::{NOW, at, forever, id, until};

pub(super) const RULES: &[Rule] = &[RES_1, RES_2, RES_3];

const RES_1: Rule = Rule {
    id: "RES-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "After a remove, or a rotate away, has returned, a Present or Version store or a touch does not make the id live again before \
           an Any or Absent store does.",
    intent: "A logout is undone by a request that was in flight (rack CVE-2025-46336, Django ticket 21608).",
    provenance: &[
        Provenance::Fault(
            "rack-session CVE-2025-46336: a request in flight restores the session that was logged out",
        ),
        Provenance::Fault("Django ticket 21608: the same"),
    ],
    needs: &[],
    proof: cases![
        nothing_revives_a_removed_id,
        nothing_revives_an_id_that_was_rotated_away,
        nothing_revives_an_id_that_was_stored_or_touched_dead,
        only_any_and_absent_bring_an_id_back
    ],
};

fn nothing_revives_a_removed_id(context: &Context) -> Verdict {
    nothing_revives(context, Absence::Removed)
}

fn nothing_revives_an_id_that_was_rotated_away(context: &Context) -> Verdict {
    nothing_revives(context, Absence::RotatedAway)
}

fn nothing_revives_an_id_that_was_stored_or_touched_dead(context: &Context) -> Verdict {
    nothing_revives(context, Absence::StoredDead)?;
    nothing_revives(context, Absence::TouchedDead)
}

fn nothing_revives(context: &Context, absence: Absence) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("logged-out");
    let version = absence.bring_about(&*store, &who)?;
    for handle in race::handles(&store, &other) {
        for now in [NOW, at(-5_000), Timestamp::MIN, at(5_000), NOW] {
            attempts_in_vain(handle, &who, version, now)?;
            expect::gone(handle, &who, &format!("({absence:?})"))?;
            ensure_eq!(visits(handle, Timestamp::MIN)?.len(), 0, "visits");
        }
    }
    Ok(())
}

/// All that a request in flight may do to a session it has read.
fn attempts_in_vain(
    driver: &dyn SessionDriver,
    who: &SessionId,
    version: Option<Version>,
    now: Timestamp,
) -> Verdict {
    let versions = version.into_iter().map(Precondition::Version);
    for when in versions.chain([Precondition::Present]) {
        for new in [forever(b"in flight"), until(b"in flight", 50_000)] {
            let outcome = driver.store(who, new, when, now);
            expect::refused(
                outcome,
                ErrorKind::NotFound,
                "a save of a session that is gone",
            )?;
        }
    }
    for deadline in [None, Some(at(50_000))] {
        ensure!(
            !driver.touch(who, deadline, now)?,
            "a touch finds a session that is gone"
        );
    }
    let moved = driver.rotate(who, &id("moved-in-flight"), now)?;
    ensure_eq!(moved, None, "a rotate of a session that is gone");
    Ok(())
}

fn only_any_and_absent_bring_an_id_back(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for absence in [Absence::Removed, Absence::RotatedAway] {
        for when in [Precondition::Any, Precondition::Absent] {
            let who = id(&format!("back-{absence:?}"));
            let version = absence.bring_about(&*store, &who)?;
            attempts_in_vain(&*store, &who, version, NOW)?;
            let due = stored(&*store, &who, forever(b"new"), when, NOW)?;
            expect::record(&*store, &who, NOW, &due, "after it was created anew")?;
            store.remove(&who, NOW)?;
        }
    }
    Ok(())
}

const RES_2: Rule = Rule {
    id: "RES-2",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "When a remove races Present or Version stores and touches, the id is absent once all have returned.",
    intent: "A logout that comes while the page still loads its last part leaves the session alive.",
    provenance: &[Provenance::Fault(
        "rack-session CVE-2025-46336 and Django ticket 21608",
    )],
    needs: &[],
    proof: cases![
        a_remove_wins_over_present_stores_in_flight,
        a_remove_wins_over_version_stores_in_flight,
        a_remove_wins_over_touches_in_flight,
        a_remove_wins_over_all_of_them
    ],
};

const ROUNDS: usize = 250;

/// What a request in flight does, with the version that it read; what it is told, it may be told.
type InFlight = fn(&dyn SessionDriver, &SessionId, Version) -> Verdict;

const PRESENT_STORE: InFlight = |driver, who, _| {
    let outcome = driver.store(who, until(b"in flight", 9_000), Precondition::Present, NOW);
    tried(outcome, &[ErrorKind::NotFound]).map(|_| ())
};

const VERSION_STORE: InFlight = |driver, who, version| {
    let when = Precondition::Version(version);
    let outcome = driver.store(who, until(&[b'v'; 900], 9_000), when, NOW);
    tried(outcome, &[ErrorKind::NotFound, ErrorKind::Conflict]).map(|_| ())
};

const TOUCH: InFlight = |driver, who, _| {
    driver.touch(who, Some(at(40_000)), NOW)?;
    Ok(())
};

fn a_remove_wins_over_present_stores_in_flight(context: &Context) -> Verdict {
    a_remove_wins(context, &[PRESENT_STORE, PRESENT_STORE])
}

fn a_remove_wins_over_version_stores_in_flight(context: &Context) -> Verdict {
    a_remove_wins(context, &[VERSION_STORE, VERSION_STORE])
}

fn a_remove_wins_over_touches_in_flight(context: &Context) -> Verdict {
    a_remove_wins(context, &[TOUCH, TOUCH])
}

fn a_remove_wins_over_all_of_them(context: &Context) -> Verdict {
    a_remove_wins(context, &[PRESENT_STORE, TOUCH, VERSION_STORE])
}

fn a_remove_wins(context: &Context, in_flight: &[InFlight]) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    let who = id("logging-out");
    for round in 0..context.rounds(ROUNDS) {
        let read = store.store(&who, forever(b"live"), Precondition::Absent, NOW)?;
        let removed = race::together(in_flight.len() + 1, |worker| {
            let driver = handles[(worker + round) % 2];
            let Some(request) = in_flight.get(worker) else {
                return Ok(driver.remove(&who, NOW)?);
            };
            request(driver, &who, read)?;
            request(driver, &who, read)?;
            Ok(false)
        })?;
        ensure!(
            removed.contains(&true),
            "the remove of a live id answers false, in round {round}"
        );
        for handle in handles {
            expect::gone(handle, &who, "once the remove and the saves have returned")?;
        }
    }
    Ok(())
}

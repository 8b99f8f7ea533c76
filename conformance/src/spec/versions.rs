//! CAS: versions.

use std::collections::HashSet;

use session_driver::{ErrorKind, Precondition, SessionDriver, SessionId, Timestamp, Version};

use crate::absence::Absence;
use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq, live_record};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::{stored, tried};
use crate::workload::{NOW, at, forever, id, ids, until};

pub(super) const RULES: &[Rule] = &[CAS_1, CAS_2, CAS_3, CAS_4];

const CAS_1: Rule = Rule {
    id: "CAS-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Every successful store gives a version that no record of the namespace ever had, across remove, re-create, rotate, reopen \
           and the loss of earlier stores, also while `now` stands still or goes back.",
    intent: "A request that read the session before it was replaced saves over the new one, for the version looks the same.",
    provenance: &[Provenance::Known("the ABA problem of compare-and-swap")],
    needs: &[],
    proof: cases![
        versions_never_repeat_across_removes_and_rotates,
        versions_never_repeat_among_ids,
        versions_never_repeat_after_a_reopen,
        versions_of_concurrent_stores_differ
    ],
};

fn versions_never_repeat_across_removes_and_rotates(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let (who, to) = (id("versions"), id("versions-elsewhere"));
    let mut had = HashSet::new();
    for turn in 0..240 {
        let now = [NOW, NOW, at(-700), at(900), NOW, Timestamp::MIN][turn % 6];
        let version = store.store(&who, forever(b"same"), Precondition::Any, now)?;
        ensure!(
            had.insert(version),
            "the version of store {turn} is an earlier one's"
        );
        match turn % 8 {
            1 => ensure!(
                store.remove(&who, now)?,
                "the remove of a live id answers false"
            ),
            3 => {
                let dead = store.store(&who, until(b"same", -800), Precondition::Any, NOW)?;
                ensure!(
                    !had.contains(&dead),
                    "a store of a dead record gives an earlier version"
                );
            }
            5 => {
                store.touch(&who, Some(now), now)?;
            }
            7 => {
                moves_with_a_version(context, &*store, [&who, &to], version, &mut had)?;
                moves_with_a_version(context, &*store, [&to, &who], version, &mut had)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The version a rotate gives is the one it keeps, if it keeps any, or one that no record had.
fn moves_with_a_version(
    context: &Context,
    driver: &dyn SessionDriver,
    [from, to]: [&SessionId; 2],
    version: Version,
    had: &mut HashSet<Version>,
) -> Verdict {
    let moved = driver.rotate(from, to, NOW)?;
    if context.capabilities().rotate_keeps_version {
        ensure_eq!(
            moved,
            Some(version),
            "the version after a rotate that keeps it"
        );
    } else {
        let new = moved.is_some_and(|moved| had.insert(moved));
        ensure!(new, "the version after a rotate is an earlier one");
    }
    Ok(())
}

fn versions_never_repeat_among_ids(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let mut had = HashSet::new();
    for who in ids("one-of-many", 300) {
        for when in [Precondition::Absent, Precondition::Present] {
            let version = store.store(&who, forever(b"same"), when, NOW)?;
            ensure!(had.insert(version), "two ids have the same version");
        }
    }
    Ok(())
}

fn versions_never_repeat_after_a_reopen(context: &Context) -> Verdict {
    context.needs(Need::Persistent)?;
    let mut store = context.fresh()?;
    let who = id("reopened");
    let mut had = HashSet::new();
    for opening in 0..4 {
        for turn in 0..20 {
            let version = store.store(&who, forever(b"same"), Precondition::Any, NOW)?;
            ensure!(
                had.insert(version),
                "store {turn} after opening {opening} gives an earlier version"
            );
        }
        store.remove(&who, NOW)?;
        store = store.reopen()?;
    }
    Ok(())
}

fn versions_of_concurrent_stores_differ(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    let given = race::together(4, |worker| {
        let own = id(&format!("own-{worker}"));
        let mut given = Vec::new();
        for turn in 0..200 {
            let who = if turn % 2 == 0 { &own } else { &id("common") };
            let version =
                handles[worker % 2].store(who, forever(b"same"), Precondition::Any, NOW)?;
            given.push(version);
        }
        Ok(given)
    })?;
    let different: HashSet<_> = given.iter().flatten().collect();
    ensure_eq!(different.len(), 800, "different versions of 800 stores");
    Ok(())
}

const CAS_2: Rule = Rule {
    id: "CAS-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A store with Version(v) succeeds only when the live record has version v; otherwise it fails with Conflict (live, other version) \
           or NotFound (absent) and changes nothing.",
    intent: "Of two requests at once the later one undoes what the earlier one saved, and neither is told.",
    provenance: &[Provenance::Known("RFC 9110, section 13.1.1: If-Match")],
    needs: &[],
    proof: cases![
        a_version_is_good_for_one_store,
        any_other_version_conflicts_and_changes_nothing,
        a_version_of_a_former_record_conflicts,
        a_version_of_an_absent_id_is_not_found
    ],
};

fn a_version_is_good_for_one_store(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("saved-in-turn");
    let mut last = stored(&*store, &who, forever(b"0"), Precondition::Absent, NOW)?;
    for turn in 1..=10_u8 {
        let [writer, rival] = race::handles(&store, &other);
        let used = Precondition::Version(last.version);
        last = stored(writer, &who, until(&[turn], 5_000), used, NOW)?;
        for handle in [writer, rival] {
            let outcome = handle.store(&who, forever(b"lost"), used, NOW);
            expect::refused(outcome, ErrorKind::Conflict, "a version that was used")?;
            expect::record(handle, &who, NOW, &last, "after a conflict")?;
        }
    }
    Ok(())
}

fn any_other_version_conflicts_and_changes_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("guarded");
    let neighbour = store.store(&id("neighbour"), forever(b"x"), Precondition::Absent, NOW)?;
    for deadline in [None, Some(at(5_000))] {
        let new = crate::workload::record(b"live", deadline);
        let live = stored(&*store, &who, new, Precondition::Any, NOW)?;
        let bits = live.version.to_bits();
        let near = (0..64).map(|bit| bits ^ (1 << bit));
        let others = near.chain([
            0,
            u64::MAX,
            !bits,
            bits.wrapping_add(1),
            bits.wrapping_sub(1),
        ]);
        for other in others
            .filter(|other| *other != bits)
            .chain([neighbour.to_bits()])
        {
            let when = Precondition::Version(Version::from_bits(other));
            for new in [forever(b"wrong"), until(b"wrong", 0)] {
                let outcome = store.store(&who, new, when, NOW);
                expect::refused(
                    outcome,
                    ErrorKind::Conflict,
                    &format!("the version {other:#x} where {bits:#x} is live"),
                )?;
            }
        }
        expect::record(&*store, &who, NOW, &live, "after conflicts")?;
    }
    Ok(())
}

fn a_version_of_a_former_record_conflicts(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for absence in Absence::ALL {
        let who = id(&format!("recreated-{absence:?}"));
        let Some(former) = absence.bring_about(&*store, &who)? else {
            continue;
        };
        let again = forever(Absence::PAYLOAD);
        let live = stored(&*store, &who, again, Precondition::Absent, NOW)?;
        for new in [again, until(b"wrong", 0)] {
            let outcome = store.store(&who, new, Precondition::Version(former), NOW);
            expect::refused(
                outcome,
                ErrorKind::Conflict,
                &format!("the version of a former record ({absence:?})"),
            )?;
        }
        expect::record(&*store, &who, NOW, &live, "after a conflict")?;
    }
    Ok(())
}

fn a_version_of_an_absent_id_is_not_found(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for absence in Absence::ALL {
        let who = id(&format!("absent-{absence:?}"));
        for new in [forever(b"new"), until(b"new", 5_000), until(b"new", 0)] {
            let former = absence.bring_about(&*store, &who)?;
            for version in [
                former.unwrap_or(Version::from_bits(0)),
                Version::from_bits(7),
            ] {
                let outcome = store.store(&who, new, Precondition::Version(version), NOW);
                expect::refused(
                    outcome,
                    ErrorKind::NotFound,
                    &format!("Version on an id that is absent ({absence:?})"),
                )?;
                expect::absent(&*store, &who, NOW, "and was refused")?;
            }
        }
    }
    Ok(())
}

const CAS_3: Rule = Rule {
    id: "CAS-3",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "Concurrent loops of retrieve, modify and store with Version(v) lose no update: 8 workers with 100 increments each end at 800.",
    intent: "Items vanish from a basket when a page sends two requests at once.",
    provenance: &[Provenance::Known(
        "the lost update: Berenson and others, A Critique of ANSI SQL Isolation Levels, 1995",
    )],
    needs: &[],
    proof: cases![
        eight_workers_with_a_hundred_increments_end_at_800,
        touches_do_not_disturb_increments
    ],
};

const INCREMENTS: u64 = 100;

fn eight_workers_with_a_hundred_increments_end_at_800(context: &Context) -> Verdict {
    count_up(context, 8, 0)
}

fn touches_do_not_disturb_increments(context: &Context) -> Verdict {
    count_up(context, 4, 2)
}

/// So many workers count up together, while others touch.
fn count_up(context: &Context, counting: usize, touching: usize) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let handles = race::handles(&store, &other);
    let who = id("counter");
    store.store(
        &who,
        forever(&0_u64.to_le_bytes()),
        Precondition::Absent,
        NOW,
    )?;
    let due = counting as u64 * INCREMENTS;
    let given = race::together(counting + touching, |worker| {
        let driver = handles[worker % 2];
        if worker < counting {
            return increments(driver, &who, due);
        }
        for turn in 0..INCREMENTS as i64 {
            ensure!(
                driver.touch(&who, Some(at(30_000 + turn)), NOW)?,
                "the touch of a live id answers false"
            );
        }
        Ok(Vec::new())
    })?;
    let count = number(&live_record(&*store, &who, NOW)?.payload)?;
    ensure_eq!(count, due, "the count at the end");
    let different: HashSet<_> = given.iter().flatten().collect();
    ensure_eq!(different.len() as u64, due, "different versions");
    Ok(())
}

/// Adds one a hundred times. A conflict is somebody else's increment, so that there are fewer of
/// them than increments.
fn increments(driver: &dyn SessionDriver, who: &SessionId, due: u64) -> Result<Vec<Version>, Stop> {
    let (mut given, mut conflicts) = (Vec::new(), 0);
    while (given.len() as u64) < INCREMENTS {
        let found = live_record(driver, who, NOW)?;
        let next = (number(&found.payload)? + 1).to_le_bytes();
        let when = Precondition::Version(found.version);
        match tried(
            driver.store(who, forever(&next), when, NOW),
            &[ErrorKind::Conflict],
        )? {
            Some(version) => given.push(version),
            None => conflicts += 1,
        }
        ensure!(
            conflicts < due,
            "{conflicts} conflicts where there are {due} stores to be in conflict with"
        );
    }
    Ok(given)
}

fn number(payload: &[u8]) -> Result<u64, Stop> {
    let bytes = payload
        .try_into()
        .map_err(|_| Stop::Failed(format!("a number of 8 bytes has {} of them", payload.len())))?;
    Ok(u64::from_le_bytes(bytes))
}

const CAS_4: Rule = Rule {
    id: "CAS-4",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A touch does not change the version.",
    intent: "Every request prolongs its session, so that a save would fail whenever another request came in between.",
    provenance: &[Provenance::Own(
        "a touch on every request would let no form be saved that was read before it",
    )],
    needs: &[],
    proof: cases![a_version_is_good_after_any_touch],
};

fn a_version_is_good_after_any_touch(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("touched");
    for deadline in [Some(at(9_000)), Some(at(2_000)), Some(at(5_000)), None] {
        let before = stored(&*store, &who, until(b"live", 5_000), Precondition::Any, NOW)?;
        for handle in race::handles(&store, &other) {
            ensure!(
                handle.touch(&who, deadline, NOW)?,
                "the touch of a live id answers false"
            );
            let found = live_record(handle, &who, NOW)?;
            ensure_eq!(found.version, before.version, "the version after a touch");
        }
        let when = Precondition::Version(before.version);
        let outcome = tried(
            store.store(&who, forever(b"saved"), when, NOW),
            &[ErrorKind::Conflict],
        )?;
        ensure!(
            outcome.is_some(),
            "the version that was read is stale after a touch"
        );
    }
    Ok(())
}

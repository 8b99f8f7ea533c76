//! EXP: expiry, at the ends of time and by no clock.

use std::thread;
use std::time::Duration;

use session_driver::{ErrorKind, Precondition, SessionDriver, SessionId, Timestamp, is_live};

use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq, live_record};
use crate::expect;
use crate::lifetimes::Lifetimes;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, stored, tried, visits};
use crate::workload::{NOW, at, forever, id, record, shifted, until};

pub(super) const EXP_4: Rule = Rule {
    id: "EXP-4",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Every expires_at and every `now` the type can express is honoured, or refused with InvalidDeadline; it does not wrap, clamp \
           silently, panic or expire early (2038, 2106, 2262, 2446, year 10000, the type's maximum).",
    intent: "A session that is to last for ever ends at once, for its deadline has become a negative number.",
    provenance: &[Provenance::Known(
        "32-bit seconds end in 2038 and 2106, 64-bit nanoseconds in 2262, the timestamps of ext4 in 2446",
    )],
    needs: &[],
    proof: cases![
        a_stored_deadline_at_any_instant_is_honoured_or_refused,
        a_touched_deadline_at_any_instant_is_honoured_or_refused,
        deadlines_of_all_instants_expire_in_their_order,
        a_now_at_any_instant_is_honoured
    ],
};

/// Instants, in milliseconds, at which a narrower type, unit or text ends. Each is tried with its
/// neighbours.
const TURNS: [i64; 27] = [
    1,
    9,
    99,
    999,
    9_999,
    u16::MAX as i64,
    i32::MAX as i64,
    u32::MAX as i64,
    9_999_999_999,
    999_999_999_999,
    // 2038: seconds in 32 bits with a sign; 2106: without one.
    i32::MAX as i64 * 1_000 + 999,
    u32::MAX as i64 * 1_000 + 999,
    // 2262: nanoseconds in 64 bits with a sign; 2554: without one.
    i64::MAX / 1_000_000,
    (u64::MAX / 1_000_000) as i64,
    // 2446: seconds in the 34 bits of ext4.
    15_032_385_535_999,
    9_999_999_999_999,
    // The last of the year 9999.
    253_402_300_799_999,
    999_999_999_999_999,
    // Integers that a double can tell apart.
    1 << 53,
    9_999_999_999_999_999,
    // 294247: microseconds in 64 bits with a sign.
    i64::MAX / 1_000,
    (u64::MAX / 1_000) as i64,
    i64::MAX / 1_000 * 999,
    1 << 62,
    i64::MAX - 60_000,
    i64::MAX - 1,
    i64::MAX,
];

/// The turns and their neighbours, in order, but for the epoch itself, which is no deadline of a
/// live record.
fn instants() -> Vec<Timestamp> {
    let around = |turn: i64| [-1, 0, 1].map(|by| turn.saturating_add(by));
    let mut instants: Vec<_> = TURNS
        .into_iter()
        .flat_map(around)
        .filter_map(Timestamp::from_millis)
        .filter(|instant| *instant > Timestamp::MIN)
        .collect();
    instants.sort_unstable();
    instants.dedup();
    instants
}

/// What stands under the id expires at `deadline` and not before; the check ends with it gone.
fn is_honoured(
    driver: &dyn SessionDriver,
    who: &SessionId,
    deadline: Timestamp,
    now: Timestamp,
) -> Verdict {
    let last = shifted(deadline, -1);
    for live_at in [now, Timestamp::MIN, last] {
        let found = live_record(driver, who, live_at)?;
        ensure_eq!(
            found.expires_at,
            Some(deadline),
            "the deadline that is reported"
        );
        ensure_eq!(
            visits(driver, live_at)?.len(),
            1,
            "visits before the deadline {deadline:?}"
        );
        drained(driver, live_at, UNLIMITED)?;
    }
    live_record(driver, who, last)?;
    expect::absent(
        driver,
        who,
        deadline,
        &format!("at its deadline {deadline:?}"),
    )?;
    expect::absent(
        driver,
        who,
        Timestamp::MAX,
        &format!("after its deadline {deadline:?}"),
    )?;
    ensure!(
        !driver.remove(who, deadline)?,
        "the remove of an expired id answers true"
    );
    Ok(())
}

/// The instants from which a deadline is set: just before it, and long before it.
fn setting_instants(deadline: Timestamp) -> impl Iterator<Item = Timestamp> {
    [shifted(deadline, -1), NOW, Timestamp::MIN]
        .into_iter()
        .filter(move |now| is_live(Some(deadline), *now))
}

fn about(deadline: Timestamp, stop: &Stop) -> Stop {
    Stop::Failed(format!("the deadline {deadline:?}: {stop}"))
}

fn a_stored_deadline_at_any_instant_is_honoured_or_refused(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("stored-until");
    for deadline in instants() {
        for now in setting_instants(deadline) {
            let before = stored(&*store, &who, forever(b"before"), Precondition::Any, now)?;
            let new = record(b"x", Some(deadline));
            let outcome = store.store(&who, new, Precondition::Present, now);
            match tried(outcome, &[ErrorKind::InvalidDeadline])? {
                Some(_) => is_honoured(&*store, &who, deadline, now),
                None => expect::record(&*store, &who, now, &before, "after it was refused"),
            }
            .map_err(|stop| about(deadline, &stop))?;
        }
    }
    let outcome = store.store(
        &who,
        record(b"x", Some(Timestamp::MIN)),
        Precondition::Any,
        NOW,
    );
    match tried(outcome, &[ErrorKind::InvalidDeadline])? {
        Some(_) => expect::gone(&*store, &who, "after a store that was dead since the epoch"),
        None => Ok(()),
    }
}

fn a_touched_deadline_at_any_instant_is_honoured_or_refused(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let (who, moved) = (id("touched-until"), id("rotated-until"));
    for deadline in instants() {
        for now in setting_instants(deadline) {
            let before = stored(&*store, &who, forever(b"before"), Precondition::Any, now)?;
            let outcome = store.touch(&who, Some(deadline), now);
            let honoured = match tried(outcome, &[ErrorKind::InvalidDeadline])? {
                Some(true) => store
                    .rotate(&who, &moved, now)
                    .map_err(Stop::from)
                    .and_then(|_| is_honoured(&*store, &moved, deadline, now)),
                Some(false) => Err(Stop::Failed("the touch of a live id answers false".into())),
                None => expect::record(&*store, &who, now, &before, "after it was refused"),
            };
            honoured.map_err(|stop| about(deadline, &stop))?;
        }
    }
    Ok(())
}

fn deadlines_of_all_instants_expire_in_their_order(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let mut left = Vec::new();
    for (number, deadline) in instants().into_iter().enumerate() {
        let who = id(&format!("of-all-times-{number}"));
        let new = record(b"x", Some(deadline));
        let outcome = store.store(&who, new, Precondition::Absent, Timestamp::MIN);
        if tried(outcome, &[ErrorKind::InvalidDeadline])?.is_some() {
            left.push((deadline, who));
        }
    }
    let native = context.capabilities().native_expiry.is_some();
    while let Some((now, first)) = left.first().cloned() {
        left.remove(0);
        // Swept before anything looks: a look at this instant may discard the record.
        let removed = drained(&*store, now, UNLIMITED)?;
        ensure!(
            removed == 1 || native,
            "a sweep at {now:?} counts {removed} records, not one"
        );
        ensure_eq!(visits(&*store, now)?.len(), left.len(), "visits at {now:?}");
        expect::absent(&*store, &first, now, &format!("at its deadline {now:?}"))?;
        if let Some((deadline, next)) = left.first() {
            let found = live_record(&*store, next, now)?;
            ensure_eq!(
                found.expires_at,
                Some(*deadline),
                "the deadline of the next one"
            );
        }
    }
    Ok(())
}

fn a_now_at_any_instant_is_honoured(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let (who, moved) = (id("at-any-time"), id("moved-at-any-time"));
    for now in [Timestamp::MIN].into_iter().chain(instants()) {
        let created = stored(&*store, &who, forever(b"x"), Precondition::Absent, now)?;
        expect::record(&*store, &who, now, &created, &format!("at {now:?}"))?;
        let when = Precondition::Version(created.version);
        stored(&*store, &who, forever(b"y"), when, now)?;
        ensure!(
            store.touch(&who, None, now)?,
            "a touch at {now:?} answers false"
        );
        ensure_eq!(visits(&*store, now)?.len(), 1, "visits at {now:?}");
        ensure_eq!(
            store.sweep(now, UNLIMITED)?.removed,
            0,
            "records swept at {now:?}"
        );
        ensure!(
            store.rotate(&who, &moved, now)?.is_some(),
            "a rotate at {now:?} answers None"
        );
        ensure!(
            store.remove(&moved, now)?,
            "a remove at {now:?} answers false"
        );
    }
    Ok(())
}

pub(super) const EXP_8: Rule = Rule {
    id: "EXP-8",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Deadlines do not depend on TZ, locale, or any clock but `now`; a native TTL is housekeeping: at least what remains at `now` plus \
           the declared slack, which is 60 s or more.",
    intent: "Sessions end an hour early when the clocks change, or when one host's clock is ahead.",
    provenance: &[Provenance::Known(
        "EXPIRE of Redis goes by the clock of the server",
    )],
    needs: &[],
    proof: cases![
        nothing_expires_while_now_stands_still,
        a_life_in_any_year_is_judged_by_now_alone,
        the_backend_keeps_a_record_for_its_life_and_the_slack,
        a_declared_slack_is_a_minute_or_more
    ],
};

fn nothing_expires_while_now_stands_still(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let (stored_short, touched_short) = (id("stored-short"), id("touched-short"));
    let one = stored(
        &*store,
        &stored_short,
        until(b"x", 1),
        Precondition::Absent,
        NOW,
    )?;
    let mut two = stored(
        &*store,
        &touched_short,
        forever(b"x"),
        Precondition::Absent,
        NOW,
    )?;
    two.expires_at = Some(at(5));
    store.touch(&touched_short, two.expires_at, NOW)?;
    thread::sleep(Duration::from_millis(30));
    for handle in race::handles(&store, &other) {
        ensure_eq!(
            handle.sweep(NOW, UNLIMITED)?.removed,
            0,
            "records swept by another clock"
        );
        ensure_eq!(
            visits(handle, NOW)?.len(),
            2,
            "visits while `now` stands still"
        );
        expect::record(handle, &stored_short, NOW, &one, "while `now` stands still")?;
        expect::record(
            handle,
            &touched_short,
            NOW,
            &two,
            "while `now` stands still",
        )?;
    }
    Ok(())
}

fn a_life_in_any_year_is_judged_by_now_alone(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("of-any-year");
    // 1970, 2001, the last hour of a summer time, 2100.
    for born in [
        10_000,
        1_000_000_000_000,
        1_698_541_200_000,
        4_102_444_800_000,
    ] {
        let born = shifted(Timestamp::MIN, born);
        let (last, deadline) = (shifted(born, 4_999), shifted(born, 5_000));
        let new = record(b"x", Some(deadline));
        let due = stored(&*store, &who, new, Precondition::Absent, born)?;
        for now in [born, last] {
            expect::record(&*store, &who, now, &due, "before its deadline")?;
            drained(&*store, now, UNLIMITED)?;
        }
        ensure!(
            store.touch(&who, Some(deadline), last)?,
            "the touch of a live id answers false"
        );
        expect::record(&*store, &who, last, &due, "before its deadline")?;
        expect::absent(&*store, &who, deadline, "at its deadline")?;
        store.remove(&who, deadline)?;
    }
    Ok(())
}

fn the_backend_keeps_a_record_for_its_life_and_the_slack(context: &Context) -> Verdict {
    let due = Lifetimes::of(context)?;
    let slack = context.capabilities().native_expiry.unwrap_or_default();
    for (who, way, life) in &due.mortal {
        let Some(kept) = context.kept_for(&due.place, who)? else {
            continue; // which is SWP-6's to say
        };
        // What has passed since counts against it, and an engine may count in whole seconds.
        let left = (*life + slack).saturating_sub(due.begin.elapsed() + Duration::from_secs(1));
        ensure!(
            kept >= left,
            "the backend keeps a record for {} s that has {} s to live and {} s of slack, after {way}",
            kept.as_secs(),
            life.as_secs(),
            slack.as_secs()
        );
    }
    for (who, way) in &due.immortal {
        let kept = context.kept_for(&due.place, who)?;
        ensure_eq!(
            kept,
            None,
            "how long the backend keeps a record without a deadline, after {way}"
        );
    }
    Ok(())
}

fn a_declared_slack_is_a_minute_or_more(context: &Context) -> Verdict {
    match context.capabilities().native_expiry {
        Some(slack) => {
            ensure!(
                slack >= Duration::from_secs(60),
                "the declared slack is {slack:?}"
            );
            Ok(())
        }
        None => Err(Stop::NotApplicable(
            "the driver does not declare native expiry".into(),
        )),
    }
}

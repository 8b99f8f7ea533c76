//! EXP: expiry.

mod boundary;
mod discard;
mod extremes;
mod touch;

use session_driver::{ErrorKind, Precondition, SessionDriver, SessionId, Timestamp};

use self::boundary::{EXP_1, EXP_5};
use self::discard::{EXP_3, EXP_9};
use self::extremes::{EXP_4, EXP_8};
use self::touch::{EXP_6, EXP_7};
use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, stored, visits};
use crate::workload::{NOW, at, forever, id, until};

pub(super) const RULES: &[Rule] = &[
    EXP_1, EXP_2, EXP_3, EXP_4, EXP_5, EXP_6, EXP_7, EXP_8, EXP_9,
];

const EXP_2: Rule = Rule {
    id: "EXP-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "An expired record stays absent even if no sweep ever runs; a record without expires_at never expires.",
    intent: "Sessions live until somebody sets up a sweep, or a session that is to be kept is swept away.",
    provenance: &[Provenance::Ancestor(
        "`delete_expired_sessions` of Catalyst::Plugin::Session::Store is a job that may not have run",
    )],
    needs: &[],
    proof: cases![
        an_expired_record_stays_absent_without_a_sweep,
        a_record_without_a_deadline_never_expires
    ],
};

fn an_expired_record_stays_absent_without_a_sweep(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("expired");
    let version = store.store(&who, until(b"x", 5_000), Precondition::Absent, NOW)?;
    for now in [
        at(5_000),
        at(5_001),
        at(40_000),
        at(i64::MAX),
        Timestamp::MAX,
        at(5_000),
    ] {
        expect::absent(&*store, &who, now, "for it has expired")?;
        ensure_eq!(visits(&*store, now)?.len(), 0, "visits of an expired id");
        ensure!(
            !store.touch(&who, None, now)?,
            "a touch finds an expired record"
        );
        for when in [Precondition::Present, Precondition::Version(version)] {
            let outcome = store.store(&who, forever(b"y"), when, now);
            expect::refused(outcome, ErrorKind::NotFound, "a save of an expired session")?;
        }
        let moved = store.rotate(&who, &id("elsewhere"), now)?;
        ensure_eq!(moved, None, "the rotate of an expired id");
        expect::absent(
            &*store,
            &id("elsewhere"),
            now,
            "for nothing was rotated to it",
        )?;
    }
    ensure!(
        !store.remove(&who, at(5_000))?,
        "the remove of an expired id answers true"
    );
    Ok(())
}

fn a_record_without_a_deadline_never_expires(context: &Context) -> Verdict {
    type Lasting = fn(&dyn SessionDriver, &SessionId) -> session_driver::Result<()>;
    let made_lasting: [Lasting; 4] = [
        |_, _| Ok(()),
        |driver, who| {
            driver.store(who, until(b"x", 5_000), Precondition::Any, NOW)?;
            driver.store(who, forever(b"x"), Precondition::Present, NOW)?;
            Ok(())
        },
        |driver, who| {
            driver.touch(who, Some(at(5_000)), NOW)?;
            driver.touch(who, None, NOW)?;
            Ok(())
        },
        |driver, who| {
            driver.rotate(who, &id("there"), NOW)?;
            driver.rotate(&id("there"), who, NOW)?;
            Ok(())
        },
    ];
    for (number, make_lasting) in made_lasting.into_iter().enumerate() {
        let store = context.fresh()?;
        let who = id(&format!("lasting-{number}"));
        store.store(&who, forever(b"x"), Precondition::Absent, NOW)?;
        make_lasting(&*store, &who)?;
        for now in [Timestamp::MIN, NOW, at(6_000), Timestamp::MAX] {
            expect::payload_at(&*store, &who, now, b"x", "without a deadline")?;
            ensure_eq!(
                visits(&*store, now)?.len(),
                1,
                "visits of an id without a deadline"
            );
            ensure_eq!(
                store.sweep(now, UNLIMITED)?.removed,
                0,
                "records without a deadline swept"
            );
            ensure!(
                store.touch(&who, None, now)?,
                "a touch of an id without a deadline answers false"
            );
        }
        let due = stored(
            &*store,
            &who,
            forever(b"y"),
            Precondition::Present,
            Timestamp::MAX,
        )?;
        expect::record(&*store, &who, Timestamp::MAX, &due, "without a deadline")?;
        ensure!(
            store.remove(&who, Timestamp::MAX)?,
            "the remove of a live id answers false"
        );
    }
    Ok(())
}

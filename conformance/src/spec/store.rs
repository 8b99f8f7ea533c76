//! STO: store.

mod absent;

use session_driver::{ErrorKind, Precondition, Record, SessionDriver, SessionId, Timestamp};

use self::absent::{STO_2, STO_3, STO_4};
use crate::absence::Absence;
use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, stored, visits};
use crate::workload::{NOW, at, forever, id, marked, record, shifted, until};

pub(super) const RULES: &[Rule] = &[STO_1, STO_2, STO_3, STO_4, STO_5, STO_6, STO_7];

const STO_1: Rule = Rule {
    id: "STO-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A store that returned success is visible at once to every handle of the same backend.",
    intent: "A user logs in on one worker, and the next request, on another worker, knows nothing of it.",
    provenance: &[Provenance::Ancestor("`store` of CGI::Session::Driver")],
    needs: &[],
    proof: cases![
        a_handle_sees_what_another_one_stored,
        every_operation_of_another_handle_sees_a_store,
        other_threads_see_a_store
    ],
};

fn a_handle_sees_what_another_one_stored(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.second()?;
    let who = id("seen-by-two");
    expect::absent(&*other, &who, NOW, "before the first store")?;
    for generation in 0..6_u64 {
        let (writer, reader): (&dyn SessionDriver, &dyn SessionDriver) = match generation % 2 {
            0 => (&*store, &*other),
            _ => (&*other, &*store),
        };
        let payload = marked(generation, 8 << generation);
        let due = stored(writer, &who, forever(&payload), Precondition::Any, NOW)?;
        expect::record(reader, &who, NOW, &due, "in the other handle")?;
        expect::record(writer, &who, NOW, &due, "in the handle that stored it")?;
    }
    Ok(())
}

fn every_operation_of_another_handle_sees_a_store(context: &Context) -> Verdict {
    type Sees = fn(&dyn SessionDriver, &SessionId) -> Result<bool, Stop>;
    let seen_by: [(&str, Sees); 6] = [
        ("touch", |driver, who| Ok(driver.touch(who, None, NOW)?)),
        ("remove", |driver, who| Ok(driver.remove(who, NOW)?)),
        ("rotate", |driver, who| {
            Ok(driver.rotate(who, &id("elsewhere"), NOW)?.is_some())
        }),
        ("a Present store", |driver, who| {
            let outcome = driver.store(who, forever(b"2"), Precondition::Present, NOW);
            Ok(outcome.is_ok())
        }),
        ("an Absent store", |driver, who| {
            let outcome = driver.store(who, forever(b"2"), Precondition::Absent, NOW);
            Ok(outcome.is_err_and(|error| error.kind() == ErrorKind::AlreadyExists))
        }),
        ("sweep", |driver, _| {
            Ok(driver.capabilities().native_expiry.is_some()
                || drained(driver, at(5_000), UNLIMITED)? == 1)
        }),
    ];
    for (operation, sees) in seen_by {
        let store = context.fresh()?;
        let other = store.second()?;
        let who = id("seen-by-all");
        expect::absent(&*other, &who, NOW, "before the store")?;
        store.store(&who, until(b"1", 5_000), Precondition::Absent, NOW)?;
        ensure_eq!(
            visits(&*other, NOW)?.len(),
            1,
            "the visits of another handle"
        );
        ensure!(
            sees(&*other, &who)?,
            "{operation} through another handle does not see the store"
        );
    }
    Ok(())
}

fn other_threads_see_a_store(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("seen-by-threads");
    let before = store.retrieve(&who, NOW)?;
    ensure_eq!(before, None, "the id before the first store");
    for generation in 0..20_u64 {
        let payload = marked(generation, 64);
        let due = stored(&*store, &who, forever(&payload), Precondition::Any, NOW)?;
        race::together(3, |_| {
            expect::record(&*store, &who, NOW, &due, "in another thread")
        })?;
    }
    Ok(())
}

const STO_5: Rule = Rule {
    id: "STO-5",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Every store sets payload and expires_at together: neither an old deadline nor \"never\" is inherited by omission.",
    intent: "A session without a deadline keeps that of the guest before it and ends too soon, or one with a deadline never ends.",
    provenance: &[Provenance::Ancestor(
        "Catalyst::Plugin::Session::Store keeps `expires:ID` apart from `session:ID`, so that one can be written without the other",
    )],
    needs: &[],
    proof: cases![
        each_store_sets_payload_and_deadline,
        a_touched_deadline_is_not_inherited_by_the_next_store
    ],
};

const DEADLINES: [Option<Timestamp>; 3] = [None, Some(at(2_000)), Some(at(4_000))];

fn each_store_sets_payload_and_deadline(context: &Context) -> Verdict {
    each_store_over(context, |_, _, before| Ok(before))
}

fn a_touched_deadline_is_not_inherited_by_the_next_store(context: &Context) -> Verdict {
    each_store_over(context, |driver, who, before| {
        let touched = match before {
            None => Some(at(3_000)),
            Some(_) => None,
        };
        driver.touch(who, touched, NOW)?;
        Ok(touched)
    })
}

/// Stores over a record of each deadline, after `prepare`, with each precondition and deadline.
fn each_store_over(
    context: &Context,
    prepare: impl Fn(
        &dyn SessionDriver,
        &SessionId,
        Option<Timestamp>,
    ) -> session_driver::Result<Option<Timestamp>>,
) -> Verdict {
    let store = context.fresh()?;
    let mut number = 0;
    for before in DEADLINES {
        for after in DEADLINES {
            for precondition in ["Any", "Present", "Version"] {
                number += 1;
                let who = id(&format!("set-{number}"));
                let old = store.store(&who, record(b"old", before), Precondition::Any, NOW)?;
                prepare(&*store, &who, before)?;
                let when = match precondition {
                    "Any" => Precondition::Any,
                    "Present" => Precondition::Present,
                    _ => Precondition::Version(old),
                };
                let due = stored(&*store, &who, record(b"newer", after), when, NOW)?;
                sets_all(&*store, &who, &due, precondition)?;
            }
        }
    }
    Ok(())
}

/// The record is found and its own deadline is the one that is kept, whatever another one was.
fn sets_all(
    driver: &dyn SessionDriver,
    who: &SessionId,
    due: &Record,
    precondition: &str,
) -> Verdict {
    let when = format!("after a store with {precondition}");
    let last = due
        .expires_at
        .map_or(at(50_000), |deadline| shifted(deadline, -1));
    expect::record(driver, who, NOW, due, &when)?;
    driver.sweep(last, UNLIMITED)?;
    expect::record(driver, who, last, due, &when)?;
    if let Some(deadline) = due.expires_at {
        expect::absent(
            driver,
            who,
            deadline,
            "at the deadline that was stored last",
        )?;
    }
    driver.remove(who, NOW)?;
    Ok(())
}

const STO_6: Rule = Rule {
    id: "STO-6",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A store with Present on an absent id fails with NotFound and creates nothing; \
           success is not reported for a write that was not kept (EXP-3 excepted).",
    intent: "A request that outlives its session brings it back, or believes that it has saved what is lost.",
    provenance: &[
        Provenance::Known("an UPDATE of SQL that matches no row is a success"),
        Provenance::Fault(
            "Django ticket 21608: a save created the session anew that was deleted meanwhile",
        ),
    ],
    needs: &[],
    proof: cases![
        present_on_an_absent_id_is_refused_and_creates_nothing,
        each_success_is_kept_also_when_nothing_changes
    ],
};

fn present_on_an_absent_id_is_refused_and_creates_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for absence in Absence::ALL {
        for new in [forever(b"new"), until(b"new", 5_000), until(b"new", 0)] {
            let who = id(&format!("absent-{absence:?}"));
            absence.bring_about(&*store, &who)?;
            let outcome = store.store(&who, new, Precondition::Present, NOW);
            expect::refused(
                outcome,
                ErrorKind::NotFound,
                &format!("Present on an id that is absent ({absence:?})"),
            )?;
            expect::absent(&*store, &who, NOW, "and was refused")?;
            ensure_eq!(
                visits(&*store, NOW)?.len(),
                0,
                "visits after a refused Present"
            );
            if !absence.may_remain() {
                expect::gone(&*store, &who, "and was refused")?;
            }
        }
    }
    Ok(())
}

fn each_success_is_kept_also_when_nothing_changes(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("again-and-again");
    let mut last = stored(&*store, &who, forever(b"same"), Precondition::Absent, NOW)?;
    for when in [Precondition::Any, Precondition::Present] {
        for new in [
            forever(b"same"),
            forever(b"same"),
            until(b"same", 9_000),
            forever(b""),
        ] {
            last = stored(&*store, &who, new, when, NOW)?;
            expect::record(&*store, &who, NOW, &last, "after a store that succeeded")?;
        }
    }
    for new in [forever(b""), until(b"", 9_000), until(b"", 9_000)] {
        let when = Precondition::Version(last.version);
        last = stored(&*store, &who, new, when, NOW)?;
        expect::record(&*store, &who, NOW, &last, "after a store that succeeded")?;
    }
    Ok(())
}

const STO_7: Rule = Rule {
    id: "STO-7",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A store with Any succeeds on absent and on live ids alike: one operation serves new and updated sessions.",
    intent: "A framework that does not know whether a session is new cannot save it.",
    provenance: &[Provenance::Ancestor(
        "`store` of CGI::Session::Driver serves new sessions and old ones alike",
    )],
    needs: &[],
    proof: cases![
        any_succeeds_however_the_id_is_absent,
        any_succeeds_on_a_live_id
    ],
};

fn any_succeeds_however_the_id_is_absent(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for absence in Absence::ALL {
        for deadline in DEADLINES {
            let who = id(&format!("anew-{absence:?}"));
            absence.bring_about(&*store, &who)?;
            let due = stored(
                &*store,
                &who,
                record(b"new", deadline),
                Precondition::Any,
                NOW,
            )?;
            sets_all(&*store, &who, &due, "Any")?;
            expect::gone(&*store, &who, "after its remove")?;
        }
    }
    Ok(())
}

fn any_succeeds_on_a_live_id(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for before in DEADLINES {
        for after in DEADLINES {
            let who = id("updated");
            store.store(&who, record(b"old", before), Precondition::Any, NOW)?;
            let due = stored(&*store, &who, record(b"new", after), Precondition::Any, NOW)?;
            sets_all(&*store, &who, &due, "Any")?;
        }
    }
    Ok(())
}

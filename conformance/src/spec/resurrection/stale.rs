//! RES: no resurrection, by what a handle keeps.

use std::sync::mpsc;
use std::thread;

use session_driver::{ErrorKind, Precondition, Record, SessionDriver, SessionId};

use crate::case::{Context, Driver, Fixture, Stop, Verdict, cases, ensure, ensure_eq, live_record};
use crate::expect;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, stored, visits};
use crate::workload::{NOW, at, forever, id, marked, until};

pub(super) const RES_3: Rule = Rule {
    id: "RES-3",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A cache, buffer, pending write, older copy or open file of the driver does not serve or write back a removed or replaced record, \
           through any handle.",
    intent: "One worker keeps a session alive from its memory after another one has ended it.",
    provenance: &[Provenance::Own(
        "what caches, write-behind buffers and open files make of RES-1",
    )],
    needs: &[],
    proof: cases![
        no_handle_serves_what_another_one_removed,
        no_handle_writes_to_what_another_one_replaced,
        no_handle_serves_what_another_one_rotated,
        no_thread_serves_what_another_one_removed_or_replaced,
        a_handle_that_closes_writes_nothing_back
    ],
};

/// A handle that has read, stored and touched the record, so that all it keeps is warm.
fn warmed<'a>(
    driver: &'a dyn SessionDriver,
    who: &SessionId,
) -> Result<&'a dyn SessionDriver, Stop> {
    driver.store(who, until(&[b'w'; 2_000], 9_000), Precondition::Any, NOW)?;
    driver.touch(who, Some(at(40_000)), NOW)?;
    live_record(driver, who, NOW)?;
    Ok(driver)
}

/// What a remove leaves behind in a handle: nothing.
fn knows_nothing(driver: &dyn SessionDriver, who: &SessionId, when: &str) -> Verdict {
    expect::gone(driver, who, when)?;
    ensure!(!driver.touch(who, None, NOW)?, "a touch finds it {when}");
    ensure!(!driver.remove(who, NOW)?, "a remove finds it {when}");
    let outcome = driver.store(who, forever(b"back"), Precondition::Present, NOW);
    expect::refused(outcome, ErrorKind::NotFound, &format!("Present {when}"))?;
    ensure_eq!(
        driver.rotate(who, &id("anywhere"), NOW)?,
        None,
        "a rotate {when}"
    );
    Ok(())
}

fn two_handles(context: &Context) -> Result<(Fixture, Driver), Stop> {
    let store = context.fresh()?;
    let second = store.second()?;
    Ok((store, second))
}

fn no_handle_serves_what_another_one_removed(context: &Context) -> Verdict {
    let (store, second) = two_handles(context)?;
    for round in 0..4 {
        let who = id(&format!("removed-{round}"));
        let (one, two) = if round % 2 == 0 {
            (warmed(&*store, &who)?, warmed(&*second, &who)?)
        } else {
            (warmed(&*second, &who)?, warmed(&*store, &who)?)
        };
        ensure!(
            one.remove(&who, NOW)?,
            "the remove of a live id answers false"
        );
        knows_nothing(two, &who, "after another handle removed it")?;
        ensure_eq!(
            visits(two, NOW)?.len(),
            0,
            "visits of what another handle removed"
        );
        ensure_eq!(
            two.sweep(at(50_000), UNLIMITED)?.removed,
            0,
            "records left to sweep"
        );
        let due = stored(one, &who, forever(b"anew"), Precondition::Absent, NOW)?;
        expect::record(two, &who, NOW, &due, "after another handle created it anew")?;
        ensure!(
            two.remove(&who, NOW)?,
            "the remove of a live id answers false"
        );
        knows_nothing(one, &who, "after another handle removed it")?;
    }
    Ok(())
}

fn no_handle_writes_to_what_another_one_replaced(context: &Context) -> Verdict {
    let (store, second) = two_handles(context)?;
    let who = id("replaced");
    for length in [10, 2_000, 60_000] {
        let (one, two) = (warmed(&*store, &who)?, warmed(&*second, &who)?);
        let stale = live_record(two, &who, NOW)?.version;
        one.remove(&who, NOW)?;
        let payload = marked(7, length);
        let mut due = stored(one, &who, forever(&payload), Precondition::Absent, NOW)?;
        expect::record(two, &who, NOW, &due, "after another handle replaced it")?;
        let outcome = two.store(&who, forever(b"back"), Precondition::Version(stale), NOW);
        expect::refused(
            outcome,
            ErrorKind::Conflict,
            "the version of what was replaced",
        )?;
        ensure!(
            two.touch(&who, Some(at(30_000)), NOW)?,
            "the touch of a live id answers false"
        );
        due.expires_at = Some(at(30_000));
        expect::record(one, &who, NOW, &due, "after the other handle touched it")?;
        let due = stored(two, &who, forever(b"newest"), Precondition::Present, NOW)?;
        expect::record(
            one,
            &who,
            NOW,
            &due,
            "after the other handle stored over it",
        )?;
    }
    Ok(())
}

fn no_handle_serves_what_another_one_rotated(context: &Context) -> Verdict {
    let (store, second) = two_handles(context)?;
    let (who, to) = (id("rotated"), id("rotated-here"));
    let (one, two) = (warmed(&*store, &who)?, warmed(&*second, &who)?);
    expect::absent(two, &to, NOW, "before the rotate")?;
    let before = live_record(one, &who, NOW)?;
    ensure!(
        one.rotate(&who, &to, NOW)?.is_some(),
        "the rotate of a live id answers None"
    );
    knows_nothing(two, &who, "after another handle rotated it away")?;
    expect::payload(two, &to, &before.payload, "at the id it was rotated to")?;
    let moved = live_record(two, &to, NOW)?;
    let due = stored(
        one,
        &who,
        forever(b"of another user"),
        Precondition::Absent,
        NOW,
    )?;
    ensure!(
        two.touch(&who, None, NOW)?,
        "the touch of a live id answers false"
    );
    expect::record(
        one,
        &to,
        NOW,
        &moved,
        "after a touch of the id it was rotated from",
    )?;
    expect::record(
        two,
        &who,
        NOW,
        &due,
        "created anew at the id that was rotated away",
    )?;
    Ok(())
}

fn no_thread_serves_what_another_one_removed_or_replaced(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("of-two-threads");
    let (ask, asked) = mpsc::channel();
    let (answer, answers) = mpsc::channel();
    thread::scope(|scope| {
        let (driver, who) = (&*store, &who);
        scope.spawn(move || {
            let mut requests = asked.iter();
            requests.try_for_each(|()| answer.send(driver.retrieve(who, NOW)))
        });
        let the_other_sees = |due: Option<&Record>| -> Verdict {
            let asked = ask.send(()).ok().and_then(|()| answers.recv().ok());
            let found = asked.ok_or_else(|| Stop::Failed("a retrieve panicked".into()))??;
            ensure_eq!(found.as_ref(), due, "what another thread finds");
            Ok(())
        };
        let outcome = (0..20).try_for_each(|generation| {
            let payload = marked(generation, 100);
            for when in [Precondition::Absent, Precondition::Present] {
                let due = stored(driver, who, forever(&payload), when, NOW)?;
                the_other_sees(Some(&due))?;
            }
            driver.remove(who, NOW)?;
            the_other_sees(None)
        });
        drop(ask);
        outcome
    })
}

fn a_handle_that_closes_writes_nothing_back(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for round in 0..3 {
        let (gone, kept) = (id(&format!("ended-{round}")), id(&format!("kept-{round}")));
        let second = store.second()?;
        warmed(&*second, &gone)?;
        warmed(&*second, &kept)?;
        ensure!(
            store.remove(&gone, NOW)?,
            "the remove of a live id answers false"
        );
        let due = stored(&*store, &kept, forever(b"newer"), Precondition::Any, NOW)?;
        drop(second);
        expect::gone(
            &*store,
            &gone,
            "after the handle that had stored it was closed",
        )?;
        expect::record(
            &*store,
            &kept,
            NOW,
            &due,
            "after the handle that had stored it was closed",
        )?;
        let third = store.second()?;
        expect::gone(&*third, &gone, "in a handle that was opened later")?;
        expect::record(
            &*third,
            &kept,
            NOW,
            &due,
            "in a handle that was opened later",
        )?;
    }
    Ok(())
}

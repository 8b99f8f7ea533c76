//! TRV: traverse, and what its visitor may do.

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use session_driver::{Precondition, SessionDriver, SessionId, Timestamp};

use super::{filled, visits_are};
use crate::case::{Context, Fixture, Stop, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::{UNLIMITED, visit_each, visits};
use crate::workload::{NOW, at, forever, id, random_id, until};

pub(super) const TRV_4: Rule = Rule {
    id: "TRV-4",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "The visitor may call any operation of the same driver, on the visited id too, without deadlock, error or repeat visit, and the \
           traversal ends when every visit stores a new random id.",
    intent: "A job that ends the sessions of one user from within a traversal hangs, or never ends.",
    provenance: &[Provenance::Ancestor(
        "`find` of CGI::Session removes sessions from within `traverse`",
    )],
    needs: &[],
    proof: cases![
        the_visitor_may_call_every_operation,
        the_visitor_may_remove_every_id,
        the_visitor_may_traverse_again,
        a_traversal_ends_when_each_visit_stores_a_new_id,
        a_traversal_ends_when_each_visit_rotates_to_a_new_id
    ],
};

fn the_visitor_may_call_every_operation(context: &Context) -> Verdict {
    let (store, all) = filled(context, 40)?;
    let other = store.another()?;
    let readable = context.capabilities().readable_ids;
    for driver in race::handles(&store, &other) {
        let mut visited = Vec::new();
        visit_each(&*store, NOW, |shown| {
            let who = if readable {
                shown
            } else {
                &all[visited.len() % all.len()]
            };
            visited.push(shown.clone());
            call_every_operation(driver, who)
        })?;
        all_are_visited(context, &visited, &all)?;
    }
    Ok(())
}

/// No id was visited twice and, where their names show it, none was left out. What the visits made
/// meanwhile may be visited, too.
fn all_are_visited(context: &Context, visited: &[SessionId], due: &[SessionId]) -> Verdict {
    expect::no_repeats(visited)?;
    if context.capabilities().readable_ids {
        let missing = due.iter().filter(|id| !visited.contains(id)).count();
        ensure_eq!(missing, 0, "ids that were not visited");
    }
    Ok(())
}

/// Every operation on a live id, which is live again afterwards, and what each answers.
fn call_every_operation(driver: &dyn SessionDriver, who: &SessionId) -> Verdict {
    let aside = id("aside");
    for when in [Precondition::Any, Precondition::Present] {
        let version = driver.store(who, until(&[b'v'; 500], 9_000), when, NOW)?;
        driver.store(who, forever(b"again"), Precondition::Version(version), NOW)?;
        expect::payload(driver, who, b"again", "within a visit")?;
    }
    ensure!(
        driver.touch(who, Some(at(9_000)), NOW)?,
        "a touch within a visit answers false"
    );
    ensure_eq!(
        driver.sweep(NOW, UNLIMITED)?.removed,
        0,
        "records swept within a visit"
    );
    ensure!(
        driver.rotate(who, &aside, NOW)?.is_some(),
        "a rotate within a visit answers None"
    );
    ensure!(
        driver.remove(&aside, NOW)?,
        "a remove within a visit answers false"
    );
    expect::gone(driver, who, "within a visit")?;
    driver.store(who, forever(b"x"), Precondition::Absent, NOW)?;
    Ok(())
}

fn the_visitor_may_remove_every_id(context: &Context) -> Verdict {
    let (store, all) = filled(context, 120)?;
    let readable = context.capabilities().readable_ids;
    let mut count = 0;
    visit_each(&*store, NOW, |shown| {
        let who = if readable {
            shown
        } else {
            &all[count % all.len()]
        };
        count += 1;
        ensure!(
            store.remove(who, NOW)? || !readable,
            "the remove of a visited id answers false"
        );
        Ok(())
    })?;
    if readable {
        ensure_eq!(count, all.len(), "visits that remove what they visit");
        ensure_eq!(
            visits(&*store, Timestamp::MIN)?.len(),
            0,
            "visits after all was removed"
        );
    }
    Ok(())
}

fn the_visitor_may_traverse_again(context: &Context) -> Verdict {
    let (store, all) = filled(context, 12)?;
    let other = store.another()?;
    let due: Vec<_> = all.iter().collect();
    let [outer, inner] = race::handles(&store, &other);
    for (outer, inner) in [(outer, outer), (outer, inner), (inner, outer)] {
        let mut visited = Vec::new();
        visit_each(outer, NOW, |who| {
            visited.push(who.clone());
            visits_are(
                context,
                &visits(inner, NOW)?,
                &due,
                "of a traversal within a visit",
            )?;
            let first = inner.traverse(NOW, &mut |_| ControlFlow::Break(()));
            Ok(first?)
        })?;
        visits_are(context, &visited, &due, "that traverse again")?;
    }
    Ok(())
}

/// Where each visit makes a new id, some are visited in their turn, the fewer the later; no honest
/// traversal comes near this.
const ENDLESS: usize = 3_000;

fn a_traversal_ends_when_each_visit_stores_a_new_id(context: &Context) -> Verdict {
    let (store, _) = filled(context, 20)?;
    ends(context, &store, |_, new| {
        store.store(new, forever(b"new"), Precondition::Absent, NOW)?;
        Ok(())
    })
}

fn a_traversal_ends_when_each_visit_rotates_to_a_new_id(context: &Context) -> Verdict {
    context.needs(Need::ReadableIds)?;
    let (store, _) = filled(context, 20)?;
    ends(context, &store, |shown, new| {
        let moved = store.rotate(shown, new, NOW)?;
        ensure!(moved.is_some(), "the rotate of a visited id answers None");
        Ok(())
    })
}

fn ends(
    context: &Context,
    store: &Fixture,
    mut visit: impl FnMut(&SessionId, &SessionId) -> Verdict,
) -> Verdict {
    let mut rng = context.rng();
    let mut visited = Vec::new();
    visit_each(&**store, NOW, |shown| {
        visited.push(shown.clone());
        ensure!(
            visited.len() < ENDLESS,
            "{ENDLESS} visits in a store that had 20 ids, for each visit makes a new one"
        );
        visit(shown, &random_id(&mut rng))
    })?;
    expect::no_repeats(&visited)?;
    ensure!(visited.len() >= 20, "{} visits of 20 ids", visited.len());
    Ok(())
}

pub(super) const TRV_5: Rule = Rule {
    id: "TRV-5",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A traversal that the visitor stops, or that panics, releases its locks, cursors, transactions and descriptors.",
    intent: "One page of an admin's list, left early, and the service stands still or runs out of descriptors.",
    provenance: &[Provenance::Own(
        "a visitor that panics is a bug of the caller, and the store outlives it",
    )],
    needs: &[],
    proof: cases![
        a_visitor_that_breaks_is_not_called_again,
        all_operations_work_after_a_break,
        all_operations_work_after_a_panic,
        a_thousand_stopped_traversals_leave_nothing_open
    ],
};

fn a_visitor_that_breaks_is_not_called_again(context: &Context) -> Verdict {
    let (store, all) = filled(context, 50)?;
    for last in [1, 2, 25, 49, 50] {
        let mut count = 0;
        store.traverse(NOW, &mut |_| {
            count += 1;
            if count == last {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        ensure_eq!(
            count,
            last,
            "visits of {} ids, stopped by the visitor",
            all.len()
        );
    }
    Ok(())
}

fn all_operations_work_after_a_break(context: &Context) -> Verdict {
    work_after(context, |driver| {
        driver.traverse(NOW, &mut |_| ControlFlow::Break(()))?;
        Ok(())
    })
}

fn all_operations_work_after_a_panic(context: &Context) -> Verdict {
    work_after(context, |driver| {
        let mut left = 3;
        let mut visit = |_: &SessionId| {
            left -= 1;
            if left == 0 {
                panic::resume_unwind(Box::new("a visitor's own panic"));
            }
            ControlFlow::Continue(())
        };
        // Whether the driver lets the panic through or makes an error of it is not the rule's
        // matter.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| driver.traverse(NOW, &mut visit)));
        Ok(())
    })
}

/// Tries all operations after a traversal ended early: in the same thread, in another one, and
/// through another handle.
fn work_after(context: &Context, stop_early: impl Fn(&dyn SessionDriver) -> Verdict) -> Verdict {
    let (store, all) = filled(context, 30)?;
    let other = store.another()?;
    let due: Vec<_> = all.iter().collect();
    for _ in 0..3 {
        for driver in race::handles(&store, &other) {
            stop_early(driver)?;
            call_every_operation(&*store, &all[0])?;
            race::together(1, |_| call_every_operation(driver, &all[29]))?;
            visits_are(
                context,
                &visits(driver, NOW)?,
                &due,
                "after a traversal ended early",
            )?;
        }
    }
    Ok(())
}

fn a_thousand_stopped_traversals_leave_nothing_open(context: &Context) -> Verdict {
    let (store, all) = filled(context, 4)?;
    for _ in 0..1_100 {
        store.traverse(NOW, &mut |_| ControlFlow::Break(()))?;
    }
    call_every_operation(&*store, &all[0])?;
    visits_are(
        context,
        &visits(&*store, NOW)?,
        &all.iter().collect::<Vec<_>>(),
        "in the end",
    )
}

pub(super) const TRV_7: Rule = Rule {
    id: "TRV-7",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Between visits a traverse holds no lock and no payload, and at most the declared bytes per id.",
    intent: "A slow report over all sessions stops every login until it is done.",
    provenance: &[Provenance::Own(
        "a traversal that holds a transaction stops all writers of an SQL store",
    )],
    needs: &[],
    proof: cases![no_lock_is_held_between_visits],
};

fn no_lock_is_held_between_visits(context: &Context) -> Verdict {
    let (store, all) = filled(context, 12)?;
    let other = store.another()?;
    let driver = &*store;
    let patience = context.capabilities().contention_bound + Duration::from_secs(1);
    for worker in race::handles(&store, &other) {
        let (ask, asked) = mpsc::channel::<()>();
        let (answer, answers) = mpsc::channel();
        thread::scope(|scope| {
            let all = &all;
            scope.spawn(move || {
                let work = || {
                    all.iter()
                        .try_for_each(|who| call_every_operation(worker, who))?;
                    visits(worker, NOW).map(drop)
                };
                asked.iter().try_for_each(|()| answer.send(work()))
            });
            // Not waiting for longer ends the traversal, so that one that holds a lock is found
            // without a deadlock.
            let outcome = visit_each(driver, NOW, |_| {
                let _ = ask.send(());
                answers.recv_timeout(patience).unwrap_or_else(|_| {
                    Err(Stop::Failed(format!(
                        "another thread's operations did not end while a visitor waited {patience:?} for them"
                    )))
                })
            });
            drop(ask);
            outcome
        })?;
    }
    Ok(())
}

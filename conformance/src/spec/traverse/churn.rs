//! TRV: traverse, while ids come and go.

use std::collections::HashSet;
use std::slice;

use session_driver::{ErrorKind, Precondition, SessionDriver, SessionId};

use crate::case::{Context, Fixture, Stop, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, tried, visit_each, visits};
use crate::workload::{NOW, at, forever, ids, random_id, until};

pub(super) const TRV_2: Rule = Rule {
    id: "TRV-2",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "An id that is live for the whole traversal is visited exactly once, whatever else happens meanwhile (a rotate counts as remove and \
           create); a traversal that cannot vouch for that starts over without repeats or ends in an error, never in Ok.",
    intent: "A copy of all sessions to another backend, taken while the service runs, loses some.",
    provenance: &[Provenance::Known(
        "SCAN of Redis may give a key more than once; readdir of POSIX leaves open what it gives of entries that come and go",
    )],
    needs: &[],
    proof: cases![
        stable_ids_are_visited_once_while_the_visitor_changes_others,
        stable_ids_are_visited_once_while_threads_change_others
    ],
};

/// Ids that stay live, and are overwritten and touched, beside ids that come and go.
struct Churn {
    store: Fixture,
    stable: Vec<SessionId>,
    /// What a traversal of nothing but the stable ids visits.
    shown: HashSet<SessionId>,
    volatile: Vec<SessionId>,
}

impl Churn {
    fn fresh(context: &Context, stable: usize) -> Result<Churn, Stop> {
        let store = context.fresh()?;
        let mut rng = context.rng();
        let mut random_ids = |count| (0..count).map(|_| random_id(&mut rng)).collect::<Vec<_>>();
        let (stable, volatile) = (random_ids(stable), random_ids(200));
        for who in &stable {
            store.store(who, until(b"stable", 40_000), Precondition::Absent, NOW)?;
        }
        let shown = visits(&*store, NOW)?.into_iter().collect();
        for who in volatile.iter().step_by(2) {
            store.store(who, forever(b"volatile"), Precondition::Any, NOW)?;
        }
        Ok(Churn {
            store,
            stable,
            shown,
            volatile,
        })
    }

    /// One change, by chance: of a volatile id, or of what a stable one holds.
    fn disturb(&self, driver: &dyn SessionDriver, rng: &mut fastrand::Rng) -> Verdict {
        let payload = vec![b'c'; rng.usize(0..3_000)];
        let [one, two, stable] =
            [&self.volatile, &self.volatile, &self.stable].map(|ids| &ids[rng.usize(0..ids.len())]);
        match rng.u8(0..8) {
            0 | 1 => {
                driver.store(one, forever(&payload), Precondition::Any, NOW)?;
            }
            2 => {
                driver.remove(one, NOW)?;
            }
            3 => {
                driver.remove(one, NOW)?;
                driver.store(one, until(&payload, 9_000), Precondition::Any, NOW)?;
            }
            4 => {
                tried(driver.rotate(one, two, NOW), &[ErrorKind::AlreadyExists])?;
            }
            5 => {
                driver.touch(one, Some(NOW), NOW)?;
            }
            6 => {
                driver.touch(stable, Some(at(rng.i64(20_000..40_000))), NOW)?;
            }
            _ => {
                driver.store(stable, until(&payload, 40_000), Precondition::Present, NOW)?;
            }
        }
        Ok(())
    }

    fn all_stable_once(&self, visited: &[SessionId]) -> Verdict {
        expect::no_repeats(visited)?;
        let seen = visited.iter().filter(|id| self.shown.contains(*id)).count();
        ensure_eq!(
            seen,
            self.stable.len(),
            "visits of ids that were live all the while"
        );
        Ok(())
    }
}

fn stable_ids_are_visited_once_while_the_visitor_changes_others(context: &Context) -> Verdict {
    let churn = Churn::fresh(context, 150)?;
    let mut rng = context.rng();
    for _ in 0..context.rounds(5) {
        let mut visited = Vec::new();
        visit_each(&*churn.store, NOW, |who| {
            visited.push(who.clone());
            churn.disturb(&*churn.store, &mut rng)?;
            churn.disturb(&*churn.store, &mut rng)
        })?;
        churn.all_stable_once(&visited)?;
    }
    Ok(())
}

fn stable_ids_are_visited_once_while_threads_change_others(context: &Context) -> Verdict {
    let churn = Churn::fresh(context, 300)?;
    let other = churn.store.another()?;
    let [one, two] = race::handles(&churn.store, &other);
    let disturb = |worker: usize, turn| {
        let mut rng = fastrand::Rng::with_seed(context.seed() ^ (turn << 2 | worker as u64));
        churn.disturb([one, two][worker], &mut rng)
    };
    race::meanwhile(2, disturb, || {
        for _ in 0..context.rounds(25) {
            churn.all_stable_once(&visits(one, NOW)?)?;
        }
        Ok(())
    })
}

pub(super) const TRV_3: Rule = Rule {
    id: "TRV-3",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "An id created, removed or expiring meanwhile may be visited, is not visited twice, also when removed and re-created, and does not \
           make the traversal fail.",
    intent: "A job over all sessions stops in the middle, or bills one twice, because users come and go.",
    provenance: &[Provenance::Known(
        "SCAN of Redis may or may not give a key that comes or goes meanwhile",
    )],
    needs: &[],
    proof: cases![
        ids_that_come_and_go_are_not_visited_twice,
        an_id_that_is_removed_and_created_anew_at_its_visit_is_not_visited_again,
        ids_that_are_gone_before_their_visit_do_not_fail_the_traversal
    ],
};

fn ids_that_come_and_go_are_not_visited_twice(context: &Context) -> Verdict {
    let churn = Churn::fresh(context, 20)?;
    let other = churn.store.another()?;
    let [one, two] = race::handles(&churn.store, &other);
    let disturb = |worker: usize, turn: u64| {
        let mut rng = fastrand::Rng::with_seed(context.seed() ^ (turn << 2 | worker as u64));
        churn.disturb([one, two][worker], &mut rng)
    };
    race::meanwhile(2, disturb, || {
        for _ in 0..context.rounds(40) {
            let visited = visits(two, NOW)?;
            expect::no_repeats(&visited)?;
            let known = |id: &&SessionId| churn.volatile.contains(id) || churn.stable.contains(id);
            if context.capabilities().readable_ids {
                ensure_eq!(
                    visited.iter().filter(known).count(),
                    visited.len(),
                    "visits of ids that were stored at some time"
                );
            }
        }
        Ok(())
    })
}

fn an_id_that_is_removed_and_created_anew_at_its_visit_is_not_visited_again(
    context: &Context,
) -> Verdict {
    let store = context.fresh()?;
    let all = ids("renewed", 60);
    for who in &all {
        store.store(who, forever(b"x"), Precondition::Absent, NOW)?;
    }
    let mut visited = Vec::new();
    visit_each(&*store, NOW, |shown| {
        visited.push(shown.clone());
        ensure!(
            visited.len() <= all.len(),
            "a visit of an id after it was created anew"
        );
        let whom = if context.capabilities().readable_ids {
            slice::from_ref(shown)
        } else {
            &all
        };
        for who in whom {
            store.remove(who, NOW)?;
            store.store(who, until(&[b'y'; 2_000], 9_000), Precondition::Absent, NOW)?;
        }
        Ok(())
    })?;
    expect::no_repeats(&visited)
}

fn ids_that_are_gone_before_their_visit_do_not_fail_the_traversal(context: &Context) -> Verdict {
    for gone_by in [0, 1, 2] {
        let store = context.fresh()?;
        let all = ids("soon-gone", 90);
        for who in &all {
            store.store(who, until(b"x", 5_000), Precondition::Absent, NOW)?;
        }
        let mut visited = Vec::new();
        visit_each(&*store, NOW, |shown| {
            visited.push(shown.clone());
            if visited.len() > 1 {
                return Ok(());
            }
            for who in &all {
                match gone_by {
                    0 => drop(store.remove(who, NOW)?),
                    1 => drop(store.touch(who, Some(NOW), NOW)?),
                    _ => drop(store.sweep(at(5_000), UNLIMITED)?),
                }
            }
            Ok(())
        })?;
        expect::no_repeats(&visited)?;
        ensure!(
            !visited.is_empty(),
            "no visit of an id that was live when the traversal began"
        );
    }
    Ok(())
}

//! CON: concurrency.

mod first_opens;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use session_driver::{ErrorKind, Precondition, SessionDriver, Sharing};

use crate::call::{Call, Refusal, Reply, perform};
use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::child::{Answer, Child, unexpected};
use crate::contention::{in_children, judge_histories, through};
use crate::linearize::Script;
use crate::patient::Patient;
use crate::place::Place;
use crate::race::together;
use crate::rule::{Evidence, Level, Need, Proof, Provenance, Rule, Test};
use crate::sequence::play_programs;
use crate::subject::Setup;
use crate::workload::{NOW, forever, id};

use self::first_opens::CON_5;

pub(super) const RULES: &[Rule] = &[CON_1, CON_2, CON_3, CON_4, CON_5];

const CON_1: Rule = Rule {
    id: "CON-1",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "Operations on ids joined by rotates are linearizable in a model that judges each by the now it was given, allows \
           discarding, and lets Indeterminate or dropped operations happen late or never; without atomic_rotate a rotate is \
           a store of `to`, then a remove of `from`.",
    intent: "Under load, and only then, a session has a state that nobody gave it.",
    provenance: &[Provenance::Known("Herlihy and Wing, Linearizability, 1990")],
    needs: &[],
    proof: cases![
        random_programs_keep_the_contract,
        threads_on_one_instance_see_one_order,
        threads_on_two_instances_see_one_order
    ],
};

/// One operation after another is the order that leaves no doubt: what each is to answer is known,
/// but for what the contract leaves open.
fn random_programs_keep_the_contract(context: &Context) -> Verdict {
    play_programs(context)
}

fn threads_on_one_instance_see_one_order(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let handles = [&*store];
    judge_histories(context, 4, through(&handles))
}

fn threads_on_two_instances_see_one_order(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.second()?;
    let handles = [&*store, &*other];
    judge_histories(context, 4, through(&handles))
}

const CON_2: Rule = Rule {
    id: "CON-2",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "CON-1 holds across processes where the driver declares that they share the backend; elsewhere a second opener \
           gets Locked.",
    intent: "Four workers of one service lose each other's updates, which no test with threads shows.",
    provenance: &[Provenance::Known("Herlihy and Wing, Linearizability, 1990")],
    needs: &[],
    proof: cases![
        processes_see_one_order,
        a_second_process_gets_locked_where_processes_do_not_share
    ],
};

fn processes_see_one_order(context: &Context) -> Verdict {
    context.needs(Need::SharedByProcesses)?;
    let place = context.place()?;
    let children = opened_children(context, &place, 3)?;
    let act = in_children(&children);
    judge_histories(context, children.len(), act)
}

fn opened_children(
    context: &Context,
    place: &Place,
    count: usize,
) -> Result<Vec<Mutex<Child>>, Stop> {
    let open = |_| {
        let mut child = Child::spawn(context)?;
        child.open(0, place)?;
        Ok(Mutex::new(child))
    };
    (0..count).map(open).collect()
}

fn a_second_process_gets_locked_where_processes_do_not_share(context: &Context) -> Verdict {
    if context.capabilities().sharing >= Sharing::Process {
        return Err(Stop::NotApplicable(
            "the driver declares sharing among processes".into(),
        ));
    }
    let store = context.fresh()?;
    let who = id("of-the-first");
    store.store(&who, forever(b"x"), Precondition::Any, NOW)?;
    let mut child = Child::spawn(context)?;
    let opening = child.opening(0, store.place());
    match child.ask(&opening)? {
        Answer::Opened(Err((Refusal::Locked, _))) => Ok(()),
        Answer::Opened(Err((_, text))) => Err(Stop::Failed(format!(
            "a second process is refused, but not with Locked: {text}"
        ))),
        Answer::Opened(Ok(())) => {
            ensure!(
                !context.capabilities().persistent,
                "a second process opens a backend that is not to be shared"
            );
            // Nothing but the first process's memory: the second has a store of its own.
            let (id, now) = (who.as_str().into(), NOW.as_millis());
            let seen = child.perform(Call::Retrieve { id, now })?;
            ensure_eq!(
                seen,
                Reply::Found(None),
                "a record of another process that is not shared with"
            );
            Ok(())
        }
        other => Err(unexpected(&other)),
    }
}

const CON_3: Rule = Rule {
    id: "CON-3",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "Contention ends in success, Conflict, or retryable Busy within the declared bound; never in deadlock or a \
           permanent error.",
    intent: "Two requests of one user arrive together, and one of them is answered with `internal error`.",
    provenance: &[Provenance::Own(
        "transactions of SQLite that began as readers got BUSY 408 times of 1,000 with two processes",
    )],
    needs: &[],
    proof: cases![
        threads_that_contend_end_within_the_bound,
        processes_that_contend_end_within_the_bound
    ],
};

/// How long contenders contend.
const CONTENTION: Duration = Duration::from_millis(600);

/// What a busy machine may add to the declared bound before it counts.
const GRACE: Duration = Duration::from_secs(10);

fn threads_that_contend_end_within_the_bound(context: &Context) -> Verdict {
    let (place, setup) = (context.place()?, Setup::default());
    let bound = context.capabilities().contention_bound;
    let first = context.open_raw(&place, &setup)?;
    let second = match context.open_raw(&place, &setup) {
        Err(error) if matches!(error.kind(), ErrorKind::Busy | ErrorKind::Locked) => None,
        opened => Some(opened?),
    };
    let handles: [&dyn SessionDriver; 2] = [&*first, second.as_deref().unwrap_or(&*first)];
    let contend = |lane: usize| {
        contend(context, lane, bound, |call| {
            Ok(perform(handles[lane % 2], call))
        })
    };
    together(6, contend)?;
    let after = Patient::new(first);
    after.store(&id("hot-0"), forever(b"afterwards"), Precondition::Any, NOW)?;
    Ok(())
}

fn processes_that_contend_end_within_the_bound(context: &Context) -> Verdict {
    context.needs(Need::SharedByProcesses)?;
    let place = context.place()?;
    let children = opened_children(context, &place, 3)?;
    let act = in_children(&children);
    // A child's driver is patient: it tries Busy again for one bound more.
    let bound = 2 * context.capabilities().contention_bound;
    together(children.len(), |lane| {
        contend(context, lane, bound, |call| act(lane, call))
    })?;
    Ok(())
}

/// Performs random operations on a few hot ids, rotates both ways among them.
fn contend(
    context: &Context,
    lane: usize,
    bound: Duration,
    act: impl Fn(&Call) -> Result<Reply, Stop>,
) -> Verdict {
    let hot = ["hot-0", "hot-1", "hot-2"].map(String::from);
    let mut script = Script::new(context.seed(), hot.into(), 1_000_000 * (1 + lane as u64));
    let begin = Instant::now();
    while begin.elapsed() < context.span(CONTENTION) {
        let (call, from) = (script.next(), Instant::now());
        let reply = act(&call)?;
        let took = from.elapsed();
        ensure!(
            took <= bound + GRACE,
            "{call:?} takes {took:.1?}; the declared bound is {bound:.1?}"
        );
        if let Reply::Refused(Refusal::Fault | Refusal::Locked | Refusal::Indeterminate, text) =
            &reply
        {
            return Err(Stop::Failed(format!(
                "under contention {call:?} fails: {text}"
            )));
        }
        script.learn(&reply);
    }
    Ok(())
}

const CON_4: Rule = Rule {
    id: "CON-4",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "Dropping an operation's future lets it happen wholly or not at all, possibly afterwards, and leaves a usable \
           driver.",
    intent: "A client hangs up, its request is cancelled, and the connection answers the next request with the last one's data.",
    provenance: &[Provenance::Fault(
        "redis-py, March 2023: a cancelled request left its answer for the next user of the connection",
    )],
    needs: &[],
    proof: Proof::Elsewhere(
        "async drivers, whose operations alone are futures",
        &[
            Test {
                file: "crates/session-driver-async/tests/bridge/cancel.rs",
                name: "con_4_dropped_before_the_first_poll_nothing_happens",
            },
            Test {
                file: "crates/session-driver-async/tests/bridge/cancel.rs",
                name: "con_4_dropped_after_the_first_poll_each_write_happens_wholly",
            },
            Test {
                file: "crates/session-driver-async/tests/bridge/cancel.rs",
                name: "con_4_the_driver_is_usable_and_answers_reach_their_own_callers",
            },
            Test {
                file: "crates/session-driver-layers/tests/layers/encrypted/drops.rs",
                name: "con_4_a_rotate_that_is_dropped_between_its_halves_is_finished_and_close_waits_for_it",
            },
        ],
    ),
};

//! ERR: a backend that is down, and answers that are lost.

use std::thread;
use std::time::{Duration, Instant};

use session_driver::{ErrorKind, Precondition, Record, Result, SessionDriver};

use crate::call::{Refusal, Reply};
use crate::case::{Context, Driver, Stop, Verdict, cases, ensure};
use crate::expect::record;
use crate::outage::{
    all_operations_say_so, beside, directory_of, is_noticed, move_all, stored_before,
};
use crate::place::Place;
use crate::proxy::{Proxy, Traffic};
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::stored;
use crate::subject::Setup;
use crate::syncs::FailedSyncs;
use crate::workload::{NOW, at, forever, id, until};

pub(super) const ERR_4: Rule = Rule {
    id: "ERR-4",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "While the backend is down every operation fails within the declared bound with Unavailable, or Indeterminate for \
           a write that may have been sent. A server driver works again without reopening once it is back; an embedded \
           engine that has stopped keeps saying Unavailable until reopened.",
    intent: "A server's restart hangs every request, or takes a restart of all its clients.",
    provenance: &[Provenance::Own(
        "a service that must be restarted after its server was is down twice",
    )],
    needs: &[],
    proof: cases![
        a_server_that_is_down_is_unavailable_until_it_is_back,
        a_server_that_hangs_is_unavailable_until_it_answers,
        files_that_were_away_are_unavailable_until_they_are_back
    ],
};

fn a_server_that_is_down_is_unavailable_until_it_is_back(context: &Context) -> Verdict {
    cut_off(context, Traffic::IsCut, "while the server is down")
}

fn a_server_that_hangs_is_unavailable_until_it_answers(context: &Context) -> Verdict {
    cut_off(context, Traffic::Stalls, "while the server hangs")
}

fn cut_off(context: &Context, traffic: Traffic, what: &str) -> Verdict {
    let (place, proxy) = of_a_server(context)?;
    let store = context.open(&place, &Setup::default())?;
    let due = stored_before(&*store)?;
    for _ in 0..2 {
        proxy.set(traffic);
        is_noticed(context, &*store, &due, what)?;
        all_operations_say_so(context, &*store, &due[3..], what)?;
        proxy.set(Traffic::Flows);
        works_again(context, &store)?;
        // Writes to the others may have been sent.
        for (who, due) in &due[..3] {
            record(&*store, who, NOW, due, "after an outage")?;
        }
    }
    Ok(())
}

fn of_a_server(context: &Context) -> Result<(Place, Proxy), Stop> {
    if context.capabilities().embedded {
        return Err(Stop::NotApplicable(
            "the driver declares embedded: there is no server".into(),
        ));
    }
    context.place_behind_proxy()
}

/// A server driver works again, without reopening, within the declared bound.
fn works_again(context: &Context, store: &Driver) -> Verdict {
    let bound = context.capabilities().outage_bound + Duration::from_secs(2);
    let begin = Instant::now();
    loop {
        match store.store(&id("again"), until(b"again", 9_000), Precondition::Any, NOW) {
            Ok(_) => return Ok(()),
            Err(error) => ensure!(
                begin.elapsed() < bound,
                "{} ms after the server is back a store still fails with {:?}",
                begin.elapsed().as_millis(),
                error.kind()
            ),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn files_that_were_away_are_unavailable_until_they_are_back(context: &Context) -> Verdict {
    if !context.capabilities().embedded || !context.capabilities().persistent {
        return Err(Stop::NotApplicable(
            "the driver keeps nothing in files".into(),
        ));
    }
    let place = context.place()?;
    let directory = directory_of(&place)?;
    let store = context.open(&place, &Setup::default())?;
    let due = stored_before(&*store)?;
    let away = beside(directory)?;
    move_all(directory, away.path())?;
    let what = "while the files are away";
    is_noticed(context, &*store, &due, what)?;
    all_operations_say_so(context, &*store, &due, what)?;
    move_all(away.path(), directory)?;
    for (who, due) in &due {
        match store.retrieve(who, NOW) {
            Ok(found) => ensure!(
                found.as_ref() == Some(due),
                "a record is another one, or none, once the files are back"
            ),
            Err(error) => ensure!(
                error.kind() == ErrorKind::Unavailable,
                "a retrieve fails with {:?}, not Unavailable, once the files are back",
                error.kind()
            ),
        }
    }
    drop(store);
    let store = context.open(&place, &Setup::default())?;
    due.iter()
        .try_for_each(|(who, due)| record(&*store, who, NOW, due, "after the files were away"))
}

pub(super) const ERR_5: Rule = Rule {
    id: "ERR-5",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A write whose outcome cannot be known (answer lost, timeout after sending, failed sync or commit) is \
           Indeterminate, not retryable, never repeated by the driver nor turned into success by a second sync.",
    intent: "A client that sends a write twice brings back what was removed in between.",
    provenance: &[Provenance::Fault(
        "PostgreSQL before 11.2: a second fsync succeeds after a first one that failed, and the data are lost",
    )],
    needs: &[],
    proof: cases![
        a_write_whose_answer_is_lost_is_indeterminate,
        a_write_that_was_not_answered_happens_once_or_never,
        a_write_whose_sync_failed_is_no_success_and_no_refusal
    ],
};

/// A write, and what it needs to be there before.
type Write = (&'static str, fn(&dyn SessionDriver) -> Result<()>);

const WRITES: [Write; 7] = [
    ("an Any store", |store| {
        store
            .store(&id("live"), forever(b"new"), Precondition::Any, NOW)
            .map(drop)
    }),
    ("an Absent store", |store| {
        store
            .store(&id("free"), forever(b"new"), Precondition::Absent, NOW)
            .map(drop)
    }),
    ("a Present store", |store| {
        store
            .store(&id("live"), forever(b"new"), Precondition::Present, NOW)
            .map(drop)
    }),
    ("a touch", |store| {
        store.touch(&id("live"), Some(at(20_000)), NOW).map(drop)
    }),
    ("a touch that ends it", |store| {
        store.touch(&id("live"), Some(NOW), NOW).map(drop)
    }),
    ("a remove", |store| store.remove(&id("live"), NOW).map(drop)),
    ("a rotate", |store| {
        store.rotate(&id("live"), &id("free"), NOW).map(drop)
    }),
];

fn a_write_whose_answer_is_lost_is_indeterminate(context: &Context) -> Verdict {
    let (place, proxy) = of_a_server(context)?;
    let store = context.open(&place, &Setup::default())?;
    let other = context.open(&place, &Setup::default())?;
    for (what, write) in WRITES {
        // The same before, with its answer, so that a driver has made itself at home.
        prepared(&*store)?;
        write(&store)?;
        let before = prepared(&*store)?;
        let outcome = without_an_answer(&proxy, &store, what, write)?;
        let Err(error) = outcome else {
            return Err(Stop::Failed(format!(
                "{what} answers success although its answer was lost: was it sent twice?"
            )));
        };
        match error.kind() {
            ErrorKind::Indeterminate => {
                ensure!(!error.is_retryable(), "Indeterminate is retryable");
            }
            // What was lost may be the answer to a question before the write.
            ErrorKind::Unavailable => {
                let live = other.retrieve(&id("live"), NOW)?;
                let free = other.retrieve(&id("free"), NOW)?;
                ensure!(
                    live.as_ref() == Some(&before) && free.is_none(),
                    "{what} is Unavailable, which says that nothing was changed, and happened"
                );
            }
            kind => {
                return Err(Stop::Failed(format!(
                    "{what} whose answer was lost is {kind:?}, not Indeterminate: was it sent twice?"
                )));
            }
        }
    }
    Ok(())
}

fn prepared(store: &dyn SessionDriver) -> Result<Record, Stop> {
    store.remove(&id("free"), NOW)?;
    stored(
        store,
        &id("live"),
        until(b"before", 9_000),
        Precondition::Any,
        NOW,
    )
}

/// Performs a write and loses its answer.
fn without_an_answer(
    proxy: &Proxy,
    store: &Driver,
    what: &str,
    write: fn(&dyn SessionDriver) -> Result<()>,
) -> Result<Result<()>, Stop> {
    proxy.set(Traffic::LosesAnAnswer);
    let outcome = write(store);
    let lost = proxy.has_lost_its_answer();
    proxy.set(Traffic::Flows);
    ensure!(
        lost,
        "{what} did not pass through the proxy of `place_behind_proxy`"
    );
    Ok(outcome)
}

fn a_write_that_was_not_answered_happens_once_or_never(context: &Context) -> Verdict {
    let (place, proxy) = of_a_server(context)?;
    let store = context.open(&place, &Setup::default())?;
    let other = context.open(&place, &Setup::default())?;
    let (live, late) = (id("live"), forever(b"late"));
    for turn in 0..8 {
        prepared(&*store)?;
        let write: fn(&dyn SessionDriver) -> Result<()> = |store| {
            store
                .store(&id("live"), forever(b"late"), Precondition::Any, NOW)
                .map(drop)
        };
        drop(without_an_answer(&proxy, &store, "an Any store", write)?);
        // Removed by somebody else: whoever sends the store again brings it back.
        other.remove(&live, NOW)?;
        for _ in 0..=turn {
            store.retrieve(&id("unrelated"), NOW)?;
        }
        let back = other.retrieve(&live, NOW)?;
        ensure!(
            back.is_none_or(|found| found.payload != late.payload),
            "a store whose answer was lost is repeated, and undoes a remove"
        );
    }
    Ok(())
}

fn a_write_whose_sync_failed_is_no_success_and_no_refusal(context: &Context) -> Verdict {
    let failed = FailedSyncs::try_writes(context)?;
    let store = context.open(&failed.place, &Setup::default())?;
    for (call, reply) in &failed.answers {
        let Reply::Refused(refusal, text) = reply else {
            return Err(Stop::Failed(format!(
                "{call:?} answers {reply:?} although its sync failed"
            )));
        };
        if *refusal != Refusal::Indeterminate {
            let changed = failed.has_changed(&*store, call)?;
            ensure!(
                !changed,
                "{call:?} says {text}, which says that nothing was changed, and happened"
            );
        }
    }
    Ok(())
}

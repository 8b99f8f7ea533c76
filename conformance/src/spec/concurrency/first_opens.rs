//! CON: first opens at once.

use session_driver::{ErrorKind, Precondition, SessionDriver};

use crate::call::{Call, Reply};
use crate::case::{Context, Driver, Stop, Verdict, cases, ensure, ensure_eq};
use crate::child::{Answer, Child, Request, unexpected};
use crate::generations;
use crate::patient::{Patient, patiently};
use crate::place::Place;
use crate::race::together;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::visits;
use crate::subject::Setup;
use crate::workload::{NOW, forever, id};

pub(super) const CON_5: Rule = Rule {
    id: "CON-5",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "Concurrent first opens all succeed and make one store.",
    intent: "A service starts with twelve workers on a new file, and two of them do not come up.",
    provenance: &[Provenance::Own(
        "of 72 first opens of SQLite by 12 processes 2 failed in spite of a busy timeout",
    )],
    needs: &[],
    proof: cases![
        threads_that_open_first_make_one_store,
        processes_that_open_first_make_one_store
    ],
};

/// The places that are opened first.
const FIRST_OPENS: usize = 12;

fn threads_that_open_first_make_one_store(context: &Context) -> Verdict {
    for _ in 0..context.rounds(FIRST_OPENS) {
        let place = context.place()?;
        // Each uses what it opened while others still open.
        let open = |opener| -> Result<Option<Driver>, Stop> {
            let driver = opened_or_locked(context, &place)?;
            if let Some(driver) = &driver {
                let who = id(&format!("opener-{opener}"));
                driver.store(&who, forever(b"x"), Precondition::Absent, NOW)?;
            }
            Ok(driver)
        };
        let drivers: Vec<Driver> = together(6, open)?.into_iter().flatten().collect();
        ensure!(
            !drivers.is_empty(),
            "6 threads open a new backend, and all are told that it is locked"
        );
        for driver in &drivers {
            let seen = visits(driver, NOW)?.len();
            let due = drivers.len();
            ensure_eq!(
                seen,
                due,
                "the ids seen by one of {due} first openers, each of which stored one"
            );
        }
    }
    Ok(())
}

fn opened_or_locked(context: &Context, place: &Place) -> Result<Option<Driver>, Stop> {
    let bound = context.capabilities().contention_bound;
    match patiently(bound, || context.open_raw(place, &Setup::default())) {
        Ok(driver) => Ok(Some(Box::new(Patient::new(driver)))),
        Err(error) if error.kind() == ErrorKind::Locked => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn processes_that_open_first_make_one_store(context: &Context) -> Verdict {
    context.needs(Need::SharedByProcesses)?;
    let mut children = (0..6)
        .map(|_| Child::spawn(context))
        .collect::<Result<Vec<Child>, Stop>>()?;
    for _ in 0..context.rounds(FIRST_OPENS) {
        let place = context.place()?;
        for (number, child) in children.iter_mut().enumerate() {
            let store = generations::store(&format!("opener-{number}"), 1);
            let opening = child.opening(0, &place);
            child.send(&opening)?;
            child.send(&Request::perform(0, store))?;
        }
        // While they are at it, this process opens, too.
        let own = opened_or_locked(context, &place)?;
        let locked = || Stop::Failed("one of 7 first opens at once gets Locked".into());
        let own = own.ok_or_else(locked)?;
        for child in &mut children {
            opened_and_stored(child)?;
        }
        sees_all(&*own, &mut children)?;
    }
    Ok(())
}

fn opened_and_stored(child: &mut Child) -> Verdict {
    match child.receive()?.2 {
        Answer::Opened(Ok(())) => {}
        Answer::Opened(Err((_, text))) => {
            return Err(Stop::Failed(format!(
                "one of 7 first opens at once fails: {text}"
            )));
        }
        other => return Err(unexpected(&other)),
    }
    match child.receive()?.2 {
        Answer::Performed(Reply::Stored(_)) => Ok(()),
        Answer::Performed(reply) => Err(Stop::Failed(format!(
            "a first opener's store ends with {reply:?}"
        ))),
        other => Err(unexpected(&other)),
    }
}

/// What each of the openers stored is seen by all.
fn sees_all(own: &dyn SessionDriver, children: &mut [Child]) -> Verdict {
    let now = NOW.as_millis();
    for number in 0..children.len() {
        let who = id(&format!("opener-{number}"));
        ensure!(
            own.retrieve(&who, NOW)?.is_some(),
            "what one of the first openers stored is not seen by another process"
        );
        for child in children.iter_mut() {
            let id = who.as_str().into();
            let seen = child.perform(Call::Retrieve { id, now })?;
            ensure!(
                matches!(seen, Reply::Found(Some(_))),
                "what one of the first openers stored is not seen by another: {seen:?}"
            );
        }
    }
    Ok(())
}

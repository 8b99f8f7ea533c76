//! ERR: errors.

mod damage;
mod disk;
mod newer;
mod outage;
mod vanished;

use std::error::Error as _;
use std::fmt::Debug;

use session_driver::{Error, ErrorKind, Operation, Precondition, Result};

use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::subject::Setup;
use crate::workload::{NOW, forever, id, marked};

use self::damage::{ERR_2, ERR_3};
use self::disk::ERR_8;
use self::newer::ERR_6;
use self::outage::{ERR_4, ERR_5};
use self::vanished::ERR_7;

pub(super) const RULES: &[Rule] = &[ERR_1, ERR_2, ERR_3, ERR_4, ERR_5, ERR_6, ERR_7, ERR_8];

const ERR_1: Rule = Rule {
    id: "ERR-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Every failure is one of the closed kinds, with the operation, the driver's name and its source; each kind says \
           whether a retry can help. (Refusals here; faults need a hook.)",
    intent: "A handler cannot tell `somebody saved first` from `the disk is broken`, and a log does not say who failed at what.",
    provenance: &[Provenance::Own(
        "a caller branches on a kind, and cannot on a text",
    )],
    needs: &[],
    proof: cases![
        refusals_say_kind_operation_and_driver,
        a_payload_over_the_maximum_is_refused_as_such,
        a_locked_backend_is_refused_as_such
    ],
};

fn refusals_say_kind_operation_and_driver(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let [live, other, absent] = ["live", "other", "absent"].map(id);
    let stale = store.store(&live, forever(b"stale"), Precondition::Any, NOW)?;
    store.store(&live, forever(b"live"), Precondition::Any, NOW)?;
    store.store(&other, forever(b"other"), Precondition::Any, NOW)?;
    let try_store = |who, when| store.store(who, forever(b"new"), when, NOW);
    let refusals = [
        of(
            try_store(&live, Precondition::Absent),
            ErrorKind::AlreadyExists,
            Operation::Store,
        )?,
        of(
            try_store(&absent, Precondition::Present),
            ErrorKind::NotFound,
            Operation::Store,
        )?,
        of(
            try_store(&absent, Precondition::Version(stale)),
            ErrorKind::NotFound,
            Operation::Store,
        )?,
        of(
            try_store(&live, Precondition::Version(stale)),
            ErrorKind::Conflict,
            Operation::Store,
        )?,
        of(
            store.rotate(&live, &other, NOW),
            ErrorKind::AlreadyExists,
            Operation::Rotate,
        )?,
        of(
            store.rotate(&live, &live, NOW),
            ErrorKind::AlreadyExists,
            Operation::Rotate,
        )?,
    ];
    for error in &refusals {
        ensure_eq!(
            error.driver(),
            refusals[0].driver(),
            "the driver's name in two of its errors"
        );
    }
    Ok(())
}

fn a_payload_over_the_maximum_is_refused_as_such(context: &Context) -> Verdict {
    let store = context.fresh_with(&Setup::with_max_payload_bytes(64 * 1024))?;
    let long = marked(1, 64 * 1024 + 1);
    let outcome = store.store(&id("long"), forever(&long), Precondition::Any, NOW);
    of(outcome, ErrorKind::PayloadTooLarge, Operation::Store)?;
    Ok(())
}

fn a_locked_backend_is_refused_as_such(context: &Context) -> Verdict {
    let store = context.fresh()?;
    match context.open_raw(store.place(), &Setup::default()) {
        Ok(_) => Err(Stop::NotApplicable(
            "the driver lets a second instance in".into(),
        )),
        Err(error) => of(Err::<(), Error>(error), ErrorKind::Locked, Operation::Open).map(drop),
    }
}

/// The operation was refused with this kind, and the error says all that it has to.
fn of<T: Debug>(outcome: Result<T>, kind: ErrorKind, operation: Operation) -> Result<Error, Stop> {
    let error = match outcome {
        Ok(value) => {
            return Err(Stop::Failed(format!(
                "{operation} answers {value:?}, not {kind:?}"
            )));
        }
        Err(error) => error,
    };
    ensure_eq!(error.kind(), kind, "the kind of a refused {operation}");
    ensure_eq!(
        error.operation(),
        operation,
        "the operation in an error of kind {kind:?}"
    );
    ensure!(
        !error.driver().trim().is_empty(),
        "an error of kind {kind:?} does not name the driver"
    );
    let mut cause = error.source();
    while let Some(next) = cause {
        ensure!(
            !next.to_string().trim().is_empty(),
            "a cause of an error of kind {kind:?} says nothing"
        );
        cause = next.source();
    }
    let retryable = matches!(
        kind,
        ErrorKind::Busy | ErrorKind::Locked | ErrorKind::Unavailable
    );
    ensure_eq!(
        error.is_retryable(),
        retryable,
        "whether {kind:?} is retryable"
    );
    Ok(error)
}

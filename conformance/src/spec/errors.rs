//! ERR: errors.

use std::error::Error as _;
use std::fmt::Debug;

use session_driver::{Error, ErrorKind, Operation, Precondition, Result};

use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::rule::{Evidence, Level, Need, Proof, Rule};
use crate::subject::Setup;
use crate::workload::{NOW, forever, id, marked};

pub(super) const RULES: &[Rule] = &[ERR_1, ERR_2, ERR_3, ERR_4, ERR_5, ERR_6, ERR_7, ERR_8];

const ERR_1: Rule = Rule {
    id: "ERR-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Every failure is one of the closed kinds, with the operation, the driver's name and its source; each kind says \
           whether a retry can help. (Refusals here; faults need a hook.)",
    intent: "A handler cannot tell `somebody saved first` from `the disk is broken`, and a log does not say who failed at what.",
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

const ERR_2: Rule = Rule {
    id: "ERR-2",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "No content or fault of the backend makes a driver panic, loop, abort, report success wrongly, or answer None, \
           false, zero or an empty traversal in place of an error.",
    intent: "A disk error that reads as `no session` logs everybody out, and a save after it destroys what was there.",
    needs: &[],
    proof: Proof::Untested(
        "needs a hook of the subject that plants bytes or takes the backend away",
    ),
};

const ERR_3: Rule = Rule {
    id: "ERR-3",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A record whose own bytes are damaged affects its own id only: retrieve, touch, rotate and conditional stores say \
           Corrupt and leave it, Any replaces it, remove removes it, traverse visits it, sweep leaves it.",
    intent: "One bad sector stops every sweep and every listing.",
    needs: &[],
    proof: Proof::Untested("needs a hook of the subject that damages a record"),
};

const ERR_4: Rule = Rule {
    id: "ERR-4",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "While the backend is down every operation fails within the declared bound with Unavailable, or Indeterminate for \
           a write that may have been sent. A server driver works again without reopening once it is back; an embedded \
           engine that has stopped keeps saying Unavailable until reopened.",
    intent: "A server's restart hangs every request, or takes a restart of all its clients.",
    needs: &[],
    proof: Proof::Untested(
        "needs a hook of the subject that takes the backend away and brings it back",
    ),
};

const ERR_5: Rule = Rule {
    id: "ERR-5",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A write whose outcome cannot be known (answer lost, timeout after sending, failed sync or commit) is \
           Indeterminate, not retryable, never repeated by the driver nor turned into success by a second sync.",
    intent: "A client that sends a write twice brings back what was removed in between.",
    needs: &[],
    proof: Proof::Untested("needs a hook of the subject that loses an answer or fails a sync"),
};

const ERR_6: Rule = Rule {
    id: "ERR-6",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A record or store of a newer format is Incompatible and stays byte for byte, Any included; only remove may \
           remove it.",
    intent: "A rollback to the release of yesterday destroys what the release of today wrote.",
    needs: &[],
    proof: Proof::Untested("needs a hook of the subject that writes a newer format"),
};

const ERR_7: Rule = Rule {
    id: "ERR-7",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A backend removed or replaced under an open driver becomes Unavailable within the declared bound, never an empty \
           store or a lost success.",
    intent: "A cleaned temporary directory reads as `all logged out`, and saves go to a file without a name.",
    needs: &[],
    proof: Proof::Untested("needs a hook of the subject that removes and replaces the backend"),
};

const ERR_8: Rule = Rule {
    id: "ERR-8",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "On read-only media writes fail with PermissionDenied, on a full disk with StorageFull; reads go on, and writes \
           once there is room.",
    intent: "A full disk takes the service down, and freeing space does not bring it back.",
    needs: &[Need::Persistent],
    proof: Proof::Untested("needs a hook of the subject that fills its disk or makes it read-only"),
};

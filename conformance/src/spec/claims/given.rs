//! CAP: whether what is claimed is given.

use std::time::Duration;

use crate::case::{Context, Stop, Verdict, cases};
use crate::child::{Answer, Calls, Child, Request, Wish, unexpected};
use crate::damage::has_a_backend;
use crate::rule::{Evidence, Level, Provenance, Rule};

pub(super) const CAP_4: Rule = Rule {
    id: "CAP-4",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A driver does not declare more than its configuration gives; WAL or locks on a file system without them are \
           refused at open.",
    intent: "A cache that was set up to evict is sold as a store.",
    provenance: &[Provenance::Known(
        "Redis replicates asynchronously, so that a failover can lose writes; the WAL of SQLite does not work on a network file system",
    )],
    needs: &[],
    proof: cases![a_store_that_needs_locks_is_not_opened_where_there_are_none],
};

/// As on a network file system that was mounted without locks: each call for one fails with ENOLCK.
/// What else a configuration gives shows where a rule names what is declared.
fn a_store_that_needs_locks_is_not_opened_where_there_are_none(context: &Context) -> Verdict {
    if !context.capabilities().embedded {
        let reason = "a server holds the data, and what it gives is what its operator declares";
        return Err(Stop::NotApplicable(reason.into()));
    }
    has_a_backend(context)?;
    if !takes_locks(context)? {
        let reason = "the driver takes no locks on files";
        return Err(Stop::NotApplicable(reason.into()));
    }
    let (place, mut child) = (context.place()?, Child::spawn(context)?);
    child.fail(Calls::Locks)?;
    // Not tried again: Busy is a refusal here like any other.
    let opening = Wish::Open {
        locator: place.locator().into(),
        bound: Duration::ZERO,
        for_power: false,
    };
    match child.ask(&Request::of(0, opening))? {
        Answer::Opened(Err(_)) => Ok(()),
        Answer::Opened(Ok(())) => Err(Stop::Failed(
            "a store is opened where no lock can be had, and its driver needs locks".into(),
        )),
        other => Err(unexpected(&other)),
    }
}

/// Whether a child process comes to its end that may open and use a store, but for locks.
fn takes_locks(context: &Context) -> Result<bool, Stop> {
    let (place, mut child) = (context.place()?, Child::spawn(context)?);
    child.end_at(Calls::Locks)?;
    let (seed, times) = (context.seed(), 3);
    for request in [
        child.opening(0, &place),
        Request::of(0, Wish::Use { seed, times }),
    ] {
        if child.ask_for_the_last_time(&request)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

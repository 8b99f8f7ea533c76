//! Steps that cases of several families take.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use session_driver::{
    ErrorKind, NewRecord, Precondition, Record, Result, SessionDriver, SessionId, Timestamp,
};

use crate::case::{Stop, Verdict};

/// No limit for a sweep.
pub(crate) const UNLIMITED: NonZeroUsize = NonZeroUsize::MAX;

/// A backend of parts may need a sweep for each of them; it has fewer than this.
pub(crate) const PARTS: u64 = 512;

/// Stores, and gives the record that is due from then on.
pub(crate) fn stored(
    driver: &dyn SessionDriver,
    id: &SessionId,
    record: NewRecord<'_>,
    when: Precondition,
    now: Timestamp,
) -> Result<Record, Stop> {
    let version = driver.store(id, record, when, now)?;
    Ok(Record {
        payload: record.payload.to_vec(),
        expires_at: record.expires_at,
        version,
    })
}

/// What an operation gave, or `None` when it was refused with a kind that the case allows.
pub(crate) fn tried<T>(outcome: Result<T>, allowed: &[ErrorKind]) -> Result<Option<T>, Stop> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if allowed.contains(&error.kind()) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The ids that a traversal visits; one that says Busy is begun anew within the declared bound.
pub(crate) fn visits(driver: &dyn SessionDriver, now: Timestamp) -> Result<Vec<SessionId>, Stop> {
    let begin = Instant::now();
    let bound = driver.capabilities().contention_bound;
    loop {
        let mut visited = Vec::new();
        let outcome = driver.traverse(now, &mut |id| {
            visited.push(id.clone());
            ControlFlow::Continue(())
        });
        match outcome {
            Ok(()) => return Ok(visited),
            Err(error) if error.kind() == ErrorKind::Busy && begin.elapsed() < bound => {
                thread::sleep(Duration::from_micros(200));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Traverses with a visitor that can fail; its first failure ends the traversal and is given back.
pub(crate) fn visit_each(
    driver: &dyn SessionDriver,
    now: Timestamp,
    mut visit: impl FnMut(&SessionId) -> Verdict,
) -> Verdict {
    let mut seen = Ok(());
    let outcome = driver.traverse(now, &mut |id| {
        seen = visit(id);
        match seen {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    seen?;
    outcome.map_err(Stop::from)
}

/// Sweeps until nothing more is said to be left, and gives the number of records removed. That a
/// loop ends is for SWP-2 to say: one that removes nothing any more is left here.
pub(crate) fn drained(
    driver: &dyn SessionDriver,
    now: Timestamp,
    limit: NonZeroUsize,
) -> Result<u64, Stop> {
    let (mut removed, mut idle_calls) = (0, 0);
    while idle_calls < PARTS {
        let swept = driver.sweep(now, limit)?;
        removed += swept.removed;
        idle_calls = if swept.removed == 0 {
            idle_calls + 1
        } else {
            0
        };
        if !swept.more {
            break;
        }
    }
    Ok(removed)
}

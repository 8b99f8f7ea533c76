//! What a case looks for: each ends the case with what was seen when it does not hold.

use std::collections::HashSet;

use session_driver::{ErrorKind, Record, Result, SessionDriver, SessionId, Timestamp};

use crate::case::{Stop, Verdict, ensure, ensure_eq, live_record};
use crate::workload::NOW;

/// Nothing is live under `id` at `now`.
pub(crate) fn absent(
    driver: &dyn SessionDriver,
    id: &SessionId,
    now: Timestamp,
    when: &str,
) -> Verdict {
    let found = driver.retrieve(id, now)?;
    ensure_eq!(found, None, "an id that is absent {when}");
    Ok(())
}

/// Nothing is stored under `id`: not even [`Timestamp::MIN`], at which every record is live, shows
/// it.
pub(crate) fn gone(driver: &dyn SessionDriver, id: &SessionId, when: &str) -> Verdict {
    absent(driver, id, NOW, when)?;
    absent(driver, id, Timestamp::MIN, when)
}

/// Under `id` stands exactly the record `due`.
pub(crate) fn record(
    driver: &dyn SessionDriver,
    id: &SessionId,
    now: Timestamp,
    due: &Record,
    when: &str,
) -> Verdict {
    let found = driver.retrieve(id, now)?;
    let found =
        found.ok_or_else(|| Stop::Failed(format!("a record that is live {when} is absent")))?;
    ensure!(
        found.payload == due.payload,
        "the payload {when} is another one, of {} bytes, not {}",
        found.payload.len(),
        due.payload.len()
    );
    ensure_eq!(found.expires_at, due.expires_at, "the deadline {when}");
    ensure_eq!(found.version, due.version, "the version {when}");
    Ok(())
}

/// Under `id` stands, at [`NOW`], a record with this payload.
pub(crate) fn payload(
    driver: &dyn SessionDriver,
    id: &SessionId,
    due: &[u8],
    when: &str,
) -> Verdict {
    payload_at(driver, id, NOW, due, when)
}

/// Under `id` stands, at `now`, a record with this payload.
pub(crate) fn payload_at(
    driver: &dyn SessionDriver,
    id: &SessionId,
    now: Timestamp,
    due: &[u8],
    when: &str,
) -> Verdict {
    let found = live_record(driver, id, now)?.payload;
    ensure!(
        found == due,
        "the payload {when} is another one, of {} bytes, not {}",
        found.len(),
        due.len()
    );
    Ok(())
}

/// The operation was refused with an error of this kind.
pub(crate) fn refused<T>(outcome: Result<T>, kind: ErrorKind, what: &str) -> Verdict {
    let seen = outcome.map(|_| "success").map_err(|error| error.kind());
    ensure_eq!(seen, Err(kind), "{what}");
    Ok(())
}

/// No id was visited twice.
pub(crate) fn no_repeats(visited: &[SessionId]) -> Verdict {
    let mut seen = HashSet::new();
    let repeated = visited.iter().filter(|id| !seen.insert(*id)).count();
    ensure_eq!(repeated, 0, "repeats among {} visits", visited.len());
    Ok(())
}

//! A backend that goes away while a driver has it open.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use session_driver::{ErrorKind, Precondition, Record, Result, SessionDriver, SessionId};

use crate::case::{Context, Stop, Verdict, ensure};
use crate::place::Place;
use crate::steps::{UNLIMITED, stored};
use crate::workload::{NOW, at, id, ids, marked, until};

/// How often a case looks whether an outage was noticed.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// How much later than declared an operation may come back on a machine that is busy.
const GRACE: Duration = Duration::from_secs(2);

/// The kinds that an outage has: Indeterminate for a write that may have been sent.
const OF_A_READ: &[ErrorKind] = &[ErrorKind::Unavailable];
const OF_A_WRITE: &[ErrorKind] = &[ErrorKind::Unavailable, ErrorKind::Indeterminate];

/// Records that are to be there when the backend is back.
pub(crate) fn stored_before(store: &dyn SessionDriver) -> Result<Vec<(SessionId, Record)>, Stop> {
    let mut due = vec![];
    for (number, who) in ids("before-the-outage", 6).into_iter().enumerate() {
        let payload = marked(number as u64, 100 + 200 * number);
        let record = stored(store, &who, until(&payload, 9_000), Precondition::Any, NOW)?;
        due.push((who, record));
    }
    Ok(due)
}

/// Waits until the outage is noticed, within the declared bound: before that a read may give what
/// is due, and nothing else.
pub(crate) fn is_noticed(
    context: &Context,
    store: &dyn SessionDriver,
    due: &[(SessionId, Record)],
    what: &str,
) -> Verdict {
    let bound = context.capabilities().outage_bound;
    let begin = Instant::now();
    for (who, record) in due.iter().cycle() {
        match store.retrieve(who, NOW) {
            Err(error) => {
                ensure!(
                    error.kind() == ErrorKind::Unavailable,
                    "a retrieve {what} fails with {:?}, not Unavailable",
                    error.kind()
                );
                return Ok(());
            }
            Ok(None) => {
                return Err(Stop::Failed(format!(
                    "a retrieve {what} answers that there is no session"
                )));
            }
            Ok(Some(found)) => ensure!(found == *record, "a retrieve {what} gives another record"),
        }
        ensure!(
            begin.elapsed() <= bound + GRACE,
            "{what} a retrieve still gives the record after the declared bound of {} ms",
            bound.as_millis()
        );
        thread::sleep(BETWEEN_LOOKS);
    }
    Ok(())
}

/// Every operation says, within the declared bound, that the backend is gone.
pub(crate) fn all_operations_say_so(
    context: &Context,
    store: &dyn SessionDriver,
    due: &[(SessionId, Record)],
    what: &str,
) -> Verdict {
    let (who, record) = (&due[0].0, &due[0].1);
    let [free, never] = ["free", "never-stored"].map(id);
    let new = until(b"lost", 9_000);
    type Attempt<'a> = (&'a str, &'a [ErrorKind], &'a dyn Fn() -> Result<()>);
    let attempts: [Attempt<'_>; 10] = [
        ("a retrieve", OF_A_READ, &|| {
            store.retrieve(who, NOW).map(drop)
        }),
        ("a retrieve of an unknown id", OF_A_READ, &|| {
            store.retrieve(&never, NOW).map(drop)
        }),
        ("a traversal", OF_A_READ, &|| {
            store.traverse(NOW, &mut |_| ControlFlow::Continue(()))
        }),
        ("an Any store", OF_A_WRITE, &|| {
            store.store(who, new, Precondition::Any, NOW).map(drop)
        }),
        ("an Absent store", OF_A_WRITE, &|| {
            store
                .store(&never, new, Precondition::Absent, NOW)
                .map(drop)
        }),
        ("a Version store", OF_A_WRITE, &|| {
            store
                .store(who, new, Precondition::Version(record.version), NOW)
                .map(drop)
        }),
        ("a touch", OF_A_WRITE, &|| {
            store.touch(who, Some(at(8_000)), NOW).map(drop)
        }),
        ("a rotate", OF_A_WRITE, &|| {
            store.rotate(who, &free, NOW).map(drop)
        }),
        ("a remove", OF_A_WRITE, &|| store.remove(who, NOW).map(drop)),
        ("a sweep", OF_A_WRITE, &|| {
            store.sweep(NOW, UNLIMITED).map(drop)
        }),
    ];
    let bound = context.capabilities().outage_bound + GRACE;
    for (operation, kinds, attempt) in attempts {
        let begin = Instant::now();
        let outcome = attempt().map_err(|error| error.kind());
        let took = begin.elapsed();
        match outcome {
            Ok(()) => return Err(Stop::Failed(format!("{operation} answers success {what}"))),
            Err(kind) => ensure!(
                kinds.contains(&kind),
                "{operation} {what} fails with {kind:?}, not one of {kinds:?}"
            ),
        }
        ensure!(
            took <= bound,
            "{operation} {what} takes {} ms, and declared are {} ms",
            took.as_millis(),
            context.capabilities().outage_bound.as_millis()
        );
    }
    Ok(())
}

/// The directory of a backend in files.
///
/// # Errors
/// Unobserved when the place does not say.
pub(crate) fn directory_of(place: &Place) -> Result<&Path, Stop> {
    place.directory().ok_or_else(|| {
        Stop::Unobserved("the place does not say in which directory its files are".into())
    })
}

/// Moves everything that is in one directory to another on the same file system.
pub(crate) fn move_all(from: &Path, to: &Path) -> Verdict {
    let moved = || -> io::Result<()> {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            fs::rename(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    };
    moved().map_err(|error| Stop::Failed(format!("the backend's files cannot be moved: {error}")))
}

/// A temporary directory beside another one.
pub(crate) fn beside(directory: &Path) -> Result<tempfile::TempDir, Stop> {
    let parent = directory.parent().unwrap_or(directory);
    tempfile::tempdir_in(parent)
        .map_err(|error| Stop::Failed(format!("no directory beside the store: {error}")))
}

//! ERR: a disk that is full, or cannot be written.

use session_driver::{ErrorKind, Precondition, SessionDriver, SessionId};

use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::disk::Disk;
use crate::expect::{absent, record};
use crate::outage::{directory_of, stored_before};
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::stored;
use crate::subject::Setup;
use crate::workload::{NOW, at, forever, id, marked, until};

pub(super) const ERR_8: Rule = Rule {
    id: "ERR-8",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "On read-only media writes fail with PermissionDenied, on a full disk with StorageFull; reads go on, and writes \
           once there is room.",
    intent: "A full disk takes the service down, and freeing space does not bring it back.",
    provenance: &[Provenance::Known("ENOSPC, EROFS and EACCES of POSIX")],
    needs: &[Need::Persistent, Need::Embedded],
    proof: cases![
        on_a_full_disk_writes_are_refused_and_reads_go_on,
        on_read_only_media_writes_are_refused_and_reads_go_on
    ],
};

/// More than fit on the disk.
const MOST: usize = 2_000;

fn on_a_full_disk_writes_are_refused_and_reads_go_on(context: &Context) -> Verdict {
    let disk = disk_for(context)?;
    let place = disk.place()?;
    let store = context.open(&place, &Setup::default())?;
    let mut due = stored_before(&*store)?;
    disk.fill()?;
    let mut refused = 0;
    for number in 0..MOST {
        let (who, payload) = (id(&format!("late-{number}")), marked(number as u64, 60_000));
        match stored(
            &*store,
            &who,
            until(&payload, 9_000),
            Precondition::Any,
            NOW,
        ) {
            // There may be room in what the driver has taken before.
            Ok(kept) => due.push((who, kept)),
            Err(_) => {
                let again = store.store(&who, until(&payload, 9_000), Precondition::Any, NOW);
                let kind = again.map(drop).map_err(|error| error.kind());
                ensure_eq!(kind, Err(ErrorKind::StorageFull), "a store on a full disk");
                absent(
                    &*store,
                    &who,
                    NOW,
                    "for its store was refused on a full disk",
                )?;
                refused += 1;
            }
        }
        if refused == 3 {
            break;
        }
    }
    ensure!(
        refused == 3,
        "{MOST} stores of 60 kB succeed on a full disk"
    );
    let larger = marked(9, 60_000);
    let (first, before) = due[0].clone();
    match stored(
        &*store,
        &first,
        until(&larger, 9_000),
        Precondition::Present,
        NOW,
    ) {
        Ok(kept) => due[0].1 = kept,
        Err(_) => record(
            &*store,
            &first,
            NOW,
            &before,
            "after a refused store on a full disk",
        )?,
    }
    for (who, due) in &due {
        record(&*store, who, NOW, due, "on a full disk")?;
    }
    disk.clear()?;
    goes_on(&*store, "once there is room")?;
    for (who, due) in &due {
        record(&*store, who, NOW, due, "once there is room")?;
    }
    Ok(())
}

fn goes_on(store: &dyn SessionDriver, when: &str) -> Verdict {
    let payload = marked(5, 60_000);
    let outcome = store.store(&id("goes-on"), forever(&payload), Precondition::Any, NOW);
    let kind = outcome.map(drop).map_err(|error| error.kind());
    ensure_eq!(kind, Ok(()), "a store {when}");
    Ok(())
}

fn on_read_only_media_writes_are_refused_and_reads_go_on(context: &Context) -> Verdict {
    let disk = disk_for(context)?;
    let place = disk.place()?;
    let store = context.open(&place, &Setup::default())?;
    let due = stored_before(&*store)?;
    // An engine that has its files open for writing is in the way.
    let store = match disk.set_read_only(true) {
        Ok(()) => Ok(store),
        Err(_) => {
            drop(store);
            disk.set_read_only(true)?;
            context.open_raw(&place, &Setup::default())
        }
    };
    match store {
        Err(error) => ensure_eq!(
            error.kind(),
            ErrorKind::PermissionDenied,
            "the kind of a refused open on read-only media"
        ),
        Ok(store) => {
            for (who, due) in &due {
                record(&*store, who, NOW, due, "on read-only media")?;
            }
            writes_are_denied(&*store, &due[0].0)?;
            for (who, due) in &due {
                record(
                    &*store,
                    who,
                    NOW,
                    due,
                    "on read-only media, after refused writes",
                )?;
            }
        }
    }
    disk.set_read_only(false)?;
    let store = context.open(&place, &Setup::default())?;
    goes_on(&*store, "once the media can be written")
}

fn writes_are_denied(store: &dyn SessionDriver, who: &SessionId) -> Verdict {
    let [new, free] = ["new", "free"].map(id);
    let answers = [
        (
            "an Any store",
            store
                .store(who, forever(b"x"), Precondition::Any, NOW)
                .map(drop),
        ),
        (
            "an Absent store",
            store
                .store(&new, forever(b"x"), Precondition::Absent, NOW)
                .map(drop),
        ),
        ("a touch", store.touch(who, Some(at(8_000)), NOW).map(drop)),
        ("a rotate", store.rotate(who, &free, NOW).map(drop)),
        ("a remove", store.remove(who, NOW).map(drop)),
    ];
    for (what, answer) in answers {
        let kind = answer.map_err(|error| error.kind());
        ensure_eq!(
            kind,
            Err(ErrorKind::PermissionDenied),
            "{what} on read-only media"
        );
    }
    Ok(())
}

/// A disk, for a driver that keeps its backend in files.
fn disk_for(context: &Context) -> Result<Disk, Stop> {
    directory_of(&context.place()?)?;
    Disk::mount()
}

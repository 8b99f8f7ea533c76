//! ERR: a backend that is taken away from under an open driver.

use std::fs;

use session_driver::{Durability, ErrorKind, Precondition};

use crate::case::{Context, Fixture, Stop, Verdict, cases, ensure};
use crate::outage::{
    all_operations_say_so, beside, directory_of, is_noticed, move_all, stored_before,
};
use crate::place::Place;
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::subject::Setup;
use crate::workload::{NOW, forever};

pub(super) const ERR_7: Rule = Rule {
    id: "ERR-7",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A backend removed or replaced under an open driver becomes Unavailable within the declared bound, never an empty \
           store; a success since then is not lost with it, unless the durability is None.",
    intent: "A cleaned temporary directory reads as `all logged out`, and saves go to a file without a name.",
    provenance: &[Provenance::Own(
        "a driver with an open file goes on serving a directory that was deleted",
    )],
    needs: &[Need::Persistent, Need::Embedded],
    proof: cases![
        a_removed_store_is_unavailable,
        a_store_is_not_stored_into_what_was_removed,
        a_replaced_store_is_unavailable
    ],
};

fn a_removed_store_is_unavailable(context: &Context) -> Verdict {
    let store = in_files(context)?;
    let due = stored_before(&*store)?;
    remove_all(store.place())?;
    let what = "after its files were removed";
    is_noticed(context, &*store, &due, what)?;
    all_operations_say_so(context, &*store, &due, what)
}

fn a_store_is_not_stored_into_what_was_removed(context: &Context) -> Verdict {
    if context.capabilities().durability == Durability::None {
        return Err(Stop::NotApplicable(
            "at durability None a success need not survive anything".into(),
        ));
    }
    let store = in_files(context)?;
    let due = stored_before(&*store)?;
    remove_all(store.place())?;
    for (who, before) in &due {
        for when in [Precondition::Any, Precondition::Version(before.version)] {
            let outcome = store.store(who, forever(b"lost"), when, NOW);
            let kind = outcome.map_err(|error| error.kind());
            ensure!(
                matches!(kind, Err(ErrorKind::Unavailable | ErrorKind::Indeterminate)),
                "a store into files that were removed answers {kind:?}, not Unavailable"
            );
        }
    }
    Ok(())
}

fn a_replaced_store_is_unavailable(context: &Context) -> Verdict {
    let store = in_files(context)?;
    let due = stored_before(&*store)?;
    let directory = directory_of(store.place())?;
    let away = beside(directory)?;
    move_all(directory, away.path())?;
    let Ok(other) = context.open_raw(store.place(), &Setup::default()) else {
        return Err(Stop::NotApplicable(
            "the driver opens no new store where it had another".into(),
        ));
    };
    let what = "after another store took its place";
    is_noticed(context, &*store, &due, what)?;
    all_operations_say_so(context, &*store, &due, what)?;
    ensure!(
        other.retrieve(&due[0].0, NOW)?.is_none(),
        "a new store holds a record of the one before it"
    );
    Ok(())
}

fn in_files(context: &Context) -> Result<Fixture, Stop> {
    let store = context.fresh()?;
    directory_of(store.place())?;
    Ok(store)
}

fn remove_all(place: &Place) -> Verdict {
    let directory = directory_of(place)?;
    let removed = fs::read_dir(directory).and_then(|entries| {
        entries.flatten().try_for_each(|entry| {
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())
            } else {
                fs::remove_file(entry.path())
            }
        })
    });
    removed.map_err(|error| Stop::Failed(format!("the files cannot be removed: {error}")))
}

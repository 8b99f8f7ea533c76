//! DUR: what a power cut leaves.

use std::collections::BTreeMap;

use session_driver::Durability;

use crate::call::{Call, Payload, Reply, When, perform};
use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::child::Child;
use crate::damage::at_rest;
use crate::outage::directory_of;
use crate::place::Place;
use crate::power::{Disk, Node, Recorder};
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::subject::Setup;
use crate::syncs::{FailedSyncs, opened_for_power};
use crate::workload::{NOW, at};

pub(super) const DUR_3: Rule = Rule {
    id: "DUR-3",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "After an operation succeeded, its effect is there after power failed wherever the data lie.",
    intent: "A power cut undoes what was confirmed.",
    provenance: &[Provenance::Known(
        "fsync(2): to sync a file does not sync its name, which is the directory's",
    )],
    needs: &[Need::Persistent],
    proof: cases![
        no_write_answers_success_when_its_sync_fails,
        what_succeeded_is_there_without_all_that_was_not_synced
    ],
};

/// Shows that every success waits for a sync and heeds its answer; not that the sync covers what was
/// written.
fn no_write_answers_success_when_its_sync_fails(context: &Context) -> Verdict {
    for (call, reply) in FailedSyncs::try_writes(context)?.answers {
        ensure!(
            matches!(reply, Reply::Refused(..)),
            "{call:?} answers {reply:?} although no sync succeeded"
        );
    }
    Ok(())
}

/// Each success is followed by a power cut, in a [model](crate::power) of the disk that is fed with
/// what the driver syncs.
fn what_succeeded_is_there_without_all_that_was_not_synced(context: &Context) -> Verdict {
    let place = at_rest(context, opened_for_power(context)?)?;
    let (directory, mut rng) = (directory_of(&place)?, context.rng());
    let mut child = Child::spawn(context)?;
    let recorder = Recorder::attach(child.id(), directory).map_err(Stop::Unobserved)?;
    child.open_for_power(&place)?;
    let mut due: BTreeMap<String, Reply> = BTreeMap::new();
    for call in program() {
        recorder.forget_answers();
        let reply = child.perform(call.clone())?;
        ensure!(
            !matches!(reply, Reply::Refused(..)),
            "{call:?} answers {reply:?}"
        );
        let (synced, now) = recorder.at_the_answer().map_err(Stop::Unobserved)?;
        for id in call.ids() {
            due.insert(id.to_owned(), child.perform(retrieve(id))?);
        }
        let mixed = synced.mixed_with(&now, &mut rng);
        for (disk, left) in [
            (&synced, "all that was not synced is lost"),
            (&mixed, "some of what was not synced is lost"),
        ] {
            let found = after_a_power_cut(context, &place, disk, due.keys()).map_err(|stop| {
                Stop::Failed(format!("once {call:?} succeeded, and {left}: {stop}"))
            })?;
            for ((id, due), found) in due.iter().zip(found) {
                ensure!(
                    found == *due,
                    "once {call:?} succeeded, and {left}, a retrieve of {id} answers {found:?}, not {due:?}"
                );
            }
        }
    }
    Ok(())
}

/// What a store answers of these ids that is opened on what a disk has kept.
fn after_a_power_cut<'a>(
    context: &Context,
    place: &Place,
    disk: &Disk,
    ids: impl Iterator<Item = &'a String>,
) -> Result<Vec<Reply>, Stop> {
    let failed = |error| Stop::Failed(format!("what a disk has kept cannot be laid out: {error}"));
    let directory = directory_of(place)?;
    let within = place.path().strip_prefix(directory).unwrap_or(place.path());
    let copy = tempfile::tempdir().map_err(failed)?;
    let root = Node::at(directory).map_err(failed)?;
    disk.lay_out(root, copy.path()).map_err(failed)?;
    let locator = copy.path().join(within).display().to_string();
    let files = copy.path().to_owned();
    let place = Place::borrowed(locator).with_files_in(files, copy);
    let store = context.open(&place, &Setup::with_durability(Durability::Power))?;
    Ok(ids.map(|id| perform(&*store, &retrieve(id))).collect())
}

fn retrieve(id: &str) -> Call {
    Call::Retrieve {
        id: id.into(),
        now: NOW.as_millis(),
    }
}

/// Writes of every kind, of records that are new, replaced, outgrow their places, move and go.
fn program() -> Vec<Call> {
    let now = NOW.as_millis();
    let store = |id: &str, mark, length, when| Call::Store {
        id: id.into(),
        payload: Payload::new(mark, length),
        expires_at: Some(at(9_000).as_millis()),
        when,
        now,
    };
    let touch = |id: &str, millis| Call::Touch {
        id: id.into(),
        expires_at: Some(at(millis).as_millis()),
        now,
    };
    let remove = |id: &str| Call::Remove { id: id.into(), now };
    let rotate = |from: &str, to: &str| Call::Rotate {
        from: from.into(),
        to: to.into(),
        now,
    };
    vec![
        store("one", 1, 300, When::Absent),
        store("two", 2, 900, When::Any),
        store("three", 3, 0, When::Any),
        store("one", 4, 310, When::Any),
        store("two", 5, 20_000, When::Present),
        touch("one", 20_000),
        remove("three"),
        store("three", 6, 400, When::Absent),
        rotate("one", "four"),
        store("one", 7, 200, When::Absent),
        store("four", 8, 300, When::Present),
        remove("four"),
        touch("two", 30_000),
        rotate("two", "four"),
        remove("one"),
    ]
}

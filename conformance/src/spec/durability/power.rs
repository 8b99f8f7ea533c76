//! DUR: what a power cut leaves.

use std::collections::BTreeMap;

use session_driver::{Durability, Precondition, Sharing};

use crate::call::{Call, Payload, Reply, When, perform};
use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::child::{Calls, Child, Request};
use crate::damage::at_rest;
use crate::outage::directory_of;
use crate::place::Place;
use crate::power::{Disk, Node, Recorder};
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::subject::Setup;
use crate::syncs::{FailedSyncs, opened_for_power};
use crate::workload::{NOW, at, forever, id};

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
        what_succeeded_is_there_without_all_that_was_not_synced,
        no_success_rests_on_what_another_process_did_not_sync
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

/// A process performs some calls, and ends at its first sync if it comes to one: nothing that it
/// leaves is synced. Another process then succeeds, and is followed by a power cut.
fn no_success_rests_on_what_another_process_did_not_sync(context: &Context) -> Verdict {
    if context.capabilities().sharing < Sharing::Process {
        let reason = "the driver does not share a store among processes";
        return Err(Stop::NotApplicable(reason.into()));
    }
    for Inheritance {
        for_power,
        left,
        call,
    } in inheritances()
    {
        let store = opened_for_power(context)?;
        store.store(&id("kept"), forever(b"kept"), Precondition::Any, NOW)?;
        let place = at_rest(context, store)?;
        let mut other = Child::spawn(context)?;
        match for_power {
            true => other.open_for_power(&place)?,
            false => other.open(0, &place)?,
        }
        other.end_at(Calls::Syncs)?;
        // Before the other process does anything, for what is there by now counts as synced.
        let mut child = Child::spawn(context)?;
        let recorder =
            Recorder::attach(child.id(), directory_of(&place)?).map_err(Stop::Unobserved)?;
        child.open_for_power(&place)?;
        for call in &left {
            let request = Request::perform(0, call.clone());
            if other.ask_for_the_last_time(&request)?.is_none() {
                break;
            }
        }
        drop(other);
        recorder.forget_answers();
        let reply = child.perform(call.clone())?;
        ensure!(
            !matches!(reply, Reply::Refused(..)),
            "{call:?} answers {reply:?}"
        );
        let (synced, _) = recorder.at_the_answer().map_err(Stop::Unobserved)?;
        for id in call.ids().iter().map(|&id| id.to_owned()) {
            let due = child.perform(retrieve(&id))?;
            let found = after_a_power_cut(context, &place, &synced, std::iter::once(&id))?;
            ensure!(
                found == [due.clone()],
                "a process did {left:?} and synced nothing; another one did {call:?}, which answered {reply:?}; \
                 after a power cut a retrieve of {id} answers {found:?}, not {due:?}"
            );
        }
    }
    Ok(())
}

/// What one process leaves unsynced, and what another one then does.
struct Inheritance {
    /// Whether the first one has its store opened with durability Power, too.
    for_power: bool,
    left: Vec<Call>,
    call: Call,
}

/// Names and directories that one process makes, and one that it takes away, on which another one
/// relies.
fn inheritances() -> Vec<Inheritance> {
    let new = || store("new", 1, 300, When::Absent);
    let mut inheritances = vec![
        Inheritance {
            for_power: false,
            left: vec![new()],
            call: touch("new", 20_000),
        },
        Inheritance {
            for_power: false,
            left: vec![new()],
            call: store("new", 2, 310, When::Any),
        },
        Inheritance {
            for_power: false,
            left: vec![new(), remove("new")],
            call: new(),
        },
    ];
    for call in [stored_dead("kept"), touch("kept", 0), remove("kept")] {
        inheritances.push(Inheritance {
            for_power: true,
            left: vec![remove("kept")],
            call,
        });
    }
    inheritances
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

fn store(id: &str, mark: u64, length: usize, when: When) -> Call {
    Call::Store {
        id: id.into(),
        payload: Payload::new(mark, length),
        expires_at: Some(at(9_000).as_millis()),
        when,
        now: NOW.as_millis(),
    }
}

/// A store that takes the session away.
fn stored_dead(id: &str) -> Call {
    Call::Store {
        id: id.into(),
        payload: Payload::new(3, 100),
        expires_at: Some(NOW.as_millis()),
        when: When::Any,
        now: NOW.as_millis(),
    }
}

fn touch(id: &str, millis: i64) -> Call {
    Call::Touch {
        id: id.into(),
        expires_at: Some(at(millis).as_millis()),
        now: NOW.as_millis(),
    }
}

fn remove(id: &str) -> Call {
    Call::Remove {
        id: id.into(),
        now: NOW.as_millis(),
    }
}

fn rotate(from: &str, to: &str) -> Call {
    Call::Rotate {
        from: from.into(),
        to: to.into(),
        now: NOW.as_millis(),
    }
}

/// Writes of every kind, of records that are new, replaced, outgrow their places, move and go.
fn program() -> Vec<Call> {
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

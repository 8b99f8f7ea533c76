//! Writes whose syncs fail.

use std::sync::Arc;

use session_driver::{Durability, NewRecord, Precondition, Record, SessionDriver, SessionId};

use crate::call::{Call, Payload, Reply, When};
use crate::case::{Context, Fixture, Stop};
use crate::child::{Calls, Child};
use crate::damage::at_rest;
use crate::place::Place;
use crate::steps::stored;
use crate::subject::Setup;
use crate::workload::{NOW, at, id, until};

/// What a process answered in which every sync fails, as on a disk that loses what it is given.
#[derive(Debug)]
pub(crate) struct FailedSyncs {
    /// The store, which that process has left.
    pub(crate) place: Arc<Place>,
    pub(crate) answers: Vec<(Call, Reply)>,
    before: Vec<(SessionId, Record)>,
}

impl FailedSyncs {
    /// Has a child process open a store at durability Power, and perform a write of each kind while
    /// every sync (`fsync`, `fdatasync`, `msync`, `sync_file_range`, `syncfs`) fails with EIO.
    ///
    /// # Errors
    /// NotApplicable to a driver that is not embedded or has no durability Power, Unobserved where
    /// system calls cannot be filtered.
    pub(crate) fn try_writes(context: &Context) -> Result<FailedSyncs, Stop> {
        let store = opened_for_power(context)?;
        let mut before = vec![];
        for who in ["stored", "touched", "removed", "rotated"].map(id) {
            let new = NewRecord {
                payload: &Payload::new(1, 900).bytes(),
                ..until(b"", 9_000)
            };
            let record = stored(&*store, &who, new, Precondition::Any, NOW)?;
            before.push((who, record));
        }
        let place = at_rest(context, store)?;
        let mut child = Child::spawn(context)?;
        child.open_for_power(&place)?;
        child.fail(Calls::Syncs)?;
        let mut answers = vec![];
        for call in writes() {
            let reply = child.perform(call.clone())?;
            answers.push((call, reply));
        }
        drop(child);
        Ok(FailedSyncs {
            place,
            answers,
            before,
        })
    }

    /// Whether a write has an effect that can be seen.
    pub(crate) fn has_changed(&self, store: &dyn SessionDriver, call: &Call) -> Result<bool, Stop> {
        for who in call.ids().iter().map(|who| id(who)) {
            let before = self.before.iter().find(|(known, _)| *known == who);
            let found = store.retrieve(&who, NOW)?;
            if found.as_ref() != before.map(|(_, record)| record) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A new store of durability Power.
///
/// # Errors
/// NotApplicable to a driver that is not embedded or has no such durability.
pub(crate) fn opened_for_power(context: &Context) -> Result<Fixture, Stop> {
    if !context.capabilities().embedded {
        let reason = "a server syncs its data, where the suite cannot reach";
        return Err(Stop::NotApplicable(reason.into()));
    }
    let store = context.fresh_with(&Setup::with_durability(Durability::Power))?;
    if store.capabilities().durability < Durability::Power {
        let reason = "the driver cannot be opened with durability Power";
        return Err(Stop::NotApplicable(reason.into()));
    }
    Ok(store)
}

/// A write of each kind, each on an id of its own.
fn writes() -> [Call; 5] {
    let now = NOW.as_millis();
    let store = |id: &str, when| Call::Store {
        id: id.into(),
        payload: Payload::new(2, 900),
        expires_at: Some(at(9_000).as_millis()),
        when,
        now,
    };
    [
        store("stored", When::Any),
        store("created", When::Absent),
        Call::Touch {
            id: "touched".into(),
            expires_at: Some(at(20_000).as_millis()),
            now,
        },
        Call::Remove {
            id: "removed".into(),
            now,
        },
        Call::Rotate {
            from: "rotated".into(),
            to: "renamed".into(),
            now,
        },
    ]
}

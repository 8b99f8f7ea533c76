//! What was asked and answered, and when.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use session_driver::Capabilities;

use crate::call::{Call, Refusal, Reply};
use crate::model::{Promises, Scope};

/// One operation, from when it may have begun to when it had ended at the latest, on one clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Who asked: the events of one lane followed one another.
    pub(crate) lane: usize,
    pub(crate) call: Call,
    pub(crate) invoked: Duration,
    /// When, and what; `None` when it is not known whether the operation happened: it may have, may
    /// yet, or may never.
    pub(crate) answered: Option<(Duration, Reply)>,
}

/// What concurrent callers of a driver asked and were answered, and when: operations on a few ids,
/// all of which were absent before.
///
/// A failure of rule CON-1 or CON-2 prints the shortest history that it could make of what it saw,
/// as a test to paste. Such a history [parses](std::str::FromStr) and is judged anew by the model of
/// the contract; each line is a lane (who asked), the instants between which the operation lay, the
/// call and its answer.
///
/// ```
/// use session_driver_conformance::History;
///
/// let stale: History = "
///     promises atomic_rotate rotate_keeps_version readable_ids
///     0   1..2   store a 1x8 until never when any at 0 => stored 1
///     0   3..4   store a 2x8 until never when any at 0 => stored 2
///     1   5..6   retrieve a at 0 => found 1x8 until never version 1
/// ".parse()?;
/// assert!(!stale.is_linearizable());
/// # Ok::<(), session_driver_conformance::BoxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct History {
    /// Each lane in the order of its events; only the last of a lane may be unanswered.
    pub(crate) lanes: Vec<Vec<Event>>,
    pub(crate) scope: Scope,
}

impl History {
    /// Takes the events, in any order. Those that changed nothing by contract (Busy and other
    /// faults, rule ATM-3) are left out; an Indeterminate one is unanswered.
    pub(crate) fn new(events: Vec<Event>, capabilities: &Capabilities) -> History {
        History::of(events, Promises::from(capabilities))
    }

    pub(crate) fn of(mut events: Vec<Event>, promises: Promises) -> History {
        let ids = events.iter().flat_map(|event| event.call.ids());
        let ids: BTreeSet<String> = ids.map(String::from).collect();
        let ids = ids.into_iter().collect();
        events.sort_by_key(|event| event.invoked);
        let mut history = History {
            lanes: vec![],
            scope: Scope { ids, promises },
        };
        for event in events {
            history.add(event);
        }
        history
    }

    fn add(&mut self, event: Event) {
        let answered = match event.answered {
            Some((_, Reply::Refused(Refusal::Indeterminate, _))) => None,
            Some((_, Reply::Refused(Refusal::Busy | Refusal::Locked | Refusal::Fault, _))) => {
                return;
            }
            other => other,
        };
        let event = Event { answered, ..event };
        if event.answered.is_none() {
            // It may happen beside what its lane did next.
            return self.lanes.push(vec![event]);
        }
        let lane = self.lanes.iter_mut().find(|lane| {
            let last = lane.last();
            last.is_some_and(|last| last.lane == event.lane && last.answered.is_some())
        });
        match lane {
            Some(lane) => lane.push(event),
            None => self.lanes.push(vec![event]),
        }
    }

    /// What was known at `end`: later calls are not there yet, later answers not given yet.
    pub(crate) fn until(&self, end: Duration) -> History {
        let begun = self.events().filter(|event| event.invoked <= end);
        let known = begun.map(|event| Event {
            answered: event.answered.clone().filter(|(when, _)| *when <= end),
            ..event.clone()
        });
        History::of(known.collect(), self.scope.promises)
    }

    /// The events, each lane's in their order.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.lanes.iter().flatten()
    }

    /// Whether two stores of records that were kept were given the same version (rule CAS-1), which
    /// no order explains.
    pub(crate) fn repeats_a_version(&self) -> bool {
        let mut given = HashSet::new();
        let mut versions = self.events().filter_map(Event::gives_version);
        !versions.all(|version| given.insert(version))
    }
}

impl Event {
    /// The version that a store gave to a record which it did not discard at once.
    fn gives_version(&self) -> Option<u64> {
        match (&self.call, &self.answered) {
            (
                Call::Store {
                    expires_at, now, ..
                },
                Some((_, Reply::Stored(version))),
            ) if expires_at.is_none_or(|deadline| deadline > *now) => Some(*version),
            _ => None,
        }
    }
}

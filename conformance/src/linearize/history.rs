//! What was asked and answered, and when.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::call::{Call, Refusal, Reply};

/// One operation, from when it may have begun to when it had ended at the latest, on one clock.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Who asked: the events of one lane followed one another.
    pub(crate) lane: usize,
    pub(crate) call: Call,
    pub(crate) invoked: Duration,
    /// When, and what; `None` when it is not known whether the operation happened: it may have, may
    /// yet, or may never.
    pub(crate) answered: Option<(Duration, Reply)>,
}

/// The events on some ids, all of which were absent before.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// Each lane in the order of its events; only the last of a lane may be unanswered.
    pub(crate) lanes: Vec<Vec<Event>>,
    pub(crate) ids: Vec<String>,
    pub(crate) atomic_rotate: bool,
    pub(crate) rotate_keeps_version: bool,
}

impl History {
    /// Takes the events, in any order. Those that changed nothing by contract (Busy and other
    /// faults, rule ATM-3) are left out; an Indeterminate one is unanswered.
    pub(crate) fn new(
        mut events: Vec<Event>,
        capabilities: &session_driver::Capabilities,
    ) -> History {
        let ids: BTreeSet<String> = events
            .iter()
            .flat_map(|event| event.call.ids())
            .map(String::from)
            .collect();
        events.sort_by_key(|event| event.invoked);
        let mut history = History {
            lanes: vec![],
            ids: ids.into_iter().collect(),
            atomic_rotate: capabilities.atomic_rotate,
            rotate_keeps_version: capabilities.rotate_keeps_version,
        };
        for event in events {
            history.add(event);
        }
        history.lanes.retain(|lane| !lane.is_empty());
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
        if event.answered.is_none() || matches!(event.call, Call::Sweep { .. }) {
            // It may happen beside what its lane did next.
            return self.lanes.push(vec![event]);
        }
        let lane = self
            .lanes
            .iter_mut()
            .find(|lane| lane.last().is_some_and(|last| last.follows_on(&event)));
        match lane {
            Some(lane) => lane.push(event),
            None => self.lanes.push(vec![event]),
        }
    }

    /// What was known at `end`: later calls are not there yet, later answers not given yet.
    pub(crate) fn until(&self, end: Duration) -> History {
        let known = |event: &Event| Event {
            answered: event.answered.clone().filter(|(when, _)| *when <= end),
            ..event.clone()
        };
        let mut lanes: Vec<Vec<Event>> = vec![];
        for lane in &self.lanes {
            let begun = lane.iter().filter(|event| event.invoked <= end);
            lanes.push(begun.map(known).collect());
        }
        lanes.retain(|lane| !lane.is_empty());
        History {
            lanes,
            ..self.clone()
        }
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.lanes.iter().flatten()
    }
}

impl Event {
    fn follows_on(&self, next: &Event) -> bool {
        self.lane == next.lane
            && self.answered.is_some()
            && !matches!(self.call, Call::Sweep { .. })
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut events: Vec<&Event> = self.events().collect();
        events.sort_by_key(|event| event.invoked);
        for event in events {
            write!(f, "\n    {}: {:>9.1?}", event.lane, event.invoked)?;
            match &event.answered {
                Some((when, reply)) => {
                    write!(f, " to {when:>9.1?}  {:?} => {reply:?}", event.call)?;
                }
                None => write!(f, " to          ?  {:?} => no answer", event.call)?,
            }
        }
        Ok(())
    }
}

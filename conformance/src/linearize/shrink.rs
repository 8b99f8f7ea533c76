//! Makes a history that no order explains short, and its names plain.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Duration;

use crate::call::Payload;
use crate::linearize::history::{Event, History};
use crate::model::Promises;

/// How many states a search may see that asks whether an operation matters; if it sees more, the
/// operation stays.
const PATIENCE: usize = 20_000;

/// The part of a history up to the first answer that cannot be explained, without the operations
/// that do not matter for it; lanes, ids, payloads, versions and instants are numbered anew.
pub(super) fn shrunk(history: &History) -> History {
    let (prefix, end) = shortest_prefix(history);
    let mut kept: Vec<Event> = prefix.events().cloned().collect();
    kept.sort_by_key(|event| event.invoked);
    let mut parts = Parts {
        kept,
        left_out: vec![],
        promises: history.scope.promises,
        end,
    };
    while parts.leave_one_out() {}
    renamed(&parts.short())
}

/// A prefix of a history that has an order has one, so the shortest that has none ends with the
/// answer that is to blame.
fn shortest_prefix(history: &History) -> (History, Duration) {
    let answers = history.events().filter_map(|event| event.answered.as_ref());
    let ends: BTreeSet<Duration> = answers.map(|(when, _)| *when).collect();
    let ends: Vec<Duration> = ends.into_iter().collect();
    let explained = ends.partition_point(|end| history.until(*end).is_linearizable());
    let end = ends.get(explained).copied().unwrap_or(Duration::MAX);
    (history.until(end), end)
}

/// A history on its way to be short.
struct Parts {
    kept: Vec<Event>,
    /// What was left out, each made an unanswered operation.
    left_out: Vec<Event>,
    promises: Promises,
    /// The instant of the answer that is to blame.
    end: Duration,
}

impl Parts {
    /// Leaves out an operation that does not matter, the latest there is.
    ///
    /// It must not matter in two ways. The rest has no order *whether or not the operation happened*,
    /// and whenever: just taken away, the first store of a stale read would leave a read of what
    /// nobody stored, which is another fault than the one that was seen. And the rest has an order
    /// but for the answer that is to blame, so that there is one thing to explain and not two.
    fn leave_one_out(&mut self) -> bool {
        for place in (0..self.kept.len()).rev() {
            let mut event = self.kept.remove(place);
            let answered = event.answered.take();
            self.left_out.push(event);
            let maybe = self.kept.iter().chain(&self.left_out).cloned();
            let maybe = History::of(maybe.collect(), self.promises);
            if !maybe.is_explained_within(PATIENCE) && self.before_the_blame().is_linearizable() {
                return true;
            }
            if let Some(event) = self.left_out.pop() {
                self.kept.insert(place, Event { answered, ..event });
            }
        }
        false
    }

    fn short(&self) -> History {
        History::of(self.kept.clone(), self.promises)
    }

    fn before_the_blame(&self) -> History {
        let mut events = self.kept.clone();
        for event in &mut events {
            event.answered.take_if(|(when, _)| *when >= self.end);
        }
        History::of(events, self.promises)
    }
}

/// The history with plain names: all but the fault is as dull as can be.
fn renamed(history: &History) -> History {
    let mut events: Vec<Event> = history.events().cloned().collect();
    events.sort_by_key(|event| event.invoked);
    let ends = events.iter().filter_map(|event| event.answered.as_ref());
    let ends = ends.map(|(when, _)| *when);
    let moments: BTreeSet<Duration> = events
        .iter()
        .map(|event| event.invoked)
        .chain(ends)
        .collect();
    let moments: Vec<Duration> = moments.into_iter().collect();
    let order = |moment: &mut Duration| {
        let rank = moments.partition_point(|earlier| earlier < moment);
        *moment = Duration::from_nanos(1 + rank as u64);
    };
    let first = events
        .iter()
        .map(|event| event.call.now())
        .min()
        .unwrap_or(0);
    let (mut lanes, mut ids) = (Numbers::default(), Numbers::default());
    let (mut marks, mut versions) = (Numbers::default(), Numbers::default());
    for event in &mut events {
        event.lane = lanes.number(&event.lane);
        order(&mut event.invoked);
        let call = &mut event.call;
        *call.now_mut() -= first;
        for id in call.ids_mut() {
            *id = format!("id-{}", ids.number(id));
        }
        let mut reply = event.answered.as_mut().map(|(when, reply)| {
            order(when);
            reply
        });
        let reply = &mut reply;
        let deadlines = [
            call.deadline_mut().and_then(Option::as_mut),
            reply.as_mut().and_then(|reply| reply.deadline_mut()),
        ];
        for deadline in deadlines.into_iter().flatten() {
            *deadline -= first;
        }
        let told = [
            call.version_mut(),
            reply.as_mut().and_then(|reply| reply.version_mut()),
        ];
        for version in told.into_iter().flatten() {
            *version = versions.number(version) as u64;
        }
        let payloads = [
            call.payload_mut(),
            reply.as_mut().and_then(|reply| reply.payload_mut()),
        ];
        for payload in payloads.into_iter().flatten() {
            *payload = Payload::new(marks.number(&payload.mark) as u64, payload.length);
        }
    }
    History::of(events, history.scope.promises)
}

/// Numbers for names, in the order of their first appearance, from 1 on.
struct Numbers<T>(HashMap<T, usize>);

impl<T> Default for Numbers<T> {
    fn default() -> Numbers<T> {
        Numbers(HashMap::new())
    }
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    fn number(&mut self, name: &T) -> usize {
        let next = self.0.len() + 1;
        *self.0.entry(name.clone()).or_insert(next)
    }
}

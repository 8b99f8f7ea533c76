//! Searches for an order of a history's operations that explains all answers.

use std::collections::HashSet;
use std::time::Duration;

use crate::linearize::history::{Event, History};
use crate::linearize::model::State;

/// How many states a search may see before it gives up without a verdict: far more than a case's
/// histories need.
const PATIENCE: usize = 2_000_000;

/// Says, as shortly as it can, why no order of the operations explains their answers; `Ok` when one
/// does.
///
/// # Errors
/// The part of the history up to the first answer that cannot be explained, without what does not
/// matter for it.
pub(crate) fn check(history: &History) -> Result<(), String> {
    if is_linearizable(history) {
        return Ok(());
    }
    let (end, prefix) = shortest_prefix(history);
    let short = without_bystanders(prefix);
    let last = short.events().find(|event| {
        event
            .answered
            .as_ref()
            .is_some_and(|(when, _)| *when == end)
    });
    let last = last.map_or(String::new(), |event| {
        format!(
            "lane {}'s answer to {:?} at {end:.1?}",
            event.lane, event.call
        )
    });
    Err(format!(
        "no order of these operations explains {last} (each line: lane: from to, call => answer):{short}"
    ))
}

/// Whether some order of the operations, each at an instant between its call and its answer,
/// explains all answers.
pub(crate) fn is_linearizable(history: &History) -> bool {
    let mut search = Search {
        history,
        seen: HashSet::new(),
    };
    search.goes_on(&vec![0; history.lanes.len()], State::empty(history))
}

/// A prefix of a history that has an order has one, so the shortest that has none ends with the
/// answer that is to blame.
fn shortest_prefix(history: &History) -> (Duration, History) {
    let answers = history.events().filter_map(|event| event.answered.as_ref());
    let mut ends: Vec<Duration> = answers.map(|(when, _)| *when).collect();
    ends.sort();
    let explained = ends.partition_point(|end| is_linearizable(&history.until(*end)));
    let end = ends.get(explained).copied().unwrap_or(Duration::MAX);
    (end, history.until(end))
}

/// Leaves out operations that changed nothing, and the last answer is as inexplicable without.
fn without_bystanders(mut history: History) -> History {
    for lane in 0..history.lanes.len() {
        for place in (0..history.lanes[lane].len()).rev() {
            if !history.is_bystander(&history.lanes[lane][place]) {
                continue;
            }
            let mut shorter = history.clone();
            shorter.lanes[lane].remove(place);
            if !is_linearizable(&shorter) {
                history = shorter;
            }
        }
    }
    history
}

impl History {
    /// Whether the operation, answered as it was, can have had no effect at all, a discard
    /// included.
    fn is_bystander(&self, event: &Event) -> bool {
        use crate::call::{Call, Reply};
        let refused = event
            .answered
            .as_ref()
            .is_some_and(|(_, reply)| matches!(reply, Reply::Refused(..)));
        let reads = matches!(event.call, Call::Retrieve { .. });
        let discards = |other: &Event| match other.call {
            Call::Store { expires_at, .. } | Call::Touch { expires_at, .. } => {
                expires_at.is_some_and(|deadline| deadline <= event.call.now())
            }
            _ => false,
        };
        (refused || reads) && !self.events().any(discards)
    }
}

/// A depth-first search that never enters a state twice with the same operations done.
struct Search<'a> {
    history: &'a History,
    seen: HashSet<(Vec<u16>, State)>,
}

impl Search<'_> {
    /// Whether the operations from `positions` on (one a lane) have an order that explains them.
    fn goes_on(&mut self, positions: &[u16], state: State) -> bool {
        if self.seen.len() >= PATIENCE {
            return true;
        }
        let next: Vec<(usize, &Event)> = positions
            .iter()
            .enumerate()
            .filter_map(|(lane, position)| {
                let event = self.history.lanes[lane].get(usize::from(*position))?;
                Some((lane, event))
            })
            .collect();
        let answers = next.iter().filter_map(|(_, event)| event.answered.as_ref());
        let Some(deadline) = answers.map(|(when, _)| *when).min() else {
            return true; // what is left was never answered, and need not have happened
        };
        if !self.seen.insert((positions.to_vec(), state.clone())) {
            return false;
        }
        for (lane, event) in next {
            if event.invoked > deadline {
                continue;
            }
            for (after, done) in state.after(lane, event, self.history) {
                let mut further = positions.to_vec();
                further[lane] += u16::from(done);
                if self.goes_on(&further, after) {
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
#[path = "checker_tests.rs"]
mod tests;

//! Searches for an order of a history's operations that explains all answers.

use std::collections::HashSet;

use crate::linearize::history::{Event, History};
use crate::linearize::shrink::shrunk;
use crate::model::State;

/// How many states a search may see before it gives up without a verdict: far more than a case's
/// histories need.
const PATIENCE: usize = 2_000_000;

/// Says, as shortly as it can, why no order of the operations explains their answers; `Ok` when one
/// does. `found` says where the history comes from.
///
/// # Errors
/// The text of the failure, which ends with a test to paste.
pub(crate) fn check(history: &History, found: &str) -> Result<(), String> {
    if history.is_linearizable() {
        return Ok(());
    }
    let short = shrunk(history);
    let before = history.events().count();
    let after = match short.events().count() {
        1 => "1 operation explains its answer".into(),
        count => format!("{count} operations explains their answers"),
    };
    Err(format!(
        "no order of {after} ({found}, shrunk from {before}). Each line: a lane, \
         the instants from..to, the call => the answer. As a test of the answers (the seed repeats the calls; their \
         race it cannot):\n\n{}",
        as_test(&short)
    ))
}

/// A test that shows what the driver answered to be wrong.
fn as_test(short: &History) -> String {
    format!(
        "    #[test]
    fn no_order_explains_these_answers() {{
        let history: session_driver_conformance::History = \"
{short}
        \".parse().unwrap();
        assert!(!history.is_linearizable());
    }}"
    )
}

impl History {
    /// Whether some order of the operations, each at an instant between its call and its answer,
    /// explains all answers. A history of some dozens of operations is judged in milliseconds; one
    /// that takes too many states to search counts as explained.
    #[must_use]
    pub fn is_linearizable(&self) -> bool {
        self.is_explained_within(PATIENCE)
    }

    /// The same, with another patience.
    pub(super) fn is_explained_within(&self, patience: usize) -> bool {
        let mut search = Search {
            history: self,
            seen: HashSet::new(),
            patience,
        };
        !self.repeats_a_version()
            && search.goes_on(&vec![0; self.lanes.len()], State::empty(&self.scope))
    }
}

/// A depth-first search that never enters a state twice with the same operations done.
struct Search<'a> {
    history: &'a History,
    seen: HashSet<(Vec<u16>, State)>,
    patience: usize,
}

impl Search<'_> {
    /// Whether the operations from `positions` on (one a lane) have an order that explains them.
    fn goes_on(&mut self, positions: &[u16], state: State) -> bool {
        if self.seen.len() >= self.patience {
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
        let scope = &self.history.scope;
        for (lane, event) in next {
            if event.invoked > deadline {
                continue;
            }
            let reply = event.answered.as_ref().map(|(_, reply)| reply);
            for outcome in state.outcomes(lane, &event.call, scope) {
                let ended = outcome.due.is_some();
                let Some(after) = outcome.given(reply, scope) else {
                    continue;
                };
                if reply.is_none() && after == state {
                    continue; // as good as not done
                }
                let mut further = positions.to_vec();
                further[lane] += u16::from(ended);
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

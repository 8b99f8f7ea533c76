//! The answer that is due.

use crate::call::{Refusal, Reply, Seen};
use crate::model::scope::Scope;
use crate::model::state::{Outcome, State};

/// An answer, in terms of the state that the operation leaves behind: ids are places in it, and a
/// version is the one that the record at a place has, if it is known, or now turns out to have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Due {
    /// The record at this place.
    Found(Option<usize>),
    /// A version that no record ever had; that of the record at this place unless it was discarded
    /// at once.
    Stored(Option<usize>),
    Was(bool),
    /// The version of the record at this place.
    Rotated(Option<usize>),
    /// The version that a copy had which somebody has replaced since: any.
    Copied,
    Refused(Refusal),
    /// The ids at these places.
    Visited(Vec<usize>),
    /// A number of so many expired records; how many, is not for a single step to judge.
    Swept {
        expired: usize,
    },
}

impl Outcome {
    /// The state in which the operation has answered `reply` (`None`: has not been heard of), or
    /// `None` if another answer was due.
    pub(crate) fn given(self, reply: Option<&Reply>, scope: &Scope) -> Option<State> {
        let Outcome { state, due } = self;
        let (Some(due), Some(reply)) = (due, reply) else {
            return Some(state);
        };
        match (due, reply) {
            (Due::Found(None), Reply::Found(None))
            | (Due::Rotated(None), Reply::Rotated(None))
            | (Due::Stored(None), Reply::Stored(_))
            | (Due::Copied, Reply::Rotated(Some(_)))
            | (Due::Swept { .. }, Reply::Swept { .. }) => Some(state),
            (Due::Found(Some(place)), Reply::Found(Some(seen))) => state.showing(place, seen),
            (Due::Stored(Some(place)), Reply::Stored(version))
            | (Due::Rotated(Some(place)), Reply::Rotated(Some(version))) => {
                state.knowing(place, *version)
            }
            (Due::Was(due), Reply::Was(seen)) => (due == *seen).then_some(state),
            (Due::Refused(due), Reply::Refused(seen, _)) => (due == *seen).then_some(state),
            (Due::Visited(places), Reply::Visited(ids)) => {
                visits(&places, ids, scope).then_some(state)
            }
            _ => None,
        }
    }
}

impl State {
    fn knowing(self, place: usize, version: u64) -> Option<State> {
        let known = self.records[place]?.at_version(version)?;
        Some(self.revised(place, Some(known)))
    }

    fn showing(self, place: usize, seen: &Seen) -> Option<State> {
        let kept = self.records[place]?;
        let same = (seen.payload, seen.expires_at) == (Some(kept.payload), kept.expires_at);
        self.knowing(place, seen.version).filter(|_| same)
    }
}

/// Whether the sorted `ids` are those at `places`, or as many digests, each of another record.
fn visits(places: &[usize], ids: &[String], scope: &Scope) -> bool {
    let mut due: Vec<&str> = places.iter().map(|place| &*scope.ids[*place]).collect();
    due.sort_unstable();
    match scope.promises.readable_ids {
        true => due == ids,
        false => due.len() == ids.len() && ids.windows(2).all(|pair| pair[0] != pair[1]),
    }
}

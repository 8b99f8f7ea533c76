//! Says whether an answer is one that the contract leaves.

use std::collections::HashSet;

use crate::call::{Call, Refusal, Reply};
use crate::model::{Due, Kept, Scope, State};

/// All that can be stored, after the answers so far.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    scope: Scope,
    states: Vec<State>,
    versions: HashSet<u64>,
}

/// An answer that the contract would have left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Allowed {
    Found(Option<Kept>),
    /// With a version that no record ever had.
    Stored,
    Was(bool),
    /// To which version, if that is known.
    Rotated(Option<Option<u64>>),
    Refused(Refusal),
    /// These ids, sorted.
    Visited(Vec<String>),
    /// So many ids, whatever they are.
    Digests(usize),
    /// At most so many records, and no fewer unless it says that there is more to do, or may leave
    /// some to the backend.
    Swept {
        expired: usize,
        may_leave: bool,
    },
}

impl Allowed {
    /// The version that it names.
    pub(super) fn version(&self) -> Option<u64> {
        match self {
            Allowed::Found(Some(kept)) => kept.version,
            Allowed::Rotated(version) => version.flatten(),
            _ => None,
        }
    }
}

impl Judge {
    pub(super) fn new(scope: Scope) -> Judge {
        Judge {
            states: vec![State::empty(&scope)],
            scope,
            versions: HashSet::new(),
        }
    }

    /// Takes note of an answer; gives the answers that were due, if it is none of them.
    pub(super) fn hear(&mut self, call: &Call, reply: &Reply) -> Result<(), Vec<Allowed>> {
        let (mut after, mut allowed): (Vec<State>, Vec<Allowed>) = (vec![], vec![]);
        for before in &self.states {
            for end in self.ends(before, call, reply, &mut allowed) {
                if !after.contains(&end) {
                    after.push(end);
                }
            }
        }
        if after.is_empty() || self.repeats(call, reply) {
            return Err(allowed);
        }
        self.states = after;
        Ok(())
    }

    /// The states in which the operation can have ended with this answer.
    fn ends(
        &self,
        before: &State,
        call: &Call,
        reply: &Reply,
        allowed: &mut Vec<Allowed>,
    ) -> Vec<State> {
        let mut ends = vec![];
        let mut reached = vec![before.clone()];
        let mut next = 0;
        while let Some(state) = reached.get(next).cloned() {
            for outcome in state.outcomes(0, call, &self.scope) {
                let Some(due) = &outcome.due else {
                    if !reached.contains(&outcome.state) {
                        reached.push(outcome.state);
                    }
                    continue;
                };
                let due = self.allowed(due, &outcome.state);
                // A sweep's number is judged against what was there when it began.
                let counts = next == 0 || !matches!(due, Allowed::Swept { .. });
                if counts && !allowed.contains(&due) {
                    allowed.push(due);
                }
                ends.extend(outcome.given(Some(reply), &self.scope));
            }
            next += 1;
        }
        ends.retain(|end| self.counts(before, end, call, reply));
        ends
    }

    /// Whether a sweep removed as many as it says, no more than it may, and no fewer.
    fn counts(&self, before: &State, end: &State, call: &Call, reply: &Reply) -> bool {
        let (Call::Sweep { now, limit }, Reply::Swept { removed, more }) = (call, reply) else {
            return true;
        };
        let gone = before.stored() - end.stored();
        let drained = end.expired(*now) == 0;
        gone as u64 == *removed
            && limit.is_none_or(|limit| gone <= limit.get())
            && (*more || drained || self.scope.promises.native_expiry)
    }

    /// Whether a store gives a version that a record had before (rule CAS-1).
    fn repeats(&mut self, call: &Call, reply: &Reply) -> bool {
        match (call, reply) {
            (
                Call::Store {
                    expires_at, now, ..
                },
                Reply::Stored(version),
            ) if expires_at.is_none_or(|deadline| deadline > *now) => {
                !self.versions.insert(*version)
            }
            _ => false,
        }
    }

    fn allowed(&self, due: &Due, state: &State) -> Allowed {
        match due {
            Due::Found(place) => Allowed::Found(place.and_then(|place| state.kept(place))),
            Due::Stored(_) => Allowed::Stored,
            Due::Was(was) => Allowed::Was(*was),
            Due::Rotated(place) => {
                let version = |place: usize| state.kept(place).and_then(|kept| kept.version);
                Allowed::Rotated(place.map(version))
            }
            Due::Copied => Allowed::Rotated(Some(None)),
            Due::Refused(refusal) => Allowed::Refused(*refusal),
            Due::Visited(places) if !self.scope.promises.readable_ids => {
                Allowed::Digests(places.len())
            }
            Due::Visited(places) => {
                let ids = places.iter().map(|place| self.scope.ids[*place].clone());
                let mut ids: Vec<String> = ids.collect();
                ids.sort_unstable();
                Allowed::Visited(ids)
            }
            Due::Swept { expired } => Allowed::Swept {
                expired: *expired,
                may_leave: self.scope.promises.native_expiry,
            },
        }
    }
}

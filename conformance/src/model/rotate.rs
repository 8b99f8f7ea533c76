//! Rotates, in one step or in several.

use crate::call::Refusal;
use crate::model::due::Due;
use crate::model::scope::Promises;
use crate::model::state::{Kept, Outcome, State};

/// A rotate that has stored its `to` and not removed its `from` yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HalfRotated {
    lane: usize,
    from: Kept,
    to: Kept,
}

/// A rotate on its way.
pub(super) struct Rotate {
    pub(super) lane: usize,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) now: i64,
}

impl Rotate {
    /// The whole of an atomic one; else a store of `to`, or what may follow it.
    pub(super) fn steps(&self, state: &State, promises: Promises) -> Vec<Outcome> {
        let mut halves = state.half_rotated.iter();
        match halves.find(|half| half.lane == self.lane) {
            Some(half) => self.second_halves(state, *half),
            None => vec![self.first_half(state, promises)],
        }
    }

    fn first_half(&self, state: &State, promises: Promises) -> Outcome {
        let Some(live) = state.live(self.from, self.now) else {
            return state.ends(Due::Rotated(None));
        };
        if state.live(self.to, self.now).is_some() {
            return state.ends(Due::Refused(Refusal::AlreadyExists));
        }
        let version = live.version.filter(|_| promises.rotate_keeps_version);
        let moved = Kept { version, ..live };
        let stored = state.with(self.to, Some(moved));
        if promises.atomic_rotate {
            let due = Due::Rotated(Some(self.to));
            return stored.with(self.from, None).ends(due);
        }
        let mut half = stored;
        half.half_rotated.push(HalfRotated {
            lane: self.lane,
            from: live,
            to: moved,
        });
        Outcome {
            state: half,
            due: None,
        }
    }

    /// Removes `from` if it is still what was copied, or takes `to` back and begins again: neither an
    /// update nor a remove of `from` that succeeded in between is lost (rules ROT-3 and ROT-4). A
    /// driver may begin again although `from` looks as it did, for somebody may have touched it and
    /// touched it back, which only the driver's own token for a record tells.
    fn second_halves(&self, state: &State, half: HalfRotated) -> Vec<Outcome> {
        let mut rest = state.clone();
        rest.half_rotated.retain(|other| *other != half);
        let there = rest.records[self.to].filter(|there| there.payload == half.to.payload);
        let unchanged = rest.records[self.from].is_some_and(|from| from.may_equal(&half.from));
        let removed = unchanged.then(|| {
            let gone = rest.with(self.from, None);
            // Somebody may have stored the same payload there since: only versions tell.
            match there {
                Some(there) if there.version == half.to.version => {
                    gone.ends(Due::Rotated(Some(self.to)))
                }
                _ => gone.ends(Due::Copied),
            }
        });
        let copied = there.is_some_and(|there| {
            let version = half.to.version;
            version.is_none_or(|due| there.at_version(due).is_some())
        });
        let back = Outcome {
            state: match copied {
                true => rest.with(self.to, None),
                false => rest,
            },
            due: None,
        };
        removed.into_iter().chain([back]).collect()
    }
}

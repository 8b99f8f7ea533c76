//! Rotates, in one step or in several.

use crate::call::Refusal;
use crate::model::due::Due;
use crate::model::scope::Promises;
use crate::model::state::{Kept, Outcome, State};

/// A rotate of several steps that has not ended yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HalfRotated {
    lane: usize,
    /// What it has read.
    from: Kept,
    /// What it has stored under `to`.
    copy: Option<Kept>,
}

/// A rotate on its way.
pub(super) struct Rotate {
    pub(super) lane: usize,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) now: i64,
}

impl Rotate {
    /// The whole of an atomic one; else a look at `from`, a store of `to`, or what may follow it.
    pub(super) fn steps(&self, state: &State, promises: Promises) -> Vec<Outcome> {
        let mut halves = state.half_rotated.iter();
        let half = halves.find(|half| half.lane == self.lane).copied();
        match half {
            None => self.begins(state, promises),
            Some(half) => match half.copy {
                None => self.copies(state, half, promises).into_iter().collect(),
                Some(copy) => self.ends_or_takes_back(state, half, copy),
            },
        }
    }

    /// What it finds at one instant is an answer; or else, if it takes several steps, it goes on from
    /// there.
    fn begins(&self, state: &State, promises: Promises) -> Vec<Outcome> {
        let Some(live) = state.live(self.from, self.now) else {
            return vec![state.ends(Due::Rotated(None))];
        };
        let to_is_live = state.live(self.to, self.now).is_some();
        let refused = to_is_live.then(|| state.ends(Due::Refused(Refusal::AlreadyExists)));
        let further = match promises.atomic_rotate {
            true => (!to_is_live).then(|| {
                let stored = state.with(self.to, Some(moved(live, promises)));
                let due = Due::Rotated(Some(self.to));
                stored.with(self.from, None).ends(due)
            }),
            false => {
                let read = HalfRotated {
                    lane: self.lane,
                    from: live,
                    copy: None,
                };
                Some(goes_on(state.clone(), Some(read)))
            }
        };
        refused.into_iter().chain(further).collect()
    }

    /// Stores what was read, whatever became of `from` since: both ids may be live for a moment, and
    /// nothing says when it begins. Not while `to` is live.
    fn copies(&self, state: &State, half: HalfRotated, promises: Promises) -> Option<Outcome> {
        if state.live(self.to, self.now).is_some() {
            return None;
        }
        let copy = Some(moved(half.from, promises));
        let mut stored = state.with(self.to, copy);
        stored.half_rotated.retain(|other| *other != half);
        Some(goes_on(stored, Some(HalfRotated { copy, ..half })))
    }

    /// Removes `from` if it is still what was read, or takes the copy back and begins again: neither
    /// an update nor a remove of `from` that succeeded in between is lost (rules ROT-3 and ROT-4). A
    /// driver may begin again although `from` looks as it did, for somebody may have touched it and
    /// touched it back, which only the driver's own token for a record tells.
    fn ends_or_takes_back(&self, state: &State, half: HalfRotated, copy: Kept) -> Vec<Outcome> {
        let mut rest = state.clone();
        rest.half_rotated.retain(|other| *other != half);
        let there = rest.records[self.to].filter(|there| there.payload == copy.payload);
        let unchanged = rest.records[self.from].is_some_and(|from| from.may_equal(&half.from));
        let removed = unchanged.then(|| {
            let gone = rest.with(self.from, None);
            // Somebody may have stored the same payload there since: only versions tell.
            match there {
                Some(there) if there.version == copy.version => {
                    gone.ends(Due::Rotated(Some(self.to)))
                }
                _ => gone.ends(Due::Copied),
            }
        });
        let is_the_copy = there.is_some_and(|there| {
            let version = copy.version;
            version.is_none_or(|due| there.at_version(due).is_some())
        });
        let back = match is_the_copy {
            true => rest.with(self.to, None),
            false => rest,
        };
        removed.into_iter().chain([goes_on(back, None)]).collect()
    }
}

/// The record as it is at its new id.
fn moved(record: Kept, promises: Promises) -> Kept {
    let version = record.version.filter(|_| promises.rotate_keeps_version);
    Kept { version, ..record }
}

/// A step that is not the last.
fn goes_on(mut state: State, half: Option<HalfRotated>) -> Outcome {
    state.half_rotated.extend(half);
    Outcome { state, due: None }
}

//! Rotates, in one step or in several.

use crate::call::Refusal;
use crate::model::due::Due;
use crate::model::scope::Promises;
use crate::model::state::{Kept, Outcome, State};

/// A rotate of several steps that has not ended yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HalfRotated {
    lane: usize,
    to: usize,
    /// What it has read.
    from: Kept,
    copy: Copied,
}

/// Whether a rotate's copy is under `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Copied {
    NotYet,
    /// As it was stored, or touched since.
    There,
    /// It was removed, and something else may be there.
    Replaced,
}

impl HalfRotated {
    /// Takes note that what was at this place is not there any more.
    pub(super) fn lose(&mut self, place: usize) {
        if self.to == place && self.copy == Copied::There {
            self.copy = Copied::Replaced;
        }
    }
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
            Some(half) if half.copy == Copied::NotYet => {
                self.copies(state, half, promises).into_iter().collect()
            }
            Some(half) => self.ends_or_takes_back(state, half, promises),
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
            false => (self.from != self.to).then(|| {
                let read = HalfRotated {
                    lane: self.lane,
                    to: self.to,
                    from: live,
                    copy: Copied::NotYet,
                };
                goes_on(state.clone(), Some(read))
            }),
        };
        refused.into_iter().chain(further).collect()
    }

    /// Stores what was read, whatever became of `from` since: both ids may be live for a moment, and
    /// nothing says when it begins. Not while `to` is live.
    fn copies(&self, state: &State, half: HalfRotated, promises: Promises) -> Option<Outcome> {
        if state.live(self.to, self.now).is_some() {
            return None;
        }
        let mut stored = state.with(self.to, Some(moved(half.from, promises)));
        stored.half_rotated.retain(|other| *other != half);
        let copied = HalfRotated {
            copy: Copied::There,
            ..half
        };
        Some(goes_on(stored, Some(copied)))
    }

    /// Removes `from` if it is still what was read, or takes the copy back and begins again: neither
    /// an update nor a remove of `from` that succeeded in between is lost (rules ROT-3 and ROT-4). A
    /// driver may begin again although `from` looks as it did, for somebody may have touched it and
    /// touched it back, which only the driver's own token for a record tells.
    fn ends_or_takes_back(
        &self,
        state: &State,
        half: HalfRotated,
        promises: Promises,
    ) -> Vec<Outcome> {
        let mut rest = state.clone();
        rest.half_rotated.retain(|other| *other != half);
        let unchanged = rest.records[self.from].is_some_and(|from| from.may_equal(&half.from));
        let removed = unchanged.then(|| {
            let gone = rest.with(self.from, None);
            gone.ends(match half.copy {
                Copied::There => Due::Rotated(Some(self.to)),
                _ => Due::Copied,
            })
        });
        let taken = || goes_on(rest.with(self.to, None), None);
        let mut further = match half.copy {
            Copied::There => vec![taken()],
            _ => vec![goes_on(rest.clone(), None)],
        };
        // The copy came back, from where somebody had rotated it: who knows it by the version that
        // it kept takes it back all the same.
        let version = moved(half.from, promises).version;
        let there = rest.records[self.to].filter(|there| there.payload == half.from.payload);
        if half.copy == Copied::Replaced
            && version.is_some()
            && there.is_some_and(|there| there.version == version)
        {
            further.push(taken());
        }
        removed.into_iter().chain(further).collect()
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

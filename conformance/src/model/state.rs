//! What is stored, and what an operation may make of it.

use crate::call::{Call, Payload, Refusal, When};
use crate::model::due::Due;
use crate::model::rotate::{HalfRotated, Rotate};
use crate::model::scope::Scope;

/// What is stored under each id of a scope, and the rotates that are half done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(super) records: Vec<Option<Kept>>,
    pub(super) half_rotated: Vec<HalfRotated>,
}

/// A record. Its version is `None` until somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kept {
    pub(crate) payload: Payload,
    pub(crate) expires_at: Option<i64>,
    pub(crate) version: Option<u64>,
}

/// A state that a step of an operation leaves behind, and the answer that is due with it; `None`
/// when the operation has not ended yet.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) state: State,
    pub(crate) due: Option<Due>,
}

impl Kept {
    pub(super) fn is_live(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|deadline| now < deadline)
    }

    /// The record, with the version `seen`, if it can have that.
    pub(super) fn at_version(self, seen: u64) -> Option<Kept> {
        let version = Some(seen);
        (self.version.is_none() || self.version == version).then_some(Kept { version, ..self })
    }

    /// Whether the two can be the same.
    pub(super) fn may_equal(&self, other: &Kept) -> bool {
        let unknown = self.version.is_none() || other.version.is_none();
        (self.payload, self.expires_at) == (other.payload, other.expires_at)
            && (unknown || self.version == other.version)
    }
}

impl State {
    /// Where all ids are absent.
    pub(crate) fn empty(scope: &Scope) -> State {
        State {
            records: vec![None; scope.ids.len()],
            half_rotated: vec![],
        }
    }

    /// The steps that the operation may take next, `lane` being who asks.
    pub(crate) fn outcomes(&self, lane: usize, call: &Call, scope: &Scope) -> Vec<Outcome> {
        let mut outcomes = self.discards(call, scope);
        match call {
            Call::Retrieve { id, now } => {
                let place = scope.place(id);
                let live = self.live(place, *now).is_some();
                outcomes.push(self.ends(Due::Found(live.then_some(place))));
            }
            Call::Store {
                id,
                payload,
                expires_at,
                when,
                now,
            } => {
                let new = Kept {
                    payload: *payload,
                    expires_at: *expires_at,
                    version: None,
                };
                outcomes.extend(self.stores(scope.place(id), new, *when, *now));
            }
            Call::Touch {
                id,
                expires_at,
                now,
            } => outcomes.push(self.touched(scope.place(id), *expires_at, *now)),
            Call::Remove { id, now } => {
                let place = scope.place(id);
                let was = self.live(place, *now).is_some();
                outcomes.push(self.with(place, None).ends(Due::Was(was)));
            }
            Call::Rotate { from, to, now } => {
                let (from, to) = (scope.place(from), scope.place(to));
                let rotate = Rotate {
                    lane,
                    from,
                    to,
                    now: *now,
                };
                outcomes.extend(rotate.steps(self, scope.promises));
            }
            Call::Traverse { now } => {
                let places = 0..self.records.len();
                let live = places.filter(|place| self.live(*place, *now).is_some());
                outcomes.push(self.ends(Due::Visited(live.collect())));
            }
            Call::Sweep { now, .. } => {
                let expired = self.expired(*now);
                outcomes.push(self.ends(Due::Swept { expired }));
            }
        }
        outcomes
    }

    /// How many records are stored, live or not.
    pub(crate) fn stored(&self) -> usize {
        self.records.iter().flatten().count()
    }

    /// The record under the id with this place, live or not.
    pub(crate) fn kept(&self, place: usize) -> Option<Kept> {
        self.records[place]
    }

    /// How many of them are expired.
    pub(crate) fn expired(&self, now: i64) -> usize {
        let records = self.records.iter().flatten();
        records.filter(|kept| !kept.is_live(now)).count()
    }

    pub(super) fn live(&self, place: usize, now: i64) -> Option<Kept> {
        self.records[place].filter(|kept| kept.is_live(now))
    }

    /// The state with something else at a place, or nothing.
    pub(super) fn with(&self, place: usize, record: Option<Kept>) -> State {
        let mut state = self.revised(place, record);
        for half in &mut state.half_rotated {
            half.lose(place);
        }
        state
    }

    /// The state with the same record at a place, of which something is other or known.
    pub(super) fn revised(&self, place: usize, record: Option<Kept>) -> State {
        let mut state = self.clone();
        state.records[place] = record;
        state
    }

    pub(super) fn ends(&self, due: Due) -> Outcome {
        Outcome {
            state: self.clone(),
            due: Some(due),
        }
    }

    /// "An operation given `now >= expires_at` may discard the record for good": one step for each
    /// record, since nothing says that two are discarded at one instant.
    fn discards(&self, call: &Call, scope: &Scope) -> Vec<Outcome> {
        let named: Vec<usize> = match call {
            Call::Traverse { .. } | Call::Sweep { .. } => (0..self.records.len()).collect(),
            _ => call.ids().into_iter().map(|id| scope.place(id)).collect(),
        };
        let expired =
            |place: &usize| self.records[*place].is_some_and(|kept| !kept.is_live(call.now()));
        let discarded = named.into_iter().filter(expired).map(|place| Outcome {
            state: self.with(place, None),
            due: None,
        });
        discarded.collect()
    }

    fn stores(&self, place: usize, new: Kept, when: When, now: i64) -> Vec<Outcome> {
        let live = self.live(place, now);
        let stored = || {
            let kept = Some(new).filter(|record| record.is_live(now));
            let due = Due::Stored(kept.map(|_| place));
            self.with(place, kept).ends(due)
        };
        let refused = |refusal| self.ends(Due::Refused(refusal));
        match (when, live) {
            (When::Any, _) | (When::Absent, None) | (When::Present, Some(_)) => vec![stored()],
            (When::Absent, Some(_)) => vec![refused(Refusal::AlreadyExists)],
            (When::Present | When::Version(_), None) => vec![refused(Refusal::NotFound)],
            (When::Version(due), Some(kept)) => match kept.version {
                Some(version) if version == due => vec![stored()],
                Some(_) => vec![refused(Refusal::Conflict)],
                None => vec![stored(), refused(Refusal::Conflict)],
            },
        }
    }

    fn touched(&self, place: usize, expires_at: Option<i64>, now: i64) -> Outcome {
        let Some(kept) = self.live(place, now) else {
            return self.ends(Due::Was(false));
        };
        let moved = Kept { expires_at, ..kept };
        let after = match moved.is_live(now) {
            true => self.revised(place, Some(moved)),
            false => self.with(place, None),
        };
        after.ends(Due::Was(true))
    }
}

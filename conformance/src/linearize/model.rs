//! What one operation may do to a few ids, and answer.

use crate::call::{Call, Payload, Refusal, Reply, Seen, When};
use crate::linearize::history::{Event, History};

/// What is stored under each id of a history, and the rotates that are half done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    records: Vec<Option<Kept>>,
    half_rotated: Vec<HalfRotated>,
}

/// A record. Its version is `None` until somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kept {
    payload: Payload,
    expires_at: Option<i64>,
    version: Option<u64>,
}

/// A rotate that has stored its `to` and not removed its `from` yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct HalfRotated {
    lane: usize,
    from: Kept,
    to: Kept,
}

/// A state that an operation may leave behind, and whether the operation has ended with it.
pub(crate) type Next = (State, Done);

/// Whether an operation has ended.
pub(crate) type Done = bool;

impl Kept {
    fn is_live(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|deadline| now < deadline)
    }

    /// The record, with the version `seen`, if it can have that.
    fn at_version(self, seen: u64) -> Option<Kept> {
        let version = Some(seen);
        (self.version.is_none() || self.version == version).then_some(Kept { version, ..self })
    }

    /// Whether the two can be the same.
    fn may_equal(&self, other: &Kept) -> bool {
        let unknown = self.version.is_none() || other.version.is_none();
        (self.payload, self.expires_at) == (other.payload, other.expires_at)
            && (unknown || self.version == other.version)
    }
}

impl State {
    /// Where all ids are absent.
    pub(crate) fn empty(history: &History) -> State {
        State {
            records: vec![None; history.ids.len()],
            half_rotated: vec![],
        }
    }

    /// The states that `event`, the next of its lane, may lead to; none if its answer is impossible
    /// here.
    pub(crate) fn after(&self, lane: usize, event: &Event, history: &History) -> Vec<Next> {
        let reply = event.answered.as_ref().map(|(_, reply)| reply);
        let place = |id: &str| {
            history
                .ids
                .iter()
                .position(|known| known == id)
                .unwrap_or(0)
        };
        let states = match &event.call {
            Call::Retrieve { id, now } => self.retrieved(place(id), *now, reply),
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
                self.stored(place(id), new, *when, *now, reply)
            }
            Call::Touch {
                id,
                expires_at,
                now,
            } => self.touched(place(id), *expires_at, *now, reply),
            Call::Remove { id, now } => self.removed(place(id), *now, reply),
            Call::Sweep { now } => self.discarding_all(*now),
            Call::Rotate { from, to, now } => {
                let rotate = Rotate {
                    lane,
                    from: place(from),
                    to: place(to),
                    now: *now,
                    reply,
                };
                return rotate.after(self, history);
            }
        };
        states.into_iter().map(|state| (state, true)).collect()
    }

    fn live(&self, place: usize, now: i64) -> Option<Kept> {
        self.records[place].filter(|kept| kept.is_live(now))
    }

    fn with(&self, place: usize, record: Option<Kept>) -> State {
        let mut state = self.clone();
        state.records[place] = record;
        state
    }

    /// This state, and the one in which what is expired under `place` was discarded, which any
    /// operation may do.
    fn discarding(&self, place: usize, now: i64) -> Vec<State> {
        let mut states = vec![self.clone()];
        if self.records[place].is_some_and(|kept| !kept.is_live(now)) {
            states.push(self.with(place, None));
        }
        states
    }

    fn discarding_all(&self, now: i64) -> Vec<State> {
        let all = 0..self.records.len();
        all.fold(vec![self.clone()], |states, place| {
            let further = states.iter().flat_map(|state| state.discarding(place, now));
            further.collect()
        })
    }

    fn retrieved(&self, place: usize, now: i64, reply: Option<&Reply>) -> Vec<State> {
        match (self.live(place, now), reply) {
            (Some(kept), Some(Reply::Found(Some(seen)))) => {
                let Seen {
                    payload,
                    expires_at,
                    version,
                } = *seen;
                let read = (payload, expires_at) == (Some(kept.payload), kept.expires_at);
                let known = kept.at_version(version).filter(|_| read);
                known
                    .map(|kept| self.with(place, Some(kept)))
                    .into_iter()
                    .collect()
            }
            (None, Some(Reply::Found(None))) => self.discarding(place, now),
            (_, Some(_)) => vec![],
            (_, None) => self.discarding(place, now),
        }
    }

    fn stored(
        &self,
        place: usize,
        new: Kept,
        when: When,
        now: i64,
        reply: Option<&Reply>,
    ) -> Vec<State> {
        let live = self.live(place, now);
        let (may_hold, refusal) = match (when, live) {
            (When::Any, _) => (true, None),
            (When::Absent, None) | (When::Present, Some(_)) => (true, None),
            (When::Absent, Some(_)) => (false, Some(Refusal::AlreadyExists)),
            (When::Present | When::Version(_), None) => (false, Some(Refusal::NotFound)),
            (When::Version(due), Some(kept)) if kept.version == Some(due) => (true, None),
            (When::Version(_), Some(kept)) => (kept.version.is_none(), Some(Refusal::Conflict)),
        };
        let kept = |version| {
            let record = Kept { version, ..new };
            self.with(place, Some(record).filter(|record| record.is_live(now)))
        };
        match reply {
            Some(Reply::Stored(version)) if may_hold => vec![kept(Some(*version))],
            Some(Reply::Refused(seen, _)) if refusal == Some(*seen) => self.discarding(place, now),
            Some(_) => vec![],
            None => {
                let mut states = self.discarding(place, now);
                if may_hold {
                    states.push(kept(None));
                }
                states
            }
        }
    }

    fn touched(
        &self,
        place: usize,
        expires_at: Option<i64>,
        now: i64,
        reply: Option<&Reply>,
    ) -> Vec<State> {
        let moved = self.live(place, now).map(|kept| {
            let moved = Kept { expires_at, ..kept };
            self.with(place, Some(moved).filter(|moved| moved.is_live(now)))
        });
        match (moved, reply) {
            (Some(moved), Some(Reply::Was(true))) => vec![moved],
            (Some(moved), None) => vec![self.clone(), moved],
            (None, Some(Reply::Was(false)) | None) => self.discarding(place, now),
            _ => vec![],
        }
    }

    fn removed(&self, place: usize, now: i64, reply: Option<&Reply>) -> Vec<State> {
        let was = self.live(place, now).is_some();
        match reply {
            Some(Reply::Was(said)) if *said == was => vec![self.with(place, None)],
            Some(_) => vec![],
            None => vec![self.clone(), self.with(place, None)],
        }
    }
}

/// A rotate on its way.
struct Rotate<'a> {
    lane: usize,
    from: usize,
    to: usize,
    now: i64,
    reply: Option<&'a Reply>,
}

impl Rotate<'_> {
    fn after(&self, state: &State, history: &History) -> Vec<Next> {
        let mut halves = state.half_rotated.iter();
        if let Some(half) = halves.find(|half| half.lane == self.lane) {
            return self.second_half(state, *half);
        }
        let Some(live) = state.live(self.from, self.now) else {
            return match self.reply {
                Some(Reply::Rotated(None)) | None => {
                    let states = state.discarding(self.from, self.now);
                    let both = |state: State| state.discarding(self.to, self.now);
                    states
                        .into_iter()
                        .flat_map(both)
                        .map(|state| (state, true))
                        .collect()
                }
                Some(_) => vec![],
            };
        };
        if state.live(self.to, self.now).is_some() {
            return match self.reply {
                Some(Reply::Refused(Refusal::AlreadyExists, _)) | None => {
                    vec![(state.clone(), true)]
                }
                Some(_) => vec![],
            };
        }
        let version = live.version.filter(|_| history.rotate_keeps_version);
        let moved = Kept { version, ..live };
        match (history.atomic_rotate, self.reply) {
            (true, Some(Reply::Rotated(Some(version)))) => moved
                .at_version(*version)
                .map(|moved| (self.moved(state, moved), true))
                .into_iter()
                .collect(),
            (true, Some(_)) => vec![],
            (true, None) => vec![(self.moved(state, moved), true), (state.clone(), true)],
            (false, _) => {
                let mut half = state.with(self.to, Some(moved));
                let (lane, from, to) = (self.lane, live, moved);
                half.half_rotated.push(HalfRotated { lane, from, to });
                vec![(half, false)]
            }
        }
    }

    fn moved(&self, state: &State, record: Kept) -> State {
        state.with(self.from, None).with(self.to, Some(record))
    }

    /// Removes `from` if it is still what was copied; else takes `to` back and begins again:
    /// neither an update nor a remove of `from` that succeeded in between is lost (rules ROT-3 and
    /// ROT-4).
    fn second_half(&self, state: &State, half: HalfRotated) -> Vec<Next> {
        let mut rest = state.clone();
        rest.half_rotated.retain(|other| *other != half);
        let there = rest.records[self.to];
        let still_copied = there.filter(|there| there.payload == half.to.payload);
        let unchanged = rest.records[self.from].is_some_and(|from| from.may_equal(&half.from));
        if !unchanged {
            let same_store = still_copied.is_some_and(|there| {
                half.to
                    .version
                    .is_none_or(|due| there.at_version(due).is_some())
            });
            let back = if same_store {
                rest.with(self.to, None)
            } else {
                rest
            };
            return vec![(back, false)];
        }
        let gone = rest.with(self.from, None);
        match self.reply {
            None => vec![(gone, true)],
            Some(Reply::Rotated(Some(version))) => match still_copied {
                Some(there) => match there.at_version(*version) {
                    Some(known) => vec![(gone.with(self.to, Some(known)), true)],
                    None => vec![(gone, true)],
                },
                None => vec![(gone, true)],
            },
            Some(_) => vec![],
        }
    }
}

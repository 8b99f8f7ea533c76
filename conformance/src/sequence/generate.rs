//! Makes random programs.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use session_driver::Capabilities;

use crate::call::{Call, Payload, When};
use crate::hostile::{ALIKE, hostile_ids};
use crate::sequence::program::{Act, Hand, Program, Step};
use crate::workload::NOW;

/// The payloads' lengths: none, short, longer than what a record began with, several pages.
const LENGTHS: [usize; 6] = [0, 8, 64, 504, 4_096, 12_288];

/// How far one instant lies from another, in milliseconds: often not at all, and never so far that a
/// native TTL could play a part.
const STEPS: [i64; 7] = [0, 0, 1, 1, 2, 500, 5_000];

/// The kinds of steps.
const KINDS: [Kind; 8] = [
    Kind::Retrieve,
    Kind::Store,
    Kind::Touch,
    Kind::Remove,
    Kind::Rotate,
    Kind::Traverse,
    Kind::Sweep,
    Kind::Reopen,
];

/// How much more often one kind of step comes than another.
const WEIGHTS: [usize; 4] = [0, 1, 2, 4];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Retrieve,
    Store,
    Touch,
    Remove,
    Rotate,
    Traverse,
    Sweep,
    Reopen,
}

/// The chapters of a program: what it costs to make a backend, which some drivers do slowly, is
/// shared by them.
const CHAPTERS: u32 = 8;

/// A program for drivers that declare these capabilities; the same for the same seed.
pub(super) fn program(seed: u64, capabilities: &Capabilities) -> Program {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut steps = vec![];
    for _ in 0..CHAPTERS {
        let mut author = Author::new(rng.fork(), steps, capabilities);
        author.write_chapter();
        steps = author.steps;
    }
    Program { steps }
}

/// A few ids: plain, hostile, or such that a careless driver takes one for another.
fn ids(rng: &mut fastrand::Rng) -> Vec<String> {
    let mut ids: Vec<String> = match rng.u8(..3) {
        0 => ["a", "b", "c"].map(String::from).into(),
        1 => hostile_ids().iter().map(|id| id.as_str().into()).collect(),
        _ => {
            let alike = ALIKE[rng.usize(..ALIKE.len())];
            alike.iter().map(ToString::to_string).collect()
        }
    };
    rng.shuffle(&mut ids);
    ids.truncate([2, 2, 3, 4][rng.usize(..4)]);
    ids
}

/// Writes a chapter, step by step.
///
/// Each chapter has ids of its own, its own mixture of steps, in which some kinds are missing, and a
/// clock that stands still, goes on and goes back, or does not move at all: a program that does a
/// little of everything undoes too much of what it does (Groce and others, "Swarm testing", 2012).
struct Author<'a> {
    rng: fastrand::Rng,
    ids: Vec<String>,
    mixture: Vec<Kind>,
    clock_moves: bool,
    now: i64,
    /// The deadlines so far, the last first.
    deadlines: VecDeque<i64>,
    steps: Vec<Step>,
    capabilities: &'a Capabilities,
}

impl Author<'_> {
    fn new(mut rng: fastrand::Rng, steps: Vec<Step>, capabilities: &Capabilities) -> Author<'_> {
        let weighted = KINDS.map(|kind| (kind, WEIGHTS[rng.usize(..WEIGHTS.len())]));
        let mixture = weighted
            .iter()
            .flat_map(|(kind, weight)| vec![*kind; *weight]);
        Author {
            ids: ids(&mut rng),
            // Without a store there is nothing to see.
            mixture: mixture.chain([Kind::Store, Kind::Store]).collect(),
            clock_moves: rng.u8(..4) > 0,
            now: NOW.as_millis(),
            deadlines: VecDeque::new(),
            steps,
            capabilities,
            rng,
        }
    }

    /// Some steps, then a look at what is left, for those, too, whose clock is behind; in the end all
    /// is absent again.
    fn write_chapter(&mut self) {
        for _ in 0..self.rng.u8(8..48) {
            self.write();
        }
        let last = self.now;
        for now in [last, last.min(NOW.as_millis()) - 5_000] {
            for id in self.ids.clone() {
                self.perform(Call::Retrieve { id, now });
            }
            self.perform(Call::Traverse { now });
        }
        for id in self.ids.clone() {
            let now = NOW.as_millis();
            self.perform(Call::Remove { id, now });
        }
    }

    fn write(&mut self) {
        if self.clock_moves {
            self.now = match self.rng.u8(..8) {
                0..3 => self.now,
                3..5 => self.near(self.now),
                5..7 => self.about_a_deadline(),
                _ => NOW.as_millis(),
            };
        }
        let (id, now) = (self.id(), self.now);
        let call = match self.mixture[self.rng.usize(..self.mixture.len())] {
            // Seldom: to open may take a thousand times as long as anything else.
            Kind::Reopen if self.capabilities.persistent && self.rng.u8(..8) == 0 => {
                return self.push(Act::Reopen);
            }
            Kind::Retrieve | Kind::Reopen => Call::Retrieve { id, now },
            Kind::Store => self.store(id),
            Kind::Touch => Call::Touch {
                id,
                expires_at: self.deadline(),
                now,
            },
            Kind::Remove => Call::Remove { id, now },
            Kind::Rotate => Call::Rotate {
                to: self.id_but(&id),
                from: id,
                now,
            },
            Kind::Sweep => Call::Sweep {
                now,
                limit: NonZeroUsize::new(self.rng.usize(..3)),
            },
            Kind::Traverse => Call::Traverse { now },
        };
        self.perform(call.clone());
        if self.rng.bool() {
            for id in call.ids() {
                let (id, now) = (id.into(), self.now);
                self.perform(Call::Retrieve { id, now });
            }
        }
    }

    fn store(&mut self, id: String) -> Call {
        let stores = self
            .steps
            .iter()
            .rev()
            .filter_map(|step| match step.call() {
                Some(Call::Store { .. } | Call::Rotate { .. }) => Some(step.label),
                _ => None,
            });
        let stores: Vec<u64> = stores.take(3).collect();
        let when = match self.rng.u8(..8) {
            0..3 => When::Any,
            3 => When::Absent,
            4 => When::Present,
            _ => match stores.get(self.rng.usize(..3)) {
                Some(label) => When::Version(*label),
                None => When::Any,
            },
        };
        let length = LENGTHS[self.rng.usize(..LENGTHS.len())];
        let length = length.min(self.capabilities.max_payload_bytes);
        Call::Store {
            id,
            payload: Payload::new(self.next_label(), length),
            expires_at: self.deadline(),
            when,
            now: self.now,
        }
    }

    fn id(&mut self) -> String {
        self.ids[self.rng.usize(..self.ids.len())].clone()
    }

    /// Another id, and the same one now and then.
    fn id_but(&mut self, id: &str) -> String {
        match self.rng.u8(..8) {
            0 => id.into(),
            _ => loop {
                let other = self.id();
                if other != id {
                    return other;
                }
            },
        }
    }

    /// An instant about this one, the past as likely as the future.
    fn near(&mut self, instant: i64) -> i64 {
        let step = STEPS[self.rng.usize(..STEPS.len())];
        instant + if self.rng.bool() { step } else { -step }
    }

    /// The first instant at which a record is dead, the last at which it lives, or the next.
    fn about_a_deadline(&mut self) -> i64 {
        match self.deadlines.get(self.rng.usize(..4)) {
            Some(deadline) => deadline + [-1, 0, 0, 1][self.rng.usize(..4)],
            None => self.now,
        }
    }

    fn deadline(&mut self) -> Option<i64> {
        let deadline = match self.rng.u8(..8) {
            0..3 => return None,
            3 => self.near(self.now),
            4..7 => self.now + STEPS[self.rng.usize(..STEPS.len())],
            _ => self.now + 30_000,
        };
        self.deadlines.push_front(deadline);
        Some(deadline)
    }

    fn perform(&mut self, call: Call) {
        let by = match self.rng.u8(..3) {
            0 => Hand::Other,
            _ => Hand::First,
        };
        self.push(Act::Call { by, call });
    }

    fn push(&mut self, act: Act) {
        let label = self.next_label();
        self.steps.push(Step { label, act });
    }

    fn next_label(&self) -> u64 {
        1 + self.steps.len() as u64
    }
}

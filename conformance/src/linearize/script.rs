//! Random operations on a few ids.

use crate::call::{Call, Payload, Reply, When};
use crate::workload::NOW;

/// The payloads' lengths: none, short, and longer than what a record began with.
const LENGTHS: [usize; 5] = [8, 0, 64, 4096, 24];

/// Deadlines, in milliseconds after [`NOW`].
const DEADLINES: [Option<i64>; 4] = [None, Some(1_000), Some(40_000), None];

/// Makes operations for one lane.
#[derive(Debug)]
pub(crate) struct Script {
    rng: fastrand::Rng,
    ids: Vec<String>,
    mark: u64,
    versions: Vec<u64>,
}

impl Script {
    /// Operations on `ids`; the marks of its payloads begin at `mark`.
    pub(crate) fn new(seed: u64, ids: Vec<String>, mark: u64) -> Script {
        Script {
            rng: fastrand::Rng::with_seed(seed ^ mark),
            ids,
            mark,
            versions: vec![],
        }
    }

    /// The next operation: any, most of them at one instant, some before and after.
    pub(crate) fn next(&mut self) -> Call {
        let now = NOW.as_millis() + [0, 0, 0, 0, 0, 0, -500, 2_000][self.rng.usize(..8)];
        let id = self.id();
        match self.rng.u8(..16) {
            0..4 => Call::Retrieve { id, now },
            4..9 => self.store(id, now),
            9..11 => Call::Touch {
                id,
                expires_at: self.deadline(),
                now,
            },
            11..13 => Call::Remove { id, now },
            13..15 => Call::Rotate {
                from: id,
                to: self.id(),
                now,
            },
            _ => Call::Sweep { now, limit: None },
        }
    }

    /// Takes note of the versions in an answer, for stores to come.
    pub(crate) fn learn(&mut self, reply: &Reply) {
        match reply {
            Reply::Found(Some(seen)) => self.versions.push(seen.version),
            Reply::Stored(version) | Reply::Rotated(Some(version)) => self.versions.push(*version),
            _ => {}
        }
    }

    fn store(&mut self, id: String, now: i64) -> Call {
        self.mark += 1;
        let when = match (self.rng.u8(..8), self.versions.last()) {
            (0..3, _) => When::Any,
            (3, _) => When::Absent,
            (4, _) => When::Present,
            (_, Some(version)) => When::Version(*version),
            (_, None) => When::Present,
        };
        Call::Store {
            id,
            payload: Payload::new(self.mark, LENGTHS[self.rng.usize(..LENGTHS.len())]),
            expires_at: self.deadline(),
            when,
            now,
        }
    }

    fn id(&mut self) -> String {
        self.ids[self.rng.usize(..self.ids.len())].clone()
    }

    fn deadline(&mut self) -> Option<i64> {
        let millis = DEADLINES[self.rng.usize(..DEADLINES.len())];
        millis.map(|millis| NOW.as_millis() + millis)
    }
}

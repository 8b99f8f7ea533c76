//! What each layer adds to a call of the memory driver, with payloads of 1 KiB that never repeat:
//! `cargo bench -p session-driver-layers --bench layers`.
//!
//! Each round measures every layer once, one after the other, so that a noisy machine disturbs all
//! alike; what is compared is each with the bare driver in its round.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::hint::black_box;
use std::time::Instant;

use session_driver_layers::session_driver::{
    MemoryDriver, NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};
use session_driver_layers::{Encrypted, Hashed, Key, KeyRing, Traced};

const ROUNDS: usize = 301;
const BATCH: usize = 200;
const SESSIONS: usize = 1_000;
const PAYLOAD_LEN: usize = 1024;
const NOW: Timestamp = Timestamp::MIN;

#[derive(Clone, Copy, Debug)]
enum Operation {
    Retrieve,
    /// On Absent, under a new id.
    Create,
    /// At whatever version is there.
    Save,
    Touch,
}

/// A driver with a thousand sessions.
struct Field {
    driver: Box<dyn SessionDriver>,
    ids: Vec<SessionId>,
    count: u64,
}

impl Field {
    fn new(driver: impl SessionDriver + 'static) -> Field {
        let ids = (0..SESSIONS).map(|_| SessionId::generate().expect("an id"));
        let mut field = Field {
            driver: Box::new(driver),
            ids: ids.collect(),
            count: 0,
        };
        for _ in 0..SESSIONS {
            let id = field.ids[field.count as usize].clone();
            field.store(&id, Precondition::Absent);
        }
        field
    }

    fn store(&mut self, id: &SessionId, when: Precondition) {
        self.count += 1;
        let mut payload = [b'x'; PAYLOAD_LEN];
        payload[..8].copy_from_slice(&self.count.to_le_bytes());
        let record = NewRecord {
            payload: &payload,
            expires_at: None,
        };
        let stored = self.driver.store(id, record, when, NOW);
        black_box(stored.expect("a store"));
    }

    /// Microseconds for one call.
    fn time(&mut self, operation: Operation) -> f64 {
        let fresh: Vec<SessionId> = match operation {
            Operation::Create => {
                let ids = (0..BATCH).map(|_| SessionId::generate().expect("an id"));
                ids.collect()
            }
            _ => {
                let first = self.count as usize;
                let ids = (first..first + BATCH).map(|number| &self.ids[number % SESSIONS]);
                ids.cloned().collect()
            }
        };
        let begin = Instant::now();
        for id in &fresh {
            match operation {
                Operation::Retrieve => {
                    let found = self.driver.retrieve(id, NOW).expect("a read");
                    assert_eq!(found.expect("live").payload.len(), PAYLOAD_LEN);
                }
                Operation::Create => self.store(id, Precondition::Absent),
                Operation::Save => self.store(id, Precondition::Present),
                Operation::Touch => assert!(self.driver.touch(id, None, NOW).expect("a touch")),
            }
        }
        let took = begin.elapsed().as_secs_f64() * 1e6 / BATCH as f64;
        if let Operation::Create = operation {
            for id in &fresh {
                assert!(self.driver.remove(id, NOW).expect("a remove"));
            }
        }
        took
    }
}

fn main() {
    let keys = || KeyRing::new(Key::new(1, &[1; 32]));
    let all = Hashed::new(Encrypted::new(MemoryDriver::new(), keys()));
    let mut fields = [
        ("the memory driver", Field::new(MemoryDriver::new())),
        (
            "Traced",
            Field::new(Traced::new(MemoryDriver::new(), "memory")),
        ),
        ("Hashed", Field::new(Hashed::new(MemoryDriver::new()))),
        (
            "Encrypted",
            Field::new(Encrypted::new(MemoryDriver::new(), keys())),
        ),
        ("all three", Field::new(Traced::new(all, "memory"))),
    ];
    println!("medians of {ROUNDS} rounds, payloads of 1 KiB; nobody listens to what Traced tells");
    for operation in [
        Operation::Retrieve,
        Operation::Create,
        Operation::Save,
        Operation::Touch,
    ] {
        println!(
            "\n{:<20}{:>10}{:>12}",
            format!("{operation:?}"),
            "µs a call",
            "µs added"
        );
        let mut times = vec![vec![]; fields.len()];
        for _ in 0..ROUNDS {
            for ((_, field), times) in fields.iter_mut().zip(&mut times) {
                times.push(field.time(operation));
            }
        }
        for ((name, _), own) in fields.iter().zip(&times) {
            let added = own.iter().zip(&times[0]).map(|(own, bare)| own - bare);
            let (time, added) = (median(own.iter().copied()), median(added));
            println!("{name:<20}{time:>10.2}{added:>12.2}");
        }
    }
}

fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut samples: Vec<f64> = samples.collect();
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

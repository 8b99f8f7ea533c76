//! The driver against bare redis-rs on a server of its own, measured in pairs so that a noisy
//! machine disturbs both sides alike: `cargo bench -p session-driver-redis --bench ratios`.
//!
//! The floor is one `redis::Connection` with `GET` and `SET key value PX` of 1 KiB, over the same
//! unix socket or loopback port. No payload is ever stored twice.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::time::{Duration, Instant};

use redis_test_server::{Options, Server, installed_or_skip};
use session_driver_redis::RedisDriver;
use session_driver_redis::session_driver::{
    NewRecord, Precondition, SessionDriver, SessionId, Timestamp, Version,
};

/// Rounds of one pair; each round times a batch of both sides.
const ROUNDS: usize = 301;
const BATCH: u32 = 50;

const PAYLOAD_BYTES: usize = 1024;
const SESSIONS: usize = 100;

struct Pair {
    name: &'static str,
    driver: fn(&Field),
    other: fn(&Field),
    /// The ratio that is promised at most: over loopback TCP, and over a unix socket, where a round
    /// trip is shorter and what a script costs counts for more.
    promises: [f64; 2],
}

const PAIRS: [Pair; 5] = [
    Pair {
        name: "retrieve / GET",
        driver: Field::retrieve,
        other: Field::get,
        promises: [1.15, 1.15],
    },
    Pair {
        name: "store at a version / GET",
        driver: Field::save,
        other: Field::get,
        promises: [2.2, 2.5],
    },
    Pair {
        name: "touch / GET",
        driver: Field::touch,
        other: Field::get,
        promises: [2.2, 2.5],
    },
    Pair {
        name: "store at any / SET PX",
        driver: Field::overwrite,
        other: Field::set,
        promises: [1.8, 1.8],
    },
    Pair {
        name: "store at a version / SET PX",
        driver: Field::save,
        other: Field::set,
        promises: [2.2, 2.5],
    },
];

fn main() {
    if installed_or_skip("the benchmark of Redis").is_none() {
        return;
    }
    let server = Server::start(&Options::new().tcp()).expect("a server");
    let unix = format!("unix://{}", server.socket().display());
    let transports = [("loopback TCP", server.url()), ("unix socket", unix)];
    for (number, (transport, url)) in transports.into_iter().enumerate() {
        let field = Field::new(&url);
        println!(
            "{transport}\n{:<30} {:>10} {:>10} {:>7}  promise",
            "median of 301 pairs", "driver µs", "other µs", "ratio"
        );
        for pair in &PAIRS {
            measure(&field, pair, pair.promises[number]);
        }
    }
}

fn measure(field: &Field, pair: &Pair, promise: f64) {
    let mut driver = Vec::with_capacity(ROUNDS);
    let mut other = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        driver.push(time(field, pair.driver));
        other.push(time(field, pair.other));
    }
    let mut ratios: Vec<f64> = driver
        .iter()
        .zip(&other)
        .map(|(driver, other)| driver / other)
        .collect();
    let ratio = median(&mut ratios);
    let verdict = match ratio <= promise {
        true => "kept",
        false => "NOT KEPT",
    };
    let (driver, other) = (median(&mut driver), median(&mut other));
    println!(
        "{:<30} {driver:>10.2} {other:>10.2} {ratio:>7.2}  at most {promise:.2}: {verdict}",
        pair.name
    );
}

/// Microseconds for one call.
fn time(field: &Field, call: fn(&Field)) -> f64 {
    let begin = Instant::now();
    for _ in 0..BATCH {
        call(field);
    }
    begin.elapsed().as_secs_f64() * 1e6 / f64::from(BATCH)
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// The same sessions for both sides, each under keys of its own.
struct Field {
    driver: RedisDriver,
    ids: Vec<SessionId>,
    versions: RefCell<Vec<Version>>,
    bare: RefCell<redis::Connection>,
    keys: Vec<String>,
    turn: Cell<usize>,
    payload: RefCell<[u8; PAYLOAD_BYTES]>,
}

impl Field {
    fn new(url: &str) -> Field {
        let client = redis::Client::open(url).expect("a client");
        let field = Field {
            driver: RedisDriver::open(url).expect("an open driver"),
            ids: (0..SESSIONS)
                .map(|_| SessionId::generate().expect("an id"))
                .collect(),
            versions: RefCell::default(),
            bare: RefCell::new(client.get_connection().expect("a connection")),
            keys: (0..SESSIONS)
                .map(|number| format!("bare:{number:032}"))
                .collect(),
            turn: Cell::new(0),
            payload: RefCell::new([b'.'; PAYLOAD_BYTES]),
        };
        for _ in 0..SESSIONS {
            field.set();
        }
        for id in &field.ids {
            let version = field.store(id, Precondition::Absent);
            field.versions.borrow_mut().push(version);
        }
        field
    }

    /// The next session's number, and a payload that nobody has stored yet.
    fn next(&self) -> usize {
        let turn = self.turn.get() + 1;
        self.turn.set(turn);
        self.payload.borrow_mut()[..8].copy_from_slice(&turn.to_le_bytes());
        turn % SESSIONS
    }

    fn store(&self, id: &SessionId, when: Precondition) -> Version {
        let (payload, now) = (self.payload.borrow(), Timestamp::now());
        let record = NewRecord {
            payload: &payload[..],
            expires_at: Some(now.saturating_add(Duration::from_secs(3600))),
        };
        self.driver.store(id, record, when, now).expect("a store")
    }

    fn retrieve(&self) {
        let record = self
            .driver
            .retrieve(&self.ids[self.next()], Timestamp::now());
        black_box(record.expect("a retrieve").expect("a session"));
    }

    fn save(&self) {
        let number = self.next();
        let mut versions = self.versions.borrow_mut();
        let when = Precondition::Version(versions[number]);
        versions[number] = self.store(&self.ids[number], when);
    }

    fn touch(&self) {
        let (id, now) = (&self.ids[self.next()], Timestamp::now());
        let deadline = now.saturating_add(Duration::from_secs(3600));
        let touched = self.driver.touch(id, Some(deadline), now);
        assert!(touched.expect("a touch"));
    }

    fn overwrite(&self) {
        let number = self.next();
        self.versions.borrow_mut()[number] = self.store(&self.ids[number], Precondition::Any);
    }

    fn get(&self) {
        let mut get = redis::cmd("GET");
        get.arg(&self.keys[self.next()]);
        let value: Vec<u8> = get.query(&mut *self.bare.borrow_mut()).expect("a GET");
        black_box(value);
    }

    fn set(&self) {
        let number = self.next();
        let payload = self.payload.borrow();
        let mut set = redis::cmd("SET");
        set.arg(&self.keys[number]).arg(&payload[..]);
        set.arg("PX").arg(3_600_000);
        set.exec(&mut *self.bare.borrow_mut()).expect("a SET");
    }
}

//! The SQLite driver against bare rusqlite, measured in pairs so that a noisy machine disturbs both
//! sides alike: `cargo bench -p session-driver-sqlite --bench ratios`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod raw;

use std::thread;
use std::time::Instant;

use raw::Field;
use session_driver_sqlite::session_driver::Durability;

struct Pair {
    name: &'static str,
    durability: Durability,
    callers: usize,
    /// Rounds; each times a batch of both sides.
    rounds: usize,
    /// Calls of each caller in a batch.
    batch: usize,
    driver: fn(&Field),
    other: fn(&Field),
    promise: &'static str,
    is_kept: fn(f64) -> bool,
}

/// Calls in a batch of writes. SQLite copies its log into the database every thousand pages, within
/// the write that fills it; of shorter batches most would be without that, and their median would
/// leave out a cost that every writer pays.
const BATCH_WITH_CHECKPOINTS: usize = 2_000;

const PAIRS: [Pair; 6] = [
    Pair {
        name: "retrieve / cached select",
        durability: Durability::Process,
        callers: 1,
        rounds: 301,
        batch: 100,
        driver: Field::retrieve,
        other: Field::select,
        promise: "at most 1.2",
        is_kept: |ratio| ratio <= 1.2,
    },
    Pair {
        name: "store / cached upsert",
        durability: Durability::Process,
        callers: 1,
        rounds: 31,
        batch: BATCH_WITH_CHECKPOINTS,
        driver: Field::overwrite,
        other: Field::upsert,
        promise: "at most 1.2",
        is_kept: |ratio| ratio <= 1.2,
    },
    Pair {
        name: "touch / cached update",
        durability: Durability::Process,
        callers: 1,
        rounds: 31,
        batch: BATCH_WITH_CHECKPOINTS,
        driver: Field::touch,
        other: Field::update,
        promise: "at most 1.5",
        is_kept: |ratio| ratio <= 1.5,
    },
    Pair {
        name: "store / upsert behind a mutex, 16 callers",
        durability: Durability::Process,
        callers: 16,
        rounds: 51,
        batch: BATCH_WITH_CHECKPOINTS / 16,
        driver: Field::overwrite,
        other: Field::upsert,
        promise: "at most 1/1.5",
        is_kept: |ratio| ratio <= 1.0 / 1.5,
    },
    Pair {
        name: "store / upsert, synchronous = FULL",
        durability: Durability::Power,
        callers: 1,
        rounds: 31,
        batch: 20,
        driver: Field::overwrite,
        other: Field::upsert,
        promise: "at most 1.2",
        is_kept: |ratio| ratio <= 1.2,
    },
    Pair {
        name: "store / upsert behind a mutex, 16 callers, FULL",
        durability: Durability::Power,
        callers: 16,
        rounds: 31,
        batch: 20,
        driver: Field::overwrite,
        other: Field::upsert,
        promise: "at most 1/2",
        is_kept: |ratio| ratio <= 0.5,
    },
];

fn main() {
    println!(
        "{:<50} {:>10} {:>10} {:>7}  promise",
        "median of pairs, for each call", "driver µs", "other µs", "ratio"
    );
    for durability in [Durability::Process, Durability::Power] {
        let field = Field::new(durability);
        for pair in PAIRS.iter().filter(|pair| pair.durability == durability) {
            compare(pair, &field);
        }
    }
}

fn compare(pair: &Pair, field: &Field) {
    let (mut driver, mut other) = (Vec::new(), Vec::new());
    for _ in 0..pair.rounds {
        driver.push(time(field, pair, pair.driver));
        other.push(time(field, pair, pair.other));
    }
    let ratios = driver
        .iter()
        .zip(&other)
        .map(|(driver, other)| driver / other);
    let ratio = median(&mut ratios.collect::<Vec<f64>>());
    let verdict = if (pair.is_kept)(ratio) {
        "kept"
    } else {
        "NOT KEPT"
    };
    let (driver, other) = (median(&mut driver), median(&mut other));
    println!(
        "{:<50} {driver:>10.2} {other:>10.2} {ratio:>7.2}  {}: {verdict}",
        pair.name, pair.promise
    );
}

/// Microseconds for one call, all callers' calls taken together.
fn time(field: &Field, pair: &Pair, call: fn(&Field)) -> f64 {
    let begin = Instant::now();
    let calls = || (0..pair.batch).for_each(|_| call(field));
    if pair.callers == 1 {
        calls();
    } else {
        thread::scope(|scope| {
            for _ in 0..pair.callers {
                scope.spawn(calls);
            }
        });
    }
    begin.elapsed().as_secs_f64() * 1e6 / (pair.batch * pair.callers) as f64
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

//! The file driver against its floors, measured in pairs so that a noisy machine disturbs both
//! sides alike: `cargo bench -p session-driver-file --bench ratios`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod raw;

use std::hint::black_box;
use std::time::Instant;

use raw::Field;

/// Rounds of one pair; each round times a batch of both sides.
const ROUNDS: usize = 301;
const BATCH: u32 = 100;

struct Pair {
    name: &'static str,
    driver: fn(&Field),
    other: fn(&Field),
    promise: &'static str,
    is_kept: fn(f64) -> bool,
}

const PAIRS: [Pair; 4] = [
    Pair {
        name: "retrieve / open + read",
        driver: |field| {
            black_box(field.retrieve());
        },
        other: |field| {
            black_box(field.open_and_read());
        },
        promise: "at most 1.5",
        is_kept: |ratio| ratio <= 1.5,
    },
    Pair {
        name: "overwrite / open + flock + fstat + read + write",
        driver: Field::overwrite,
        other: Field::lock_and_write,
        promise: "at most 2.5",
        is_kept: |ratio| ratio <= 2.5,
    },
    Pair {
        name: "touch / open + flock + fstat + read + write",
        driver: |field| {
            black_box(field.touch());
        },
        other: Field::lock_and_write,
        promise: "at most 2",
        is_kept: |ratio| ratio <= 2.0,
    },
    Pair {
        name: "overwrite / temp + rename",
        driver: Field::overwrite,
        other: Field::temp_and_rename,
        promise: "at most 0.2",
        is_kept: |ratio| ratio <= 0.2,
    },
];

fn main() {
    let field = Field::new();
    println!(
        "{:<50} {:>10} {:>10} {:>7}  promise",
        "median of 301 pairs", "driver µs", "other µs", "ratio"
    );
    for pair in &PAIRS {
        let mut driver = Vec::with_capacity(ROUNDS);
        let mut other = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            driver.push(time(&field, pair.driver));
            other.push(time(&field, pair.other));
        }
        let mut ratios: Vec<f64> = driver
            .iter()
            .zip(&other)
            .map(|(driver, other)| driver / other)
            .collect();
        let ratio = median(&mut ratios);
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

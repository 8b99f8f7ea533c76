//! The sled driver against sled itself, measured in pairs so that a noisy machine disturbs both
//! sides alike: `cargo bench -p session-driver-sled --bench ratios`.
//!
//! An overwrite that is not flushed takes about 1.35 times a bare `insert`. What it does besides is to
//! read what it replaces, whose deadline the index has to forget and whose format may be a newer one:
//! that makes about 0.3.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod raw;

use std::hint::black_box;
use std::time::Instant;

use raw::Field;
use session_driver_sled::session_driver::Durability;

/// Rounds of one pair; each round times a batch of both sides.
const ROUNDS: usize = 301;

struct Pair {
    name: &'static str,
    durability: Durability,
    driver: fn(&Field),
    other: fn(&Field),
    /// Calls in a batch; those of concurrent callers are one call.
    batch: u32,
    at_most: f64,
}

const PAIRS: [Pair; 6] = [
    Pair {
        name: "retrieve / get, and the copy that is handed out",
        durability: Durability::None,
        driver: |field| {
            black_box(field.retrieve());
        },
        other: |field| {
            black_box(field.get());
        },
        batch: 200,
        at_most: 1.2,
    },
    Pair {
        name: "overwrite / insert, both flushed now and then",
        durability: Durability::None,
        driver: Field::overwrite,
        other: Field::insert,
        batch: 200,
        at_most: 1.4,
    },
    Pair {
        name: "touch / get + insert, both flushed now and then",
        durability: Durability::None,
        driver: Field::touch,
        other: Field::amend,
        batch: 200,
        at_most: 1.4,
    },
    Pair {
        name: "overwrite / insert + flush, 1 caller",
        durability: Durability::Process,
        driver: Field::overwrite,
        other: Field::insert_and_flush,
        batch: 10,
        at_most: 1.4,
    },
    Pair {
        name: "overwrite / insert + flush, 16 callers (each a call)",
        durability: Durability::Process,
        driver: |field| raw::by_callers(16, || field.overwrite()),
        other: |field| raw::by_callers(16, || field.insert_and_flush()),
        batch: 1,
        at_most: 1.4,
    },
    Pair {
        name: "two rotates / twice (get + batch + flush), 1 caller",
        durability: Durability::Process,
        driver: Field::rotate_there_and_back,
        other: Field::move_there_and_back,
        batch: 10,
        at_most: 1.4,
    },
];

fn main() {
    let (unflushed, flushed) = (
        Field::new(Durability::None),
        Field::new(Durability::Process),
    );
    println!(
        "{:<54} {:>10} {:>10} {:>7}  promise",
        "median of 301 pairs", "driver µs", "other µs", "ratio"
    );
    for pair in &PAIRS {
        let field = match pair.durability {
            Durability::None => &unflushed,
            _ => &flushed,
        };
        let mut driver = Vec::with_capacity(ROUNDS);
        let mut other = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            driver.push(time(field, pair.driver, pair.batch));
            other.push(time(field, pair.other, pair.batch));
        }
        let mut ratios: Vec<f64> = driver
            .iter()
            .zip(&other)
            .map(|(driver, other)| driver / other)
            .collect();
        let ratio = median(&mut ratios);
        let verdict = if ratio <= pair.at_most {
            "kept"
        } else {
            "NOT KEPT"
        };
        let (driver, other) = (median(&mut driver), median(&mut other));
        println!(
            "{:<54} {driver:>10.2} {other:>10.2} {ratio:>7.2}  at most {}: {verdict}",
            pair.name, pair.at_most
        );
    }
}

/// Microseconds for one call.
fn time(field: &Field, call: fn(&Field), batch: u32) -> f64 {
    let begin = Instant::now();
    for _ in 0..batch {
        call(field);
    }
    begin.elapsed().as_secs_f64() * 1e6 / f64::from(batch)
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

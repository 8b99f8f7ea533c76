//! The file driver beside its floors, with unique payloads of 1 KiB: `cargo bench -p
//! session-driver-file --bench file`.
//!
//! The ratios that are promised are printed by the bench `ratios`, which measures in pairs.

mod raw;

use divan::Bencher;
use raw::Field;

fn main() {
    divan::main();
}

#[divan::bench]
fn retrieve(bencher: Bencher<'_, '_>) {
    let field = Field::new();
    bencher.bench(|| field.retrieve());
}

#[divan::bench]
fn retrieve_floor(bencher: Bencher<'_, '_>) {
    let field = Field::new();
    bencher.bench(|| field.open_and_read());
}

#[divan::bench]
fn overwrite(bencher: Bencher<'_, '_>) {
    let field = Field::new();
    bencher.bench(|| field.overwrite());
}

#[divan::bench]
fn touch(bencher: Bencher<'_, '_>) {
    let field = Field::new();
    bencher.bench(|| field.touch());
}

#[divan::bench]
fn write_floor(bencher: Bencher<'_, '_>) {
    let field = Field::new();
    bencher.bench(|| field.lock_and_write());
}

#[divan::bench]
fn temp_and_rename(bencher: Bencher<'_, '_>) {
    let field = Field::new();
    bencher.bench(|| field.temp_and_rename());
}

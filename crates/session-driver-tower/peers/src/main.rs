//! tower-sessions' published stores and this one, side by side:
//! `cargo run --release --manifest-path crates/session-driver-tower/peers/Cargo.toml`.
//!
//! Same work, same codec, same durability. Each store has a process of its own with a runtime of two
//! threads, and all are measured in turns, so that a noisy machine disturbs all alike. A session of
//! 1 KiB is never saved twice with the same values. It needs `redis-server` or `valkey-server` on
//! PATH, takes about three minutes once it is built, and prints tables for a README.

mod contest;
mod machine;
mod stores;
mod table;
mod worker;

use std::env;
use std::error::Error;

use redis_test_server::{Options, Server};

use crate::contest::contests;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => compare(),
        ["serve", store, place] => {
            stores::serve_store(store, place);
            Ok(())
        }
        _ => Err("no arguments are known".into()),
    }
}

fn compare() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let server = Server::start(&Options::new().tcp())?;
    let before = machine::load();
    let mut results = Vec::new();
    for contest in contests(directory.path(), server.port()) {
        results.push(contest.run()?);
    }
    print!("{}", table::text(&results));
    println!("{}", machine::text(directory.path(), &before));
    Ok(())
}

//! What a writer feels while 100,000 expired sessions of a million are swept (rule SWP-5):
//! `cargo bench -p session-driver-sqlite --bench sweep`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{
    NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};

const SESSIONS: usize = 1_000_000;
/// One in so many is expired.
const EXPIRED: usize = 10;
const PAYLOAD_LEN: usize = 256;
const THREADS: usize = 4;

const NOW: Timestamp = match Timestamp::from_millis(1_800_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let driver = SqliteDriver::open(directory.path().join("app.db")).expect("a new store");
    fill(&driver);

    let quiet = AtomicBool::new(false);
    let before = thread::scope(|scope| {
        let writer = scope.spawn(|| write_until(&driver, &quiet));
        thread::sleep(Duration::from_secs(2));
        quiet.store(true, Ordering::Relaxed);
        writer.join().expect("no panic")
    });
    let swept = AtomicBool::new(false);
    let (during, removed, took) = thread::scope(|scope| {
        let writer = scope.spawn(|| write_until(&driver, &swept));
        let begin = Instant::now();
        let removed = sweep_all(&driver);
        let took = begin.elapsed();
        swept.store(true, Ordering::Relaxed);
        (writer.join().expect("no panic"), removed, took)
    });
    println!("swept {removed} of {SESSIONS} sessions in {took:.2?}");
    report("a store without a sweep", before);
    report("a store during the sweep", during);
}

fn fill(driver: &SqliteDriver) {
    let (past, future) = (NOW.as_millis() - 1, NOW.as_millis() + 86_400_000);
    thread::scope(|scope| {
        for part in 0..THREADS {
            scope.spawn(move || {
                for number in (part..SESSIONS).step_by(THREADS) {
                    let deadline = match number % EXPIRED {
                        0 => past - number as i64,
                        _ => future + number as i64,
                    };
                    put(driver, number as u64, deadline, Timestamp::MIN);
                }
            });
        }
    });
}

fn put(driver: &SqliteDriver, number: u64, deadline: i64, now: Timestamp) {
    let mut payload = [b'x'; PAYLOAD_LEN];
    payload[..8].copy_from_slice(&number.to_le_bytes());
    let record = NewRecord {
        payload: &payload,
        expires_at: Timestamp::from_millis(deadline),
    };
    let id = SessionId::generate().expect("an id");
    driver
        .store(&id, record, Precondition::Any, now)
        .expect("a store");
}

/// How long each store took that a lone writer made.
fn write_until(driver: &SqliteDriver, end: &AtomicBool) -> Vec<Duration> {
    let mut took = vec![];
    while !end.load(Ordering::Relaxed) {
        let begin = Instant::now();
        let number = took.len() as u64;
        put(driver, number, NOW.as_millis() + 86_400_000, NOW);
        took.push(begin.elapsed());
    }
    took
}

fn sweep_all(driver: &SqliteDriver) -> u64 {
    let limit = NonZeroUsize::new(1_000).expect("not zero");
    let mut removed = 0;
    loop {
        let swept = driver.sweep(NOW, limit).expect("a sweep");
        removed += swept.removed;
        if !swept.more {
            return removed;
        }
    }
}

fn report(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    println!(
        "{what}: {} stores, p50 {:.1?}, p99 {:.1?}, p99.9 {:.1?}, longest {:.1?}",
        took.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}

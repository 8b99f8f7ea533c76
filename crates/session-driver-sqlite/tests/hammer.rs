//! Several processes of several threads, all on the same few sessions: no update is lost, and there
//! is no error, Busy included.
//!
//! For 10 seconds instead of 2: `SESSION_DRIVER_HAMMER_SECONDS=10 cargo test --release -p
//! session-driver-sqlite --test hammer -- --nocapture`.

#![allow(
    clippy::print_stdout,
    reason = "with --nocapture it says how much was done"
)]

use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{
    ErrorKind, NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};

const SECONDS_VARIABLE: &str = "SESSION_DRIVER_HAMMER_SECONDS";
const DIRECTORY_VARIABLE: &str = "SESSION_DRIVER_HAMMER_DIRECTORY";

const PROCESSES: u32 = 4;
const THREADS: u64 = 4;
const COUNTERS: usize = 8;

const NOW: Timestamp = match Timestamp::from_millis(1_800_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

#[test]
fn processes_and_threads_lose_no_update_and_meet_no_error() {
    if let Some(directory) = std::env::var_os(DIRECTORY_VARIABLE) {
        return hammer(directory.as_ref());
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let program = std::env::current_exe().expect("this program");
    let children: Vec<_> = (0..PROCESSES)
        .map(|_| {
            Command::new(&program)
                .args([
                    "--exact",
                    "processes_and_threads_lose_no_update_and_meet_no_error",
                    "--nocapture",
                ])
                .env(DIRECTORY_VARIABLE, directory.path())
                .spawn()
                .expect("a child")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("an end").success(), "a process failed");
    }
    let done: u64 = fs::read_dir(directory.path())
        .expect("the directory")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "done")
        })
        .map(|path| number(&fs::read(path).expect("a count")))
        .sum();
    let driver = SqliteDriver::open(directory.path().join("app.db")).expect("the store");
    let counted: u64 = (0..COUNTERS)
        .filter_map(|counter| driver.retrieve(&id(counter), NOW).expect("a read"))
        .map(|record| number(&record.payload))
        .sum();
    println!("{done} increments by {PROCESSES} processes of {THREADS} threads");
    assert_eq!(counted, done, "updates were lost");
    assert!(done > 0, "nothing was done");
}

/// What a child does: it opens the store, perhaps as the first, and counts up until the time is up.
fn hammer(directory: &Path) {
    let seconds = std::env::var(SECONDS_VARIABLE).map_or(2, |text| text.parse().expect("seconds"));
    let end = Instant::now() + Duration::from_secs(seconds);
    let driver = SqliteDriver::open(directory.join("app.db")).expect("an open");
    let done: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(|| count_until(&driver, end)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum()
    });
    let name = format!("{}.done", std::process::id());
    fs::write(directory.join(name), done.to_string()).expect("a file");
}

fn count_until(driver: &SqliteDriver, end: Instant) -> u64 {
    let mut done = 0;
    while Instant::now() < end {
        let counter = id(fastrand::usize(..COUNTERS));
        done += u64::from(increment(driver, &counter));
        match fastrand::u8(..20) {
            0 => drop(driver.touch(&counter, None, NOW).expect("a touch")),
            1 => come_and_go(driver),
            2 => driver
                .traverse(NOW, &mut |_| ControlFlow::Continue(()))
                .expect("a traversal"),
            _ => {}
        }
    }
    done
}

/// Whether the increment was done: `false` when somebody else was faster.
fn increment(driver: &SqliteDriver, counter: &SessionId) -> bool {
    let found = driver.retrieve(counter, NOW).expect("a read");
    let (count, when) = match &found {
        Some(record) => (
            number(&record.payload),
            Precondition::Version(record.version),
        ),
        None => (0, Precondition::Absent),
    };
    let payload = (count + 1).to_string();
    let record = NewRecord {
        payload: payload.as_bytes(),
        expires_at: None,
    };
    match driver.store(counter, record, when, NOW) {
        Ok(_) => true,
        Err(error) => {
            let faster = matches!(error.kind(), ErrorKind::Conflict | ErrorKind::AlreadyExists);
            assert!(faster, "{error:?}");
            false
        }
    }
}

/// A session that expires, is swept by somebody, or is removed.
fn come_and_go(driver: &SqliteDriver) {
    let (who, elsewhere) = (random_id(), random_id());
    let record = NewRecord {
        payload: b"short",
        expires_at: Timestamp::from_millis(NOW.as_millis() + 1),
    };
    driver
        .store(&who, record, Precondition::Absent, NOW)
        .expect("a store");
    driver.rotate(&who, &elsewhere, NOW).expect("a rotate");
    let later = NOW.saturating_add(Duration::from_millis(2));
    let limit = NonZeroUsize::new(10).expect("not zero");
    driver.sweep(later, limit).expect("a sweep");
    driver.remove(&elsewhere, NOW).expect("a remove");
}

fn id(counter: usize) -> SessionId {
    SessionId::parse(&format!("counter-{counter}")).expect("an id")
}

fn random_id() -> SessionId {
    SessionId::generate().expect("randomness")
}

fn number(text: &[u8]) -> u64 {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .expect("a whole number")
}

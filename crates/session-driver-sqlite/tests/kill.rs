//! `kill -9` at random moments: every acknowledged operation is there afterwards.
//!
//! Fifty times instead of five: `SESSION_DRIVER_KILLS=50 cargo test --release -p
//! session-driver-sqlite --test kill`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{
    NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};

const KILLS_VARIABLE: &str = "SESSION_DRIVER_KILLS";
const PATH_VARIABLE: &str = "SESSION_DRIVER_KILL_PATH";
const ROUND_VARIABLE: &str = "SESSION_DRIVER_KILL_ROUND";

const THREADS: u64 = 4;
/// Sessions of each thread.
const SESSIONS: u64 = 8;
/// The operations that are acknowledged before a kill, at most.
const WORK: u64 = 3_000;

const NOW: Timestamp = match Timestamp::from_millis(1_800_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

#[test]
fn every_acknowledged_operation_survives_a_kill() {
    if let Some(path) = std::env::var_os(PATH_VARIABLE) {
        return work(path.as_ref());
    }
    let kills: u64 = std::env::var(KILLS_VARIABLE).map_or(5, |text| text.parse().expect("kills"));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("app.db");
    for round in 0..kills {
        let acknowledged = killed_at_work(&path, round, fastrand::u64(1..WORK));
        let driver = SqliteDriver::open(&path).expect("an open without repair");
        for thread in 0..THREADS {
            let last = acknowledged.get(&thread).copied();
            for session in 0..SESSIONS {
                survives(&driver, round, thread, session, last);
            }
        }
    }
}

/// Starts a child, kills it once it has acknowledged so many operations, and gives the last one of
/// each thread.
fn killed_at_work(path: &Path, round: u64, enough: u64) -> HashMap<u64, u64> {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "every_acknowledged_operation_survives_a_kill"])
        .arg("--nocapture")
        .env(PATH_VARIABLE, path)
        .env(ROUND_VARIABLE, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut acknowledged = HashMap::new();
    let mut count = 0;
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    for line in lines {
        let line = line.expect("a line");
        // What the harness prints is none.
        let mut words = line.strip_prefix("done ").unwrap_or_default().split(' ');
        let mut word = || words.next().and_then(|word| word.parse::<u64>().ok());
        if let (Some(thread), Some(number)) = (word(), word()) {
            acknowledged.insert(thread, number);
            count += 1;
            if count == enough {
                child.kill().expect("a kill");
            }
        }
    }
    child.wait().expect("an end");
    assert!(count >= enough, "the child ended by itself");
    acknowledged
}

/// What a child does until it is killed: each thread goes through its sessions, over and over.
fn work(path: &Path) {
    let driver = SqliteDriver::open(path).expect("an open");
    let round: u64 = std::env::var(ROUND_VARIABLE)
        .ok()
        .and_then(|round| round.parse().ok())
        .expect("a round");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let driver = &driver;
            scope.spawn(move || {
                for number in 0.. {
                    perform(driver, round, thread, number);
                    let line = format!("done {thread} {number}\n");
                    std::io::stdout()
                        .write_all(line.as_bytes())
                        .expect("the parent");
                    std::io::stdout().flush().expect("the parent");
                }
            });
        }
    });
}

/// The operation of this number: two stores of a session, a touch, then a remove.
fn perform(driver: &SqliteDriver, round: u64, thread: u64, number: u64) {
    let who = id(round, thread, number % SESSIONS);
    match state_after(Some(number)) {
        State::Absent => drop(driver.remove(&who, NOW).expect("a remove")),
        State::Touched(_, deadline) => {
            assert!(driver.touch(&who, Some(deadline), NOW).expect("a touch"));
        }
        State::Stored(payload) => {
            let payload = payload.to_string();
            let record = NewRecord {
                payload: payload.as_bytes(),
                expires_at: None,
            };
            driver
                .store(&who, record, Precondition::Any, NOW)
                .expect("a store");
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Absent,
    Stored(u64),
    Touched(u64, Timestamp),
}

/// What a session is after the operation of this number on it.
fn state_after(number: Option<u64>) -> State {
    let Some(number) = number else {
        return State::Absent;
    };
    match number / SESSIONS % 4 {
        0 | 1 => State::Stored(number),
        2 => {
            let deadline = NOW.saturating_add(std::time::Duration::from_secs(number + 1));
            State::Touched(number - SESSIONS, deadline)
        }
        _ => State::Absent,
    }
}

/// The session is what its last acknowledged operation made of it, or the one that was under way.
fn survives(driver: &SqliteDriver, round: u64, thread: u64, session: u64, last: Option<u64>) {
    let begun = last.map_or(0, |last| last + 1);
    // The last operation on this session up to a number.
    let up_to = |number: u64| {
        let number = number.checked_sub((number + SESSIONS - session) % SESSIONS);
        number.filter(|number| number % SESSIONS == session)
    };
    let acknowledged = state_after(last.and_then(up_to));
    let under_way = state_after(up_to(begun));
    let found = driver.retrieve(&id(round, thread, session), NOW);
    let found = match found.expect("a read") {
        None => State::Absent,
        Some(record) => {
            let text = String::from_utf8(record.payload).expect("a number");
            let number = text.parse().expect("a number");
            match record.expires_at {
                None => State::Stored(number),
                Some(deadline) => State::Touched(number, deadline),
            }
        }
    };
    assert!(
        found == acknowledged || found == under_way,
        "session {session} of thread {thread} is {found:?}, and should be {acknowledged:?} or {under_way:?}"
    );
}

fn id(round: u64, thread: u64, session: u64) -> SessionId {
    SessionId::parse(&format!("{round}-{thread}-{session}")).expect("an id")
}

//! Media that are full, or that can only be read. Each is mounted in a mount namespace of its own,
//! in which the test runs itself again; where the system lets nobody make one, it says so.

#![allow(clippy::print_stderr, reason = "what could not be tried is said")]

use std::path::Path;
use std::process::Command;

use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{
    ErrorKind, NewRecord, Precondition, Result, SessionDriver, SessionId, Timestamp,
};

const DIRECTORY_VARIABLE: &str = "SESSION_DRIVER_SQLITE_MEDIA";

const NOW: Timestamp = match Timestamp::from_millis(1_800_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

#[test]
fn writes_to_a_full_disk_fail_as_such_and_go_on_once_there_is_room() {
    in_a_namespace(
        "writes_to_a_full_disk_fail_as_such_and_go_on_once_there_is_room",
        |directory| {
            mount(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"], directory);
            let driver = SqliteDriver::open(directory.join("app.db")).expect("a new store");
            let ballast = directory.join("ballast");
            std::fs::write(&ballast, vec![0; 512 * 1024]).expect("a file");
            let mut kept = 0;
            let kind = loop {
                match put(&driver, kept) {
                    Ok(()) => kept += 1,
                    Err(error) => break error.kind(),
                }
            };
            assert_eq!(kind, ErrorKind::StorageFull);
            assert!(kept > 0, "there was room for none");
            for number in 0..kept {
                assert!(is_there(&driver, number), "{number}");
            }
            assert!(!is_there(&driver, kept), "what failed is there");
            std::fs::remove_file(&ballast).expect("room");
            put(&driver, kept).expect("a store once there is room");
            drop(driver);
            let driver = SqliteDriver::open(directory.join("app.db")).expect("the store");
            assert!((0..=kept).all(|number| is_there(&driver, number)));
        },
    );
}

#[test]
fn a_store_on_media_that_can_only_be_read_is_read() {
    in_a_namespace(
        "a_store_on_media_that_can_only_be_read_is_read",
        |directory| {
            mount(&["-t", "tmpfs", "tmpfs"], directory);
            let path = directory.join("a #1?%20.db");
            let driver = SqliteDriver::open(&path).expect("a new store");
            put(&driver, 0).expect("a store");
            drop(driver);
            mount(&["-o", "remount,ro"], directory);
            let driver = SqliteDriver::open(&path).expect("a store that can be read");
            assert!(is_there(&driver, 0));
            let outcome = put(&driver, 0).map_err(|error| error.kind());
            assert_eq!(outcome, Err(ErrorKind::PermissionDenied));
            let new = SqliteDriver::open(directory.join("new.db")).map_err(|error| error.kind());
            assert_eq!(new.err(), Some(ErrorKind::PermissionDenied));
        },
    );
}

/// Runs `act` in a process that may mount what it likes, with an empty directory.
fn in_a_namespace(test: &str, act: impl FnOnce(&Path)) {
    if let Some(directory) = std::env::var_os(DIRECTORY_VARIABLE) {
        return act(directory.as_ref());
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]);
        command
    };
    if !unshare()
        .arg("true")
        .status()
        .is_ok_and(|status| status.success())
    {
        eprintln!("NOT TRIED: {test}: this system gives no mount namespace (`unshare`)");
        return;
    }
    let ended = unshare()
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", test])
        .env(DIRECTORY_VARIABLE, directory.path())
        .output()
        .expect("a child");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(
        ended.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

fn mount(options: &[&str], at: &Path) {
    let status = Command::new("mount").args(options).arg(at).status();
    assert!(status.expect("`mount`").success(), "mount {options:?}");
}

fn put(driver: &SqliteDriver, number: u32) -> Result<()> {
    let record = NewRecord {
        payload: &[b'x'; 10_000],
        expires_at: None,
    };
    driver
        .store(&id(number), record, Precondition::Any, NOW)
        .map(drop)
}

fn is_there(driver: &SqliteDriver, number: u32) -> bool {
    driver.retrieve(&id(number), NOW).expect("a read").is_some()
}

fn id(number: u32) -> SessionId {
    SessionId::parse(&number.to_string()).expect("an id")
}

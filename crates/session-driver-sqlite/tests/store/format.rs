//! The table as others see it, and tables of other formats.

use std::fs;

use rusqlite::params;
use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{
    ErrorKind, NewRecord, Precondition, SessionDriver, Timestamp,
};

use crate::{NOW, Store, id, kind, put, read};

#[test]
fn any_sqlite_can_read_the_table() {
    let store = Store::new();
    let expires_at = Timestamp::from_millis(1_800_000_123_456);
    let record = NewRecord {
        payload: b"hello",
        expires_at,
    };
    let stored = store.driver.store(&id("a"), record, Precondition::Any, NOW);
    let version = stored.expect("a store").to_bits() as i64;
    let row: (String, i64, i64, i64, Vec<u8>) = store
        .plain()
        .query_row(
            "SELECT id, expires_at_ms, expires_minute, version, payload FROM sessions",
            [],
            |row| row.try_into(),
        )
        .expect("a row");
    let due = (
        "a".into(),
        1_800_000_123_456,
        30_000_002,
        version,
        b"hello".to_vec(),
    );
    assert_eq!(row, due);
    let check: String = store
        .plain()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a check");
    assert_eq!(check, "ok");
}

#[test]
fn a_newer_format_is_refused_at_open_and_stays() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"x").expect("a store");
    let make_newer = "UPDATE session_driver_tables SET format = 2";
    store.plain().execute(make_newer, []).expect("an update");
    let path = store.path();
    let _directory = store.close();
    assert_eq!(kind(SqliteDriver::open(&path)), ErrorKind::Incompatible);
    let plain = rusqlite::Connection::open(&path).expect("the database");
    let left: (i64, Vec<u8>) = plain
        .query_row(
            "SELECT format, payload FROM session_driver_tables, sessions",
            [],
            |row| row.try_into(),
        )
        .expect("a row");
    assert_eq!(left, (2, b"x".to_vec()));
}

#[test]
fn a_database_whose_table_is_refused_stays_as_it_was() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("app.db");
    let plain = rusqlite::Connection::open(&path).expect("a database");
    plain
        .execute_batch("CREATE TABLE sessions (theirs TEXT); INSERT INTO sessions VALUES ('x');")
        .expect("a table of their own");
    drop(plain);
    let before = fs::read(&path).expect("the database");
    assert_eq!(kind(SqliteDriver::open(&path)), ErrorKind::Incompatible);
    assert!(fs::read(&path).expect("the database") == before);
}

#[test]
fn a_newer_format_under_an_open_driver_is_not_written_to() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"x").expect("a store");
    let plain = store.plain();
    plain
        .execute("UPDATE session_driver_tables SET format = 2", [])
        .expect("an update");
    let refused = [
        put(&store.driver, &id("a"), b"y").map(drop),
        store.driver.touch(&id("a"), None, NOW).map(drop),
        store.driver.remove(&id("a"), NOW).map(drop),
    ];
    for outcome in refused {
        assert_eq!(kind(outcome), ErrorKind::Incompatible);
    }
    let left: Vec<u8> = plain
        .query_row("SELECT payload FROM sessions", [], |row| row.get(0))
        .expect("a row");
    assert_eq!(left, b"x");
}

#[test]
fn a_table_that_others_changed_is_not_misread() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"x").expect("a store");
    store
        .plain()
        .execute_batch(
            "UPDATE session_driver_tables SET format = 2;
             ALTER TABLE sessions RENAME COLUMN payload TO packed;",
        )
        .expect("a newer format");
    assert_eq!(kind(read(&store.driver, &id("a"))), ErrorKind::Incompatible);
}

#[test]
fn a_table_that_is_dropped_is_unavailable_until_it_is_opened_again() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"x").expect("a store");
    store
        .plain()
        .execute_batch("DROP TABLE sessions")
        .expect("a drop");
    assert_eq!(kind(read(&store.driver, &id("a"))), ErrorKind::Unavailable);
    assert_eq!(
        kind(put(&store.driver, &id("a"), b"y")),
        ErrorKind::Unavailable
    );
    let again = SqliteDriver::open(store.path()).expect("the store");
    assert_eq!(read(&again, &id("a")).expect("a read"), None);
}

#[test]
fn the_rest_of_an_applications_database_is_left_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("app.db");
    let plain = rusqlite::Connection::open(&path).expect("a database");
    plain
        .execute_batch("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ana');")
        .expect("a table");
    drop(plain);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(&path, mode).expect("a mode");
    let driver = SqliteDriver::builder(&path)
        .table("logins")
        .open()
        .expect("a store");
    put(&driver, &id("a"), b"x").expect("a store");
    drop(driver);
    let plain = rusqlite::Connection::open(&path).expect("the database");
    let both: (String, i64) = plain
        .query_row(
            "SELECT name, (SELECT count(*) FROM logins WHERE id = ?1) FROM users",
            params!["a"],
            |row| row.try_into(),
        )
        .expect("a row");
    assert_eq!(both, ("ana".into(), 1));
}

//! The names of tables.

use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::ErrorKind;

use crate::{Store, id, kind, put, read};

#[test]
fn any_other_name_is_a_table() {
    let store = Store::new();
    let names = [
        "a",
        "a_expires",
        "select",
        "x\"; DROP TABLE sessions --",
        "'",
        "[b]",
        "ä",
        "Ä",
    ];
    for name in names {
        let driver = SqliteDriver::builder(store.path()).table(name).open();
        put(&driver.expect(name), &id("a"), name.as_bytes()).expect(name);
    }
    for name in names {
        let driver = SqliteDriver::builder(store.path()).table(name).open();
        let found = read(&driver.expect(name), &id("a")).expect(name);
        assert_eq!(found.as_deref(), Some(name.as_bytes()));
    }
}

#[test]
fn a_name_that_is_not_to_be_had_is_refused() {
    let store = Store::new();
    for name in [
        "",
        "a\0b",
        "sqlite_schema",
        "SQLite_x",
        "session_driver_tables",
        "SESSION_DRIVER_expiry_of_sessions",
    ] {
        let driver = SqliteDriver::builder(store.path()).table(name).open();
        assert_eq!(kind(driver), ErrorKind::Incompatible, "{name:?}");
    }
}

#[test]
fn a_name_that_differs_by_case_is_refused_while_the_other_is_there() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"x").expect("a store");
    let driver = SqliteDriver::builder(store.path()).table("Sessions").open();
    assert_eq!(kind(driver), ErrorKind::Incompatible);
    assert!(read(&store.driver, &id("a")).expect("a read").is_some());
}

#[test]
fn a_table_view_or_index_of_somebody_else_is_refused_and_stays() {
    let store = Store::new();
    store
        .plain()
        .execute_batch(
            "CREATE TABLE theirs (id TEXT, payload BLOB);
             CREATE VIEW seen AS SELECT * FROM theirs;
             CREATE INDEX listed ON theirs (id);",
        )
        .expect("a table");
    for name in ["theirs", "THEIRS", "seen", "listed"] {
        let driver = SqliteDriver::builder(store.path()).table(name).open();
        assert_eq!(kind(driver), ErrorKind::Incompatible, "{name}");
    }
    let rows: i64 = store
        .plain()
        .query_row("SELECT count(*) FROM seen", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(rows, 0);
}

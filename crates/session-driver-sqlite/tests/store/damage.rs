//! A file that is no database, or a damaged one.

use std::fs::{self, OpenOptions};
use std::ops::ControlFlow;
use std::os::unix::fs::{FileExt, PermissionsExt};

use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{ErrorKind, SessionDriver};

use crate::{NOW, Store, id, kind, put};

#[test]
fn a_file_that_is_no_database_is_incompatible_and_stays() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, bytes) in [
        ("short", b"notes".to_vec()),
        ("long", b"notes\n".repeat(5_000)),
    ] {
        let path = directory.path().join(name);
        fs::write(&path, &bytes).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
        assert_eq!(kind(SqliteDriver::open(&path)), ErrorKind::Incompatible);
        assert_eq!(fs::read(&path).expect("the file"), bytes, "{name}");
    }
}

#[test]
fn a_damaged_database_is_corrupt_and_never_an_empty_one() {
    let store = Store::new();
    let ids: Vec<_> = (0..200).map(|number| id(&format!("id-{number}"))).collect();
    for id in &ids {
        put(&store.driver, id, &[b'x'; 1_000]).expect("a store");
    }
    let path = store.path();
    let _directory = store.close();
    // All but the first pages, which hold the schema.
    let file = OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("the file");
    let length = file.metadata().expect("a status").len();
    for page in 6..length / 4096 {
        file.write_all_at(&[0xA5; 4096], page * 4096)
            .expect("a write");
    }
    drop(file);
    let driver = match SqliteDriver::open(&path) {
        Ok(driver) => driver,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            return;
        }
    };
    let mut corrupt = 0;
    for id in &ids {
        match driver.retrieve(id, NOW) {
            Ok(Some(record)) => assert_eq!(record.payload, [b'x'; 1_000]),
            Ok(None) => panic!("damage was taken for no session"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Corrupt);
                corrupt += 1;
            }
        }
    }
    assert!(corrupt > 100, "only {corrupt} damaged records were noticed");
}

#[test]
fn an_edited_row_is_corrupt_by_itself_and_can_be_replaced() {
    let store = Store::new();
    for name in ["payload", "version", "deadline", "sound"] {
        put(&store.driver, &id(name), b"before").expect("a store");
    }
    store
        .plain()
        .execute_batch(
            "UPDATE sessions SET payload = x'00' WHERE id = 'payload';
             UPDATE sessions SET version = version + 1 WHERE id = 'version';
             UPDATE sessions SET expires_at_ms = -5 WHERE id = 'deadline';",
        )
        .expect("edits");
    for name in ["payload", "version", "deadline"] {
        let damaged = store.driver.retrieve(&id(name), NOW);
        assert_eq!(kind(damaged), ErrorKind::Corrupt, "{name}");
        put(&store.driver, &id(name), b"after").expect("Any replaces it");
    }
    for (name, payload) in [("payload", b"after".as_slice()), ("sound", b"before")] {
        let found = crate::read(&store.driver, &id(name)).expect("a read");
        assert_eq!(found.as_deref(), Some(payload), "{name}");
    }
}

#[test]
fn an_edited_deadline_is_the_one_that_holds() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"x").expect("a store");
    let edit = "UPDATE sessions SET expires_at_ms = 1";
    assert_eq!(store.plain().execute(edit, []).expect("an edit"), 1);
    assert_eq!(crate::read(&store.driver, &id("a")).expect("a read"), None);
}

#[test]
fn an_id_that_is_no_text_is_passed_over_once() {
    let store = Store::new();
    put(&store.driver, &id("a"), b"x").expect("a store");
    // In STRICT tables, too, what is called text may be any bytes.
    let insert = "INSERT INTO sessions (id, version, checksum, payload)
        VALUES (CAST(x'FF' AS TEXT), 0, 0, x'')";
    assert_eq!(store.plain().execute(insert, []).expect("a row"), 1);
    let mut visited = vec![];
    let traversed = store.driver.traverse(NOW, &mut |id| {
        visited.push(id.clone());
        match visited.len() {
            1 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    });
    traversed.expect("a traversal");
    assert_eq!(visited, [id("a")]);
}

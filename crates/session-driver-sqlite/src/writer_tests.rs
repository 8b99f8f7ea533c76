//! Those who share a transaction, and what one does to the others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::schema;
use crate::table::Table;
use crate::writer::{Ground, Writer};

const TIMEOUT: Duration = Duration::from_secs(5);

fn in_memory() -> (Writer, Table) {
    let table = Table::named("sessions").expect("a name");
    let mut connection = Connection::open_in_memory().expect("a database");
    schema::ensure_newest(&mut connection, &table).expect("a table");
    connection
        .execute_batch("CREATE TABLE numbers (number INTEGER UNIQUE)")
        .expect("a table");
    (Writer::new(connection.into()), table)
}

fn ground(table: &Table) -> Ground<'_> {
    Ground {
        table,
        place: None,
        wal: None,
    }
}

fn insert(connection: &Connection, number: i64) -> Attempt<()> {
    connection.execute("INSERT INTO numbers VALUES (?1)", [number])?;
    Ok(())
}

fn numbers(writer: &Writer) -> Vec<i64> {
    let read = writer.read(|connection| {
        let mut statement = connection.prepare("SELECT number FROM numbers ORDER BY number")?;
        let numbers = statement.query_map([], |row| row.get(0))?;
        Ok(numbers.collect::<rusqlite::Result<_>>()?)
    });
    read.expect("a read")
}

/// The first goes on only when the others wait behind him, so that they all share his transaction;
/// and number 3 fails, and the transaction with him.
#[test]
fn one_that_fails_takes_nobody_along() {
    let (writer, table) = in_memory();
    let runs = Arc::new(AtomicUsize::new(0));
    let write = &|number: i64, go_on: Option<Receiver<()>>| {
        let (runs, go_on) = (runs.clone(), Mutex::new(go_on));
        let change = move |_: &Table, connection: &Connection| {
            runs.fetch_add(1, Ordering::Relaxed);
            if let Some(go_on) = go_on.lock().expect("no panic").take() {
                go_on.recv().expect("a word");
            }
            insert(connection, number)?;
            match number {
                3 => insert(connection, number),
                _ => Ok(()),
            }
        };
        writer.write(&ground(&table), TIMEOUT, 0, change)
    };
    let (say, go_on) = mpsc::channel();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| write(0, Some(go_on)));
        while runs.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        let others: Vec<_> = (1..8)
            .map(|number| (number, scope.spawn(move || write(number, None))))
            .collect();
        while writer.waiting() < 7 {
            std::thread::yield_now();
        }
        say.send(()).expect("the first waits");
        assert!(first.join().expect("no panic").is_ok());
        for (number, other) in others {
            let outcome = other.join().expect("no panic");
            assert_eq!(outcome.is_ok(), number != 3, "{number}");
        }
    });
    assert_eq!(numbers(&writer), [0, 1, 2, 4, 5, 6, 7]);
    let runs = runs.load(Ordering::Relaxed);
    assert!(
        runs > 8,
        "{runs} runs: nobody had to run again for number 3"
    );
}

#[test]
fn a_precondition_that_does_not_hold_ends_no_transaction() {
    let (writer, table) = in_memory();
    let refused = writer.write(&ground(&table), TIMEOUT, 0, |_, _| {
        Err::<(), _>(Fault::from(ErrorKind::Conflict))
    });
    assert_eq!(
        refused.map_err(|fault| fault.kind),
        Err(ErrorKind::Conflict)
    );
    let done = writer.write(&ground(&table), TIMEOUT, 0, |_, connection| {
        insert(connection, 1)
    });
    assert!(done.is_ok());
    assert_eq!(numbers(&writer), [1]);
}

/// As a sync does that fails; what SQLite offers for a test is a reference that leads nowhere,
/// which it looks at no sooner.
#[test]
fn a_commit_that_fails_is_indeterminate_and_the_next_one_succeeds() {
    let (writer, table) = in_memory();
    let prepare = "PRAGMA foreign_keys = ON;
        CREATE TABLE pointers (number REFERENCES numbers (number) DEFERRABLE INITIALLY DEFERRED)";
    let prepared = writer.read(|connection| Ok(connection.execute_batch(prepare)?));
    prepared.expect("a table");
    let failed = writer.write(&ground(&table), TIMEOUT, 0, |_, connection| {
        insert(connection, 1)?;
        Ok(connection.execute("INSERT INTO pointers VALUES (7)", [])?)
    });
    let kind = failed.map_err(|fault| fault.kind);
    assert_eq!(kind, Err(ErrorKind::Indeterminate));
    let done = writer.write(&ground(&table), TIMEOUT, 0, |_, connection| {
        insert(connection, 2)
    });
    assert!(done.is_ok());
    assert_eq!(numbers(&writer), [2]);
}

#[test]
fn a_full_database_is_full_until_there_is_room() {
    let (writer, table) = in_memory();
    let limit = |pages: i64| {
        let set = writer.read(|connection| {
            let pragma = format!("PRAGMA max_page_count = {pages}");
            Ok(connection.query_row(&pragma, [], |_| Ok(()))?)
        });
        set.expect("a limit");
    };
    let fill = |from: i64| {
        let change = move |_: &Table, connection: &Connection| {
            (from..from + 10_000).try_for_each(|number| insert(connection, number))
        };
        writer.write(&ground(&table), TIMEOUT, 0, change)
    };
    limit(20);
    assert_eq!(
        fill(0).map_err(|fault| fault.kind),
        Err(ErrorKind::StorageFull)
    );
    assert!(numbers(&writer).is_empty());
    limit(1_000);
    assert!(fill(0).is_ok());
    assert_eq!(numbers(&writer).len(), 10_000);
}

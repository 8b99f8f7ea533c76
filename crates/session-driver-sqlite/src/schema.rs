//! The format of a table, kept in the database beside it.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::table::Table;

/// What leads from each format to the next; the first step makes the table. A table is of the
/// format that so many steps lead to.
///
/// A later format gives a column of another meaning another name: a driver of this one that is open
/// then fails, and misreads nothing.
const STEPS: [fn(&Table) -> &str; 1] = [|table| &table.create];

/// The table that says of which format the others are. Its names are compared as SQLite compares
/// the names of tables, without case.
const CREATE_FORMATS: &str = "CREATE TABLE IF NOT EXISTS session_driver_tables (
    name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    format INTEGER NOT NULL
) STRICT";

/// Makes the table, or brings it to the newest format.
///
/// # Errors
/// Incompatible, and nothing is changed, when it is of a newer format, is somebody else's, or has
/// the name of another but for its case.
pub(crate) fn ensure_newest(connection: &mut Connection, table: &Table) -> Attempt<()> {
    // In a transaction, for another opener may be at it.
    if format_of(&*connection.transaction()?, table)? == STEPS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // The other may have been faster.
    for step in &STEPS[format_of(&transaction, table)?..] {
        transaction.execute_batch(step(table))?;
    }
    transaction.execute_batch(CREATE_FORMATS)?;
    transaction.execute(
        "INSERT OR REPLACE INTO session_driver_tables (name, format) VALUES (?1, ?2)",
        (&table.name, STEPS.len() as i64),
    )?;
    Ok(transaction.commit()?)
}

/// To be asked before anything of the database is changed.
///
/// # Errors
/// Unavailable when there is no such table and none may be made; Incompatible as [`ensure_newest`].
pub(crate) fn ensure_usable(
    connection: &mut Connection,
    table: &Table,
    create: bool,
) -> Attempt<()> {
    match format_of(&*connection.transaction()?, table)? {
        0 if !create => Err(Fault::new(
            ErrorKind::Unavailable,
            "the database has no table of sessions of this name",
        )),
        _ => Ok(()),
    }
}

/// # Errors
/// Incompatible when the table has become one of a newer format, Unavailable when it is gone.
pub(crate) fn ensure_unchanged(connection: &Connection, table: &Table) -> Attempt<()> {
    match format_of(connection, table)? == STEPS.len() {
        true => Ok(()),
        false => Err(Fault::new(
            ErrorKind::Unavailable,
            "the table was removed; open the store again",
        )),
    }
}

/// How many of the steps were taken: none for a table that is not there.
fn format_of(connection: &Connection, table: &Table) -> Attempt<usize> {
    let incompatible = |why: &'static str| Err(Fault::new(ErrorKind::Incompatible, why));
    let exists = |name: &str| -> Attempt<bool> {
        let mut statement = connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE)",
        )?;
        Ok(statement.query_row([name], |row| row.get(0))?)
    };
    let recorded: Option<(String, i64)> = if exists("session_driver_tables")? {
        let mut statement = connection
            .prepare_cached("SELECT name, format FROM session_driver_tables WHERE name = ?1")?;
        let row = statement.query_row([&table.name], |row| Ok((row.get(0)?, row.get(1)?)));
        row.optional()?
    } else {
        None
    };
    let Some((name, format)) = recorded else {
        return match exists(&table.name)? {
            true => {
                incompatible("a table, index or view of this name is there that holds no sessions")
            }
            false => Ok(0),
        };
    };
    if name != table.name {
        return incompatible("a table is there whose name differs only by case");
    }
    match usize::try_from(format) {
        Ok(format) if (1..=STEPS.len()).contains(&format) => {
            Ok(if exists(&table.name)? { format } else { 0 })
        }
        Ok(format) if format > STEPS.len() => {
            incompatible("the table is of a newer format; use a newer release")
        }
        _ => Err(Fault::new(
            ErrorKind::Corrupt,
            "no release wrote a table of this format",
        )),
    }
}

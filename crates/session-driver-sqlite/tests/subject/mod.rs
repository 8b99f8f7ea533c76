//! The SQLite driver as the suite sees it, and what lies beneath it.

use std::fs;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use session_driver_conformance::{
    Archive, BoxError, Cannot, Contents, EarlierStore, Place, Planted, Setup, Subject,
};
use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{Durability, Result, SessionId};

/// One database file a place, one table a namespace.
pub(crate) struct Sqlite(pub(crate) Durability);

impl Subject for Sqlite {
    type Driver = SqliteDriver;

    fn name(&self) -> String {
        match self.0 {
            Durability::Power => "sqlite-power".into(),
            Durability::None | Durability::Process => "sqlite".into(),
        }
    }

    fn place(&self) -> Result<Place, BoxError> {
        Place::in_temporary_directory()
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<SqliteDriver> {
        let mut builder = SqliteDriver::builder(place.path()).durability(self.0);
        if let Some(name) = &setup.namespace {
            builder = builder.table(name);
        }
        if let Some(bytes) = setup.max_payload_bytes {
            builder = builder.max_payload_bytes(bytes);
        }
        builder.open()
    }

    /// The rows of all tables, the entries of the index, and the names of the files.
    fn contents(&self, place: &Place) -> Result<Contents, BoxError> {
        let mut contents = Contents::new();
        let database = Connection::open(place.path())?;
        for table in tables(&database)? {
            let rows = format!("SELECT rowid, * FROM \"{table}\"");
            add_rows(&database, &table, &rows, &mut contents)?;
        }
        let entries = "SELECT rowid, expires_minute FROM sessions \
            INDEXED BY session_driver_expiry_of_sessions WHERE expires_minute IS NOT NULL";
        add_rows(&database, "index", entries, &mut contents)?;
        drop(database);
        let directory = place.directory().ok_or("the place has a directory")?;
        for entry in fs::read_dir(directory)? {
            contents.insert(entry?.file_name().into_encoded_bytes(), vec![]);
        }
        Ok(contents)
    }

    /// A file, other tables, and a row in the driver's table that no driver writes.
    fn add_foreign(&self, place: &Place) -> Result<(), BoxError> {
        Connection::open(place.path())?.execute_batch(
            "CREATE TABLE sessions_of_others (id TEXT UNIQUE, expires_at_ms INTEGER, payload BLOB);
             INSERT INTO sessions_of_others VALUES ('1', 1, 'theirs'), ('beside-others-1', 1, NULL);
             CREATE TABLE \"session s\" (id TEXT, expires_minute INTEGER);
             INSERT INTO \"session s\" VALUES ('a', 0);
             INSERT INTO sessions (id, version, checksum, payload)
             VALUES ('no id', 0, 0, x'00'), ('', 0, 0, x''), (CAST(x'FF' AS TEXT), 0, 0, x'');",
        )?;
        let directory = place.directory().ok_or("the place has a directory")?;
        Ok(fs::write(directory.join("read me"), "not the driver's")?)
    }

    /// The payload; the checksum vouches for it.
    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        let database = Connection::open(place.path())?;
        let select = "SELECT payload FROM sessions WHERE id = ?1";
        let found = database.query_row(select, [id.as_str()], |row| row.get(0));
        Ok(found.optional()?)
    }

    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        let database = Connection::open(place.path())?;
        let id = id.as_str();
        let changed = match what {
            Planted::Bytes(bytes) => database.execute(
                "UPDATE sessions SET payload = ?2 WHERE id = ?1",
                params![id, bytes],
            )?,
            // The table is STRICT: a column takes no value of another type.
            Planted::AnotherKind => database.execute(
                "UPDATE sessions SET expires_at_ms = -1, expires_minute = -1 WHERE id = ?1",
                [id],
            )?,
            _ => {
                let reason = "a table has one format for all its records: see `make_newer`";
                return Err(Cannot::because(reason).into());
            }
        };
        match changed {
            1 => Ok(()),
            _ => Err("there is no such row".into()),
        }
    }

    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        let database = Connection::open(place.path())?;
        let newer = "UPDATE session_driver_tables SET format = format + 1 WHERE name = 'sessions'";
        match database.execute(newer, [])? {
            1 => Ok(()),
            _ => Err("the table's format is not recorded".into()),
        }
    }

    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError> {
        let format_1: Archive = include_str!("../earlier/format-1.txt").parse()?;
        Ok(vec![format_1.in_files()?])
    }
}

fn tables(database: &Connection) -> rusqlite::Result<Vec<String>> {
    let select = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    database
        .prepare(select)?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Each row by its number, the columns one after another.
fn add_rows(
    database: &Connection,
    name: &str,
    select: &str,
    contents: &mut Contents,
) -> rusqlite::Result<()> {
    let mut statement = database.prepare(select)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut bytes = vec![];
        for column in 1..columns {
            match row.get_ref(column)? {
                ValueRef::Null => bytes.push(b'-'),
                ValueRef::Integer(number) => bytes.extend(number.to_le_bytes()),
                ValueRef::Real(number) => bytes.extend(number.to_le_bytes()),
                ValueRef::Text(text) | ValueRef::Blob(text) => bytes.extend(text),
            }
        }
        let number: i64 = row.get(0)?;
        contents.insert(format!("{name}: row {number}").into_bytes(), bytes);
    }
    Ok(())
}

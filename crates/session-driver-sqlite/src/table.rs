//! The table: its name, its columns, and the statements that use it.

use rusqlite::{Connection, OptionalExtension, Row};
use session_driver::{ErrorKind, NewRecord, Record, SessionId, Timestamp, Version};

use crate::fault::{Attempt, Fault};

/// What the names of the driver's own tables and indexes begin with; no table of sessions may.
pub(crate) const RESERVED: &str = "session_driver_";

/// What SQLite keeps for itself.
const RESERVED_BY_SQLITE: &str = "sqlite_";

const MINUTE_MS: i64 = 60_000;

/// The statements over one table of sessions, written once: they are found again by their text.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) create: String,
    select: String,
    upsert: String,
    touch: String,
    touch_within_minute: String,
    remove: String,
    rename: String,
    pub(crate) last_row: String,
    pub(crate) page: String,
    pub(crate) sweep: String,
    pub(crate) has_due: String,
}

impl Table {
    /// # Errors
    /// Incompatible when the name cannot be kept apart from the driver's or SQLite's own.
    pub(crate) fn named(name: &str) -> Attempt<Table> {
        let begins = |prefix: &str| {
            let start = name.as_bytes().get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        if name.is_empty() || name.contains('\0') || begins(RESERVED) || begins(RESERVED_BY_SQLITE)
        {
            return Err(Fault::new(
                ErrorKind::Incompatible,
                "a table's name is not empty, has no NUL, and begins with neither `sqlite_` nor `session_driver_`",
            ));
        }
        let (table, index) = (quoted(name), quoted(&format!("{RESERVED}expiry_of_{name}")));
        Ok(Table {
            name: name.into(),
            create: format!(
                "CREATE TABLE {table} (
    id TEXT NOT NULL COLLATE BINARY UNIQUE,
    expires_at_ms INTEGER, -- the first dead instant, in milliseconds since 1970-01-01 UTC; NULL: never
    expires_minute INTEGER, -- expires_at_ms / 60000: what a sweep looks by
    version INTEGER NOT NULL, -- another one after every store
    checksum INTEGER NOT NULL, -- CRC-32 of the version (8 bytes, the lowest first) and the payload
    payload BLOB NOT NULL
) STRICT;
CREATE INDEX {index} ON {table} (expires_minute) WHERE expires_minute IS NOT NULL;"
            ),
            select: format!(
                "SELECT expires_at_ms, version, checksum, payload FROM {table} WHERE id = ?1"
            ),
            upsert: format!(
                "INSERT INTO {table} (id, expires_at_ms, expires_minute, version, checksum, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id) DO UPDATE SET expires_at_ms = ?2, expires_minute = ?3, version = ?4, checksum = ?5, payload = ?6"
            ),
            touch: format!(
                "UPDATE {table} SET expires_at_ms = ?2, expires_minute = ?3 WHERE id = ?1"
            ),
            touch_within_minute: format!("UPDATE {table} SET expires_at_ms = ?2 WHERE id = ?1"),
            remove: format!("DELETE FROM {table} WHERE id = ?1 RETURNING expires_at_ms, version, checksum, payload"),
            rename: format!("UPDATE {table} SET id = ?2 WHERE id = ?1"),
            last_row: format!("SELECT max(rowid) FROM {table}"),
            page: format!(
                "SELECT id, expires_at_ms FROM {table} WHERE id > ?1 AND rowid <= ?2 ORDER BY id LIMIT ?3"
            ),
            sweep: format!(
                "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table}
WHERE expires_minute <= ?1 AND expires_at_ms BETWEEN 0 AND ?2 LIMIT ?3)"
            ),
            has_due: format!(
                "SELECT EXISTS (SELECT 1 FROM {table} WHERE expires_minute <= ?1 AND expires_at_ms BETWEEN 0 AND ?2)"
            ),
        })
    }

    /// The record under an id, whatever its deadline.
    ///
    /// # Errors
    /// Corrupt when the row is damaged.
    pub(crate) fn select(
        &self,
        connection: &Connection,
        id: &SessionId,
    ) -> Attempt<Option<Record>> {
        let mut statement = connection.prepare_cached(&self.select)?;
        let mut rows = statement.query([id.as_str()])?;
        rows.next()?
            .map(|row| sound(row, <[u8]>::to_vec))
            .transpose()
    }

    /// The same without the payload, which is read all the same: only so can damage be told.
    pub(crate) fn glance(
        &self,
        connection: &Connection,
        id: &SessionId,
    ) -> Attempt<Option<Record>> {
        let mut statement = connection.prepare_cached(&self.select)?;
        let mut rows = statement.query([id.as_str()])?;
        rows.next()?.map(|row| sound(row, |_| vec![])).transpose()
    }

    /// Puts a record in the place of whatever stands there.
    pub(crate) fn put(
        &self,
        connection: &Connection,
        id: &SessionId,
        record: NewRecord<'_>,
        version: Version,
    ) -> Attempt<()> {
        let expires_at = record.expires_at.map(Timestamp::as_millis);
        connection.prepare_cached(&self.upsert)?.execute((
            id.as_str(),
            expires_at,
            expires_at.map(minute_of),
            version.to_bits() as i64,
            checksum_of(version, record.payload),
            record.payload,
        ))?;
        Ok(())
    }

    /// Moves the deadline of a row that had the deadline `before`. The index is left alone where it
    /// can be: an entry that moves costs as much as the row.
    pub(crate) fn move_deadline(
        &self,
        connection: &Connection,
        id: &SessionId,
        before: Option<Timestamp>,
        after: Option<Timestamp>,
    ) -> Attempt<()> {
        let [before, after] = [before, after].map(|deadline| deadline.map(Timestamp::as_millis));
        let minute = after.map(minute_of);
        if before.map(minute_of) == minute {
            let mut statement = connection.prepare_cached(&self.touch_within_minute)?;
            statement.execute((id.as_str(), after))?;
        } else {
            let mut statement = connection.prepare_cached(&self.touch)?;
            statement.execute((id.as_str(), after, minute))?;
        }
        Ok(())
    }

    /// Takes a row away, and gives what it held; a damaged one is taken all the same.
    pub(crate) fn take(
        &self,
        connection: &Connection,
        id: &SessionId,
    ) -> Attempt<Option<Attempt<Record>>> {
        let mut statement = connection.prepare_cached(&self.remove)?;
        let taken = statement.query_row([id.as_str()], |row| Ok(sound(row, |_| vec![])));
        Ok(taken.optional()?)
    }

    /// Gives a row another id.
    pub(crate) fn rename(
        &self,
        connection: &Connection,
        from: &SessionId,
        to: &SessionId,
    ) -> Attempt<()> {
        let mut statement = connection.prepare_cached(&self.rename)?;
        statement.execute([from.as_str(), to.as_str()])?;
        Ok(())
    }
}

/// Reads a row of deadline, version, checksum and payload.
fn sound(row: &Row<'_>, payload: fn(&[u8]) -> Vec<u8>) -> Attempt<Record> {
    let expires_at = deadline(row, 0)?;
    let version = Version::from_bits(row.get::<_, i64>(1)? as u64);
    let bytes = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
    if row.get::<_, i64>(2)? != checksum_of(version, bytes) {
        return Err(Fault::new(
            ErrorKind::Corrupt,
            "the column checksum is not that of the version and the payload",
        ));
    }
    Ok(Record {
        payload: payload(bytes),
        expires_at,
        version,
    })
}

/// Reads a deadline.
///
/// # Errors
/// Corrupt when it is one that no driver writes.
pub(crate) fn deadline(row: &Row<'_>, column: usize) -> Attempt<Option<Timestamp>> {
    let Some(millis) = row.get::<_, Option<i64>>(column)? else {
        return Ok(None);
    };
    match Timestamp::from_millis(millis) {
        Some(deadline) => Ok(Some(deadline)),
        None => Err(Fault::new(
            ErrorKind::Corrupt,
            "the column expires_at_ms is negative",
        )),
    }
}

/// SQLite keeps no checksums of what it wrote into a database.
fn checksum_of(version: Version, payload: &[u8]) -> i64 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&version.to_bits().to_le_bytes());
    checksum.update(payload);
    checksum.finalize().into()
}

/// The minute that a deadline in milliseconds falls into.
pub(crate) fn minute_of(millis: i64) -> i64 {
    millis / MINUTE_MS
}

/// A name as it stands in a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

//! Visiting each live id.

use std::ops::ControlFlow;

use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};
use session_driver::{SessionId, Timestamp, is_live};

use crate::driver::SqliteDriver;
use crate::fault::Attempt;
use crate::table::{self, Table};

/// How many rows are read at once.
const PAGE_ROWS: usize = 256;

/// Live ids, and behind which text the next page begins: its bytes, for that of a damaged row may
/// be no UTF-8.
struct Page {
    ids: Vec<SessionId>,
    last: Option<Vec<u8>>,
}

impl SqliteDriver {
    /// Reads page after page in the order of the ids, so that one that is removed and created again
    /// is not met twice, and no row that was made after the beginning, so that it ends.
    pub(crate) fn try_traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Attempt<()> {
        let last_row = self.database.read(|table, connection| {
            let mut statement = connection.prepare_cached(&table.last_row)?;
            Ok(statement.query_row([], |row| row.get::<_, Option<i64>>(0))?)
        })?;
        let mut after = Some(Vec::new());
        while let (Some(begin), Some(last_row)) = (&after, last_row) {
            let page = self
                .database
                .read(|table, connection| page_after(table, connection, begin, last_row, now))?;
            if page.ids.iter().try_for_each(&mut *visit).is_break() {
                return Ok(());
            }
            after = page.last;
        }
        self.database.ensure_present()
    }
}

fn page_after(
    table: &Table,
    connection: &Connection,
    begin: &[u8],
    last_row: i64,
    now: Timestamp,
) -> Attempt<Page> {
    let mut page = Page {
        ids: Vec::new(),
        last: None,
    };
    let mut statement = connection.prepare_cached(&table.page)?;
    let begin = ToSqlOutput::Borrowed(ValueRef::Text(begin));
    let mut rows = statement.query((begin, last_row, PAGE_ROWS as i64))?;
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
        // Damaged records are visited; what is no id was put there by somebody else.
        if table::deadline(row, 1).map_or(true, |deadline| is_live(deadline, now)) {
            let text = std::str::from_utf8(id).ok();
            page.ids
                .extend(text.and_then(|text| SessionId::parse(text).ok()));
        }
        page.last = Some(id.into());
    }
    Ok(page)
}

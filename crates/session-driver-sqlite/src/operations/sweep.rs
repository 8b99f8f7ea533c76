//! Removing what is expired.

use std::num::NonZeroUsize;

use session_driver::{Swept, Timestamp};

use crate::driver::SqliteDriver;
use crate::fault::Attempt;
use crate::table::minute_of;

/// How many rows are removed at once: writers wait so long.
const CHUNK_ROWS: usize = 50;

impl SqliteDriver {
    pub(crate) fn try_sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Attempt<Swept> {
        let (now, minute) = (now.as_millis(), minute_of(now.as_millis()));
        let mut swept = 0;
        loop {
            let chunk = CHUNK_ROWS.min(limit.get() - swept);
            let removed = self.database.write(0, move |table, connection| {
                let mut statement = connection.prepare_cached(&table.sweep)?;
                Ok(statement.execute((minute, now, chunk as i64))?)
            })?;
            swept += removed;
            let more = match (removed < chunk, swept == limit.get()) {
                (true, _) => false,
                (false, false) => continue,
                (false, true) => self.database.read(|table, connection| {
                    let mut statement = connection.prepare_cached(&table.has_due)?;
                    Ok(statement.query_row((minute, now), |row| row.get(0))?)
                })?,
            };
            return Ok(Swept {
                removed: swept as u64,
                more,
            });
        }
    }
}

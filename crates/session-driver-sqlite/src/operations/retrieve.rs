//! Reading a record.

use session_driver::{Record, SessionId, Timestamp};

use crate::driver::SqliteDriver;
use crate::fault::Attempt;

impl SqliteDriver {
    pub(crate) fn try_retrieve(&self, id: &SessionId, now: Timestamp) -> Attempt<Option<Record>> {
        let found = self
            .database
            .read(|table, connection| table.select(connection, id))?;
        if found.is_none() {
            self.database.ensure_present()?;
        }
        Ok(found.filter(|record| record.is_live(now)))
    }
}

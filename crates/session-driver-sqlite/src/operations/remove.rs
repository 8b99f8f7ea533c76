//! Making an id absent.

use session_driver::{SessionId, Timestamp};

use crate::driver::SqliteDriver;
use crate::fault::Attempt;

impl SqliteDriver {
    pub(crate) fn try_remove(&self, id: &SessionId, now: Timestamp) -> Attempt<bool> {
        let id = id.clone();
        self.database.write(0, move |table, connection| {
            Ok(match table.take(connection, &id)? {
                Some(Ok(record)) => record.is_live(now),
                // Damaged: nobody can say that it was not live.
                Some(Err(_)) => true,
                None => false,
            })
        })
    }
}

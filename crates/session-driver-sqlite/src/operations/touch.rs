//! Moving a deadline.

use session_driver::{SessionId, Timestamp, is_live};

use crate::driver::SqliteDriver;
use crate::fault::Attempt;

impl SqliteDriver {
    pub(crate) fn try_touch(
        &self,
        id: &SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Attempt<bool> {
        let id = id.clone();
        self.database.write(0, move |table, connection| {
            let found = table.glance(connection, &id)?;
            let Some(found) = found.filter(|record| record.is_live(now)) else {
                return Ok(false);
            };
            if is_live(expires_at, now) {
                table.move_deadline(connection, &id, found.expires_at, expires_at)?;
            } else {
                table.take(connection, &id)?;
            }
            Ok(true)
        })
    }
}

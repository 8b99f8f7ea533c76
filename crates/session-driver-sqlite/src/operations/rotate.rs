//! Moving a record to another id.

use session_driver::{ErrorKind, SessionId, Timestamp, Version};

use crate::driver::SqliteDriver;
use crate::fault::{Attempt, Fault};

impl SqliteDriver {
    pub(crate) fn try_rotate(
        &self,
        from: &SessionId,
        to: &SessionId,
        now: Timestamp,
    ) -> Attempt<Option<Version>> {
        let (from, to) = (from.clone(), to.clone());
        self.database.write(0, move |table, connection| {
            let found = table.glance(connection, &from)?;
            let Some(found) = found.filter(|record| record.is_live(now)) else {
                return Ok(None);
            };
            if let Some(there) = table.glance(connection, &to)? {
                if there.is_live(now) {
                    return Err(Fault::from(ErrorKind::AlreadyExists));
                }
                // Expired: whether or not the rotate succeeds, it may be discarded.
                table.take(connection, &to)?;
            }
            table.rename(connection, &from, &to)?;
            Ok(Some(found.version))
        })
    }
}

//! Setting payload and deadline.

use session_driver::{ErrorKind, NewRecord, Precondition, SessionId, Timestamp, Version};

use crate::driver::SqliteDriver;
use crate::fault::{Attempt, Fault};

impl SqliteDriver {
    pub(crate) fn try_store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Attempt<Version> {
        if record.payload.len() > self.max_payload_bytes {
            return Err(Fault::from(ErrorKind::PayloadTooLarge));
        }
        let version = Version::random().map_err(|error| Fault::new(error.kind(), error))?;
        let (id, payload, expires_at) = (id.clone(), record.payload.to_vec(), record.expires_at);
        self.database
            .write(payload.len(), move |table, connection| {
                // Any replaces a damaged record, too.
                if when != Precondition::Any {
                    let found = table.glance(connection, &id)?;
                    let live = found.filter(|record| record.is_live(now));
                    when.check(live.map(|record| record.version))?;
                }
                let record = NewRecord {
                    payload: &payload,
                    expires_at,
                };
                if record.is_live(now) {
                    table.put(connection, &id, record, version)?;
                } else {
                    table.take(connection, &id)?;
                }
                Ok(version)
            })
    }
}

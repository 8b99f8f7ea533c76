//! Reading a record, without a lock.

use session_driver::{Record, SessionId, Timestamp};
use session_driver_envelope::decode;

use crate::driver::SledDriver;
use crate::fault::Attempt;

impl SledDriver {
    pub(crate) fn try_retrieve(&self, id: &SessionId, now: Timestamp) -> Attempt<Option<Record>> {
        self.root.ensure_present_now_and_then()?;
        let Some(bytes) = self.engine.get(id.as_bytes())? else {
            return Ok(None);
        };
        let record = decode(&bytes)?;
        Ok(record.is_live(now).then(|| record.to_record()))
    }
}

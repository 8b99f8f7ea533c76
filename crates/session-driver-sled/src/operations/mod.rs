//! The operations, a file each, named and ordered as in the trait, and what several of them share.

mod remove;
mod retrieve;
mod rotate;
mod store;
mod sweep;
mod touch;
mod traverse;

use session_driver::{Durability, SessionId, Timestamp, Version, is_live};
use session_driver_envelope::{Header, decode};
use sled::IVec;

use crate::driver::SledDriver;
use crate::fault::{Attempt, Fault};
use crate::key;

/// What stands under an id.
enum Found {
    Absent,
    Sound(Stored),
    /// It is no record, or one of a newer format, as the fault says.
    Damaged(Fault),
}

/// A record's deadline and version.
type Head = (Option<Timestamp>, Version);

/// A record as it is kept.
struct Stored {
    expires_at: Option<Timestamp>,
    version: Version,
    bytes: IVec,
}

impl Stored {
    fn is_live(&self, now: Timestamp) -> bool {
        is_live(self.expires_at, now)
    }

    fn bucket(&self) -> Option<u64> {
        key::bucket(self.expires_at)
    }
}

impl SledDriver {
    /// Reads what stands under an id. Whoever writes then holds the id's lock.
    fn find(&self, id: &SessionId) -> Attempt<Found> {
        self.root.ensure_present_now_and_then()?;
        self.find_as(id, |bytes| {
            let record = decode(bytes)?;
            Ok((record.expires_at, record.version))
        })
    }

    /// As [`find`](SledDriver::find), for one who replaces the payload whatever it is: it is not
    /// read, and may be damaged; and the files are looked for when it is replaced.
    fn find_to_replace(&self, id: &SessionId) -> Attempt<Found> {
        self.find_as(id, |bytes| {
            let header = Header::read(bytes)?;
            Ok((header.expires_at, header.version))
        })
    }

    fn find_as(&self, id: &SessionId, read: fn(&[u8]) -> Attempt<Head>) -> Attempt<Found> {
        let Some(bytes) = self.engine.get(id.as_bytes())? else {
            return Ok(Found::Absent);
        };
        Ok(match read(&bytes) {
            Ok((expires_at, version)) => Found::Sound(Stored {
                expires_at,
                version,
                bytes,
            }),
            Err(fault) => Found::Damaged(fault),
        })
    }

    /// To be asked before something of about so many bytes is written. Where a success survives
    /// nothing, the files are not looked for each time.
    fn ensure_writable(&self, len: usize) -> Attempt<()> {
        if self.engine.durability >= Durability::Process {
            self.root.ensure_named()?;
        }
        self.root.ensure_room(len)
    }

    /// Puts a record's bytes under an id, and its entry into the index, from where it was in it. A
    /// crash in between leaves an entry too many, never one too few: a sweep would not find the
    /// record. Whatever fails once the record is there leaves it there.
    fn put(
        &self,
        id: &SessionId,
        bytes: IVec,
        bucket: Option<u64>,
        was_in: Option<u64>,
    ) -> Attempt<()> {
        self.ensure_writable(bytes.len())?;
        if let Some(bucket) = bucket.filter(|_| bucket != was_in) {
            self.engine.insert(&key::entry(bucket, id), &[])?;
        }
        self.engine.insert(id.as_bytes(), bytes)?;
        match was_in.filter(|_| bucket != was_in) {
            Some(bucket) => self.forget_entry(bucket, id),
            None => Ok(()),
        }
    }

    /// Takes away what stands under an id, and then its entry in the index. Whatever fails then
    /// does not bring it back.
    fn discard(&self, id: &SessionId, bucket: Option<u64>) -> Attempt<()> {
        self.ensure_writable(0)?;
        self.engine.remove(id.as_bytes())?;
        match bucket {
            Some(bucket) => self.forget_entry(bucket, id),
            None => Ok(()),
        }
    }

    /// The last step of a change: if sled has stopped before it, the change was made all the same.
    fn forget_entry(&self, bucket: u64, id: &SessionId) -> Attempt<()> {
        let entry = key::entry(bucket, id);
        self.engine.remove(&entry).map_err(Fault::indeterminate)
    }
}

//! The driver: the contract over files.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use session_driver::{
    Capabilities, ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionDriver,
    SessionId, Sharing, Swept, Timestamp, Version, is_live,
};

use crate::builder::FileDriverBuilder;
use crate::fault::{Attempt, Fault};
use crate::image::{self, Glance, Image};
use crate::lock::Patience;
use crate::name::FileName;
use crate::root::{OUTAGE_BOUND, Root};
use crate::session_file::{SessionFile, Stored};
use crate::shard::Shard;
use crate::sweep::{Cursor, Step};

/// How often a read without the lock is repeated when it meets a write half-way, before it takes the lock.
const UNLOCKED_READS: usize = 16;

/// Keeps each session in a file of its own, in one directory.
///
/// Any number of threads and processes of one host may have the directory open. Reads take no lock; writes lock the one session's
/// file. See the [crate's documentation](crate) for what is on disk.
pub struct FileDriver {
    root: Root,
    max_payload_bytes: usize,
    lock_timeout: Duration,
    cursor: Mutex<Cursor>,
}

impl FileDriver {
    /// Opens the store in `path` with the default settings, and makes it when nothing or an empty directory is there.
    ///
    /// # Errors
    /// As [`FileDriverBuilder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<FileDriver> {
        FileDriver::builder(path).open()
    }

    /// Settings for a store in `path`, which exists, is empty, or is yet to be made in a directory that exists.
    #[must_use]
    pub fn builder(path: impl AsRef<Path>) -> FileDriverBuilder {
        FileDriverBuilder::new(path.as_ref())
    }

    pub(crate) fn new(root: Root, max_payload_bytes: usize, lock_timeout: Duration) -> FileDriver {
        FileDriver {
            root,
            max_payload_bytes,
            lock_timeout,
            cursor: Mutex::new(Cursor::new()),
        }
    }

    fn patience(&self) -> Patience {
        Patience::new(self.lock_timeout)
    }

    /// The shard of an id, or `None` when nothing was ever stored in it.
    fn shard_of(&self, id: &SessionId) -> Attempt<Option<Shard<'_>>> {
        self.root.ensure_present_now_and_then()?;
        self.root.shard(self.root.shard_of(id))
    }

    /// Says that there is no such session, if the store is there: a missing file in a missing directory means nothing (rule ERR-7).
    fn absent<T>(&self, shard: Option<&Shard<'_>>, answer: T) -> Attempt<T> {
        shard.map_or(Ok(()), Shard::ensure_present)?;
        self.root.ensure_present()?;
        Ok(answer)
    }

    /// The locked file of an id, or `None` when there is none.
    fn lock(
        &self,
        id: &SessionId,
        name: &FileName,
        patience: &mut Patience,
    ) -> Attempt<Option<SessionFile>> {
        match self.shard_of(id)? {
            Some(shard) => match shard.lock(name, patience)? {
                Some(file) => Ok(Some(file)),
                None => self.absent(Some(&shard), None),
            },
            None => self.absent(None, None),
        }
    }

    fn unlink(&self, id: &SessionId, name: &FileName, patience: &mut Patience) -> Attempt<()> {
        self.root
            .shard_to_create_in(self.root.shard_of(id))?
            .unlink(name, patience)
    }

    fn create(
        &self,
        id: &SessionId,
        name: &FileName,
        record: NewRecord<'_>,
        version: Version,
        patience: &mut Patience,
    ) -> Attempt<()> {
        self.root
            .shard_to_create_in(self.root.shard_of(id))?
            .create(name, record, version, patience)
    }

    /// The record of an id whatever its deadline, or `None` when there is none.
    fn read(&self, id: &SessionId) -> Attempt<Option<Record>> {
        let name = FileName::of(id);
        let Some(shard) = self.shard_of(id)? else {
            return self.absent(None, None);
        };
        let Some(file) = shard.open(&name)? else {
            return self.absent(Some(&shard), None);
        };
        for _ in 0..UNLOCKED_READS {
            if let Some(record) = image::read(file.as_fd(), settled_record)? {
                return Ok(Some(record));
            }
        }
        let Some(file) = shard.lock_to_read(&name, &mut self.patience())? else {
            return self.absent(Some(&shard), None);
        };
        let (
            Stored {
                expires_at,
                version,
                ..
            },
            payload,
        ) = file.stored_with_payload()?;
        Ok(Some(Record {
            payload,
            expires_at,
            version,
        }))
    }

    fn store_locked(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Attempt<Version> {
        if record.payload.len() > self.max_payload_bytes {
            return Err(Fault::from(ErrorKind::PayloadTooLarge));
        }
        let name = FileName::of(id);
        let version = Version::random().map_err(|error| Fault::new(error.kind(), error))?;
        let mut patience = self.patience();
        loop {
            let locked = self
                .lock(id, &name, &mut patience)
                .and_then(|file| match file {
                    Some(file) => file.stored().map(|stored| Some((file, stored))),
                    None => Ok(None),
                });
            match locked {
                Ok(Some((file, stored))) => {
                    when.check(stored.is_live(now).then_some(stored.version))?;
                    if record.is_live(now) {
                        file.replace(&stored, record, version)?;
                    } else {
                        self.unlink(id, &name, &mut patience)?;
                    }
                    return Ok(version);
                }
                Err(fault) if fault.kind == ErrorKind::Corrupt && when == Precondition::Any => {
                    self.unlink(id, &name, &mut patience)?;
                }
                Err(fault) => return Err(fault),
                Ok(None) => when.check(None)?,
            }
            if !record.is_live(now) {
                return Ok(version);
            }
            match self.create(id, &name, record, version, &mut patience) {
                // Another store was faster; what it made is judged in the next round.
                Err(fault) if fault.kind == ErrorKind::AlreadyExists => patience.wait()?,
                outcome => return outcome.map(|()| version),
            }
        }
    }

    fn touch_locked(
        &self,
        id: &SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Attempt<bool> {
        let (name, mut patience) = (FileName::of(id), self.patience());
        let Some(file) = self.lock(id, &name, &mut patience)? else {
            return Ok(false);
        };
        let stored = file.stored()?;
        if !stored.is_live(now) {
            return Ok(false);
        }
        if is_live(expires_at, now) {
            file.touch(&stored, expires_at)?;
        } else {
            self.unlink(id, &name, &mut patience)?;
        }
        Ok(true)
    }

    fn remove_locked(&self, id: &SessionId, now: Timestamp) -> Attempt<bool> {
        let (name, mut patience) = (FileName::of(id), self.patience());
        let was_live = match self.lock(id, &name, &mut patience) {
            Ok(None) => return Ok(false),
            Ok(Some(file)) => match file.stored() {
                Ok(stored) => (stored.is_live(now), Some(file)),
                Err(fault)
                    if matches!(fault.kind, ErrorKind::Corrupt | ErrorKind::Incompatible) =>
                {
                    (true, Some(file))
                }
                Err(fault) => return Err(fault),
            },
            // What stands at the id's place is no file, and has no lock to hold.
            Err(fault) if fault.kind == ErrorKind::Corrupt => (true, None),
            Err(fault) => return Err(fault),
        };
        self.unlink(id, &name, &mut patience)?;
        Ok(was_live.0)
    }

    /// Creates `to` and then removes `from`, both under their locks, which are taken in the order of the names so that no two rotates
    /// wait for each other.
    fn rotate_locked(
        &self,
        from: &SessionId,
        to: &SessionId,
        now: Timestamp,
    ) -> Attempt<Option<Version>> {
        let (source, target) = (FileName::of(from), FileName::of(to));
        let mut patience = self.patience();
        loop {
            let mut target_file = Ok(None);
            if target < source {
                target_file = self.lock(to, &target, &mut patience);
            }
            let Some(source_file) = self.lock(from, &source, &mut patience)? else {
                return Ok(None);
            };
            let (stored, payload) = source_file.stored_with_payload()?;
            if !stored.is_live(now) {
                return Ok(None);
            }
            if source == target {
                return Err(Fault::from(ErrorKind::AlreadyExists));
            }
            if source < target {
                target_file = self.lock(to, &target, &mut patience);
            }
            let record = NewRecord {
                payload: &payload,
                expires_at: stored.expires_at,
            };
            match target_file? {
                Some(file) => {
                    let expired = file.stored()?;
                    if expired.is_live(now) {
                        return Err(Fault::from(ErrorKind::AlreadyExists));
                    }
                    file.replace(&expired, record, stored.version)?;
                }
                None => match self.create(to, &target, record, stored.version, &mut patience) {
                    // A store was faster; what it made is judged in the next round.
                    Err(fault) if fault.kind == ErrorKind::AlreadyExists => {
                        drop(source_file);
                        patience.wait()?;
                        continue;
                    }
                    outcome => outcome?,
                },
            }
            // The record is under `to` now, so a failure is no longer one that changed nothing.
            self.unlink(from, &source, &mut patience)
                .map_err(Fault::indeterminate)?;
            return Ok(Some(stored.version));
        }
    }

    fn traverse_shards(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Attempt<()> {
        for index in 0..self.root.shard_count() {
            let Some(shard) = self.root.shard(index)? else {
                continue;
            };
            for id in shard.list(&mut self.patience())?.ids {
                if self.counts_as_live(&shard, &id, now)? && visit(&id).is_break() {
                    return Ok(());
                }
            }
        }
        self.root.ensure_present()
    }

    /// Whether a traversal visits the id: it is live, or damaged so that nobody can tell.
    fn counts_as_live(&self, shard: &Shard<'_>, id: &SessionId, now: Timestamp) -> Attempt<bool> {
        match self.deadline(shard, id) {
            Ok(Some(expires_at)) => Ok(is_live(expires_at, now)),
            Ok(None) => Ok(false),
            Err(fault) if matches!(fault.kind, ErrorKind::Corrupt | ErrorKind::Incompatible) => {
                Ok(true)
            }
            Err(fault) => Err(fault),
        }
    }

    /// The deadline of an id, or `None` when there is no such record.
    fn deadline(&self, shard: &Shard<'_>, id: &SessionId) -> Attempt<Option<Option<Timestamp>>> {
        let Some(file) = shard.open(&FileName::of(id))? else {
            return Ok(None);
        };
        match image::glance(file.as_fd())? {
            Glance::Deadline(expires_at) => Ok(Some(expires_at)),
            Glance::Unclear => Ok(self.read(id)?.map(|record| record.expires_at)),
        }
    }

    fn sweep_shards(&self, now: Timestamp, limit: NonZeroUsize) -> Attempt<Swept> {
        // Poisoned or not, the cursor only says where to look next.
        let mut cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let mut swept = Swept::default();
        cursor.advance_to(now);
        loop {
            match cursor.next(self.root.shard_count()) {
                Step::Remove(id) if swept.removed == limit.get() as u64 => {
                    cursor.put_back(id);
                    return Ok(Swept {
                        more: true,
                        ..swept
                    });
                }
                Step::Remove(id) => swept.removed += u64::from(self.remove_expired(&id, now)?),
                Step::List(shard) => cursor.found(self.due(shard, now)?),
                Step::Done => {
                    self.root.ensure_present()?;
                    return Ok(swept);
                }
            }
        }
    }

    /// The ids in a shard that look expired. Clears what dead processes left on the way.
    fn due(&self, index: usize, now: Timestamp) -> Attempt<Vec<SessionId>> {
        let Some(shard) = self.root.shard(index)? else {
            return Ok(Vec::new());
        };
        let listing = shard.list(&mut self.patience())?;
        for unfinished in &listing.unfinished {
            shard.clear(unfinished)?;
        }
        let mut due = Vec::new();
        for id in listing.ids {
            if !self.counts_as_live(&shard, &id, now)? {
                due.push(id);
            }
        }
        Ok(due)
    }

    /// Removes the record if, under its lock, it is expired indeed: it may have been renewed since it was found (rule SWP-3).
    fn remove_expired(&self, id: &SessionId, now: Timestamp) -> Attempt<bool> {
        let (name, mut patience) = (FileName::of(id), self.patience());
        let expired = |file: &SessionFile| file.stored().map(|stored| !stored.is_live(now));
        match self.lock(id, &name, &mut patience) {
            Ok(Some(file)) => match expired(&file) {
                Ok(true) => self.unlink(id, &name, &mut patience).map(|()| true),
                Ok(false) => Ok(false),
                Err(fault)
                    if matches!(fault.kind, ErrorKind::Corrupt | ErrorKind::Incompatible) =>
                {
                    Ok(false)
                }
                Err(fault) => Err(fault),
            },
            Ok(None) => Ok(false),
            Err(fault) if fault.kind == ErrorKind::Corrupt => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}

/// The record, if a read without the lock may be believed.
fn settled_record(image: Image<'_>) -> Option<Record> {
    let Image::Slots(slots) = image else {
        return None;
    };
    let (slot, payload) = slots.current.filter(|_| slots.settled)?;
    Some(Record {
        payload: payload.into_owned(),
        expires_at: slot.deadline?,
        version: slot.version,
    })
}

impl SessionDriver for FileDriver {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            persistent: true,
            embedded: true,
            sharing: Sharing::Process,
            rotate_keeps_version: true,
            durability: self.root.durability,
            max_payload_bytes: self.max_payload_bytes,
            contention_bound: self.lock_timeout,
            outage_bound: OUTAGE_BOUND,
            traverse_bytes_per_id: 256,
            space_factor: 12,
            ..Capabilities::MINIMAL
        }
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        match self.read(id) {
            Ok(record) => Ok(record.filter(|record| record.is_live(now))),
            Err(fault) => Err(fault.during(Operation::Retrieve)),
        }
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.store_locked(id, record, when, now)
            .map_err(|fault| fault.during(Operation::Store))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        self.touch_locked(id, expires_at, now)
            .map_err(|fault| fault.during(Operation::Touch))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.remove_locked(id, now)
            .map_err(|fault| fault.during(Operation::Remove))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        self.rotate_locked(from, to, now)
            .map_err(|fault| fault.during(Operation::Rotate))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.traverse_shards(now, visit)
            .map_err(|fault| fault.during(Operation::Traverse))
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.sweep_shards(now, limit)
            .map_err(|fault| fault.during(Operation::Sweep))
    }
}

impl fmt::Debug for FileDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileDriver")
            .field("path", &self.root.path())
            .finish_non_exhaustive()
    }
}

//! What a saboteur does where it has no fault. Every operation is one stretch under the lock; the
//! races are what saboteurs make of that.

use std::fmt;
use std::num::NonZeroUsize;

use session_driver::{
    Capabilities, ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionId, Swept,
    Timestamp, Version,
};

use crate::saboteur::Visit;
use crate::shelf::{Handle, Records, error};
use crate::subject::Opening;

pub(crate) fn open(opening: &Opening<'_>) -> Result<String> {
    match opening.namespace {
        Some(_) => Err(error(ErrorKind::Unsupported, Operation::Open)),
        None => Ok(opening.locator.into()),
    }
}

pub(crate) fn key(_: &Handle, id: &SessionId) -> SessionId {
    id.clone()
}

pub(crate) fn debug(_: &Handle, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("Handle")
}

pub(crate) fn capabilities(handle: &Handle) -> Capabilities {
    Capabilities {
        atomic_rotate: true,
        rotate_keeps_version: true,
        max_payload_bytes: handle.max_payload_bytes,
        ..Capabilities::MINIMAL
    }
}

pub(crate) fn retrieve(handle: &Handle, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
    Ok(handle.records().live(id, now).cloned())
}

pub(crate) fn store(
    handle: &Handle,
    id: &SessionId,
    record: NewRecord<'_>,
    when: Precondition,
    now: Timestamp,
) -> Result<Version> {
    store_if(handle, id, record, now, |stored| {
        let live = stored.filter(|stored| stored.is_live(now));
        when.check(live.map(|live| live.version))
    })
}

/// Stores if `judge` allows it, which sees what lies under the id, expired or not.
pub(crate) fn store_if(
    handle: &Handle,
    id: &SessionId,
    record: NewRecord<'_>,
    now: Timestamp,
    judge: impl FnOnce(Option<&Record>) -> Result<(), ErrorKind>,
) -> Result<Version> {
    fits(handle, record)?;
    let mut records = handle.records();
    judge(records.get(id)).map_err(|kind| error(kind, Operation::Store))?;
    Ok(write(handle, &mut records, id, record, now))
}

pub(crate) fn fits(handle: &Handle, record: NewRecord<'_>) -> Result<()> {
    if record.payload.len() > handle.max_payload_bytes {
        return Err(error(ErrorKind::PayloadTooLarge, Operation::Store));
    }
    Ok(())
}

/// The part of a store that cannot be refused.
pub(crate) fn write(
    handle: &Handle,
    records: &mut Records,
    id: &SessionId,
    record: NewRecord<'_>,
    now: Timestamp,
) -> Version {
    let version = handle.next_version();
    put(records, id, record, version, now);
    version
}

/// Puts a record there under this version, or discards what is there if the new one is dead.
pub(crate) fn put(
    records: &mut Records,
    id: &SessionId,
    record: NewRecord<'_>,
    version: Version,
    now: Timestamp,
) {
    if !record.is_live(now) {
        records.take(id);
        return;
    }
    let NewRecord {
        payload,
        expires_at,
    } = record;
    let payload = payload.to_vec();
    records.put(
        id,
        Record {
            payload,
            expires_at,
            version,
        },
    );
}

/// A store that takes its version from elsewhere.
pub(crate) fn store_as(
    handle: &Handle,
    id: &SessionId,
    record: NewRecord<'_>,
    when: Precondition,
    now: Timestamp,
    version: impl FnOnce(&Records) -> Version,
) -> Result<Version> {
    fits(handle, record)?;
    let mut records = handle.records();
    when.check(records.live(id, now).map(|live| live.version))
        .map_err(|kind| error(kind, Operation::Store))?;
    let version = version(&records);
    put(&mut records, id, record, version, now);
    Ok(version)
}

pub(crate) fn touch(
    handle: &Handle,
    id: &SessionId,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool> {
    let mut records = handle.records();
    let Some(record) = records.live(id, now).cloned() else {
        return Ok(false);
    };
    move_deadline(&mut records, id, record, expires_at, now);
    Ok(true)
}

/// Puts a record back with another deadline, or takes it away if that has passed.
pub(crate) fn move_deadline(
    records: &mut Records,
    id: &SessionId,
    record: Record,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) {
    let moved = Record {
        expires_at,
        ..record
    };
    if moved.is_live(now) {
        records.put(id, moved);
    } else {
        records.take(id);
    }
}

pub(crate) fn remove(handle: &Handle, id: &SessionId, now: Timestamp) -> Result<bool> {
    let taken = handle.records().take(id);
    Ok(taken.is_some_and(|record| record.is_live(now)))
}

pub(crate) fn rotate(
    handle: &Handle,
    from: &SessionId,
    to: &SessionId,
    now: Timestamp,
) -> Result<Option<Version>> {
    let mut records = handle.records();
    let Some(record) = records.live(from, now).cloned() else {
        return Ok(None);
    };
    if records.live(to, now).is_some() {
        return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
    }
    let version = record.version;
    records.take(from);
    records.put(to, record);
    Ok(Some(version))
}

pub(crate) fn traverse(handle: &Handle, now: Timestamp, visit: Visit<'_>) -> Result<()> {
    let live = handle.live_ids(now);
    // Whether the visitor breaks or comes to the end is all the same.
    let _ = live.iter().try_for_each(visit);
    Ok(())
}

pub(crate) fn sweep(handle: &Handle, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
    let mut records = handle.records();
    let due: Vec<SessionId> = records.due(now).take(limit.get()).cloned().collect();
    for id in &due {
        records.take(id);
    }
    Ok(Swept {
        removed: due.len() as u64,
        more: records.due(now).next().is_some(),
    })
}

//! The operations, on what was read from the file.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use session_driver::{
    ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionId, Swept, Timestamp,
    Version, is_live,
};

use super::{Dump, Records, error};

fn live<'a>(records: &'a Records, id: &SessionId, now: Timestamp) -> Option<&'a Record> {
    records
        .get(id.as_str())
        .filter(|record| record.is_live(now))
}

pub(crate) fn retrieve(dump: &Dump, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
    let records = dump.read(Operation::Retrieve)?;
    let unreadable = |kind| error(kind, Operation::Retrieve);
    records.readable(id).map_err(unreadable)?;
    Ok(live(&records, id, now).cloned())
}

pub(crate) fn store(
    dump: &Dump,
    id: &SessionId,
    record: NewRecord<'_>,
    when: Precondition,
    now: Timestamp,
) -> Result<Version> {
    if record.payload.len() > dump.max_payload_bytes {
        return Err(error(ErrorKind::PayloadTooLarge, Operation::Store));
    }
    let version = Version::random()?;
    dump.change(Operation::Store, |records| {
        match (records.readable(id), when) {
            (Err(ErrorKind::Corrupt), Precondition::Any) => {
                drop(records.broken.remove(id.as_str()));
            }
            (readable, _) => readable?,
        }
        when.check(live(records, id, now).map(|live| live.version))?;
        put(records, id, record, version, now);
        Ok(version)
    })
}

fn put(
    records: &mut Records,
    id: &SessionId,
    new: NewRecord<'_>,
    version: Version,
    now: Timestamp,
) {
    if !new.is_live(now) {
        records.remove(id.as_str());
        return;
    }
    let record = Record {
        payload: new.payload.to_vec(),
        expires_at: new.expires_at,
        version,
    };
    records.insert(id.as_str().into(), record);
}

pub(crate) fn touch(
    dump: &Dump,
    id: &SessionId,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool> {
    dump.change(Operation::Touch, |records| {
        records.readable(id)?;
        if live(records, id, now).is_none() {
            return Ok(false);
        }
        if !is_live(expires_at, now) {
            records.remove(id.as_str());
        } else if let Some(record) = records.get_mut(id.as_str()) {
            record.expires_at = expires_at;
        }
        Ok(true)
    })
}

pub(crate) fn remove(dump: &Dump, id: &SessionId, now: Timestamp) -> Result<bool> {
    dump.change(Operation::Remove, |records| {
        if records.broken.remove(id.as_str()).is_some() {
            return Ok(true);
        }
        let removed = records.remove(id.as_str());
        Ok(removed.is_some_and(|record| record.is_live(now)))
    })
}

pub(crate) fn rotate(
    dump: &Dump,
    from: &SessionId,
    to: &SessionId,
    now: Timestamp,
) -> Result<Option<Version>> {
    dump.change(Operation::Rotate, |records| {
        records.readable(from)?;
        records.readable(to)?;
        let Some(record) = live(records, from, now).cloned() else {
            return Ok(None);
        };
        if live(records, to, now).is_some() {
            return Err(ErrorKind::AlreadyExists);
        }
        let version = record.version;
        records.remove(from.as_str());
        records.insert(to.as_str().into(), record);
        Ok(Some(version))
    })
}

pub(crate) fn traverse(
    dump: &Dump,
    now: Timestamp,
    visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
) -> Result<()> {
    let records = dump.read(Operation::Traverse)?;
    let live: Vec<SessionId> = records
        .iter()
        .filter(|(_, record)| record.is_live(now))
        .map(|(id, _)| id)
        .chain(records.broken.keys())
        .filter_map(|id| SessionId::parse(id).ok())
        .collect();
    drop(records);
    // Whether the visitor breaks or comes to the end is all the same.
    let _ = live.iter().try_for_each(visit);
    Ok(())
}

pub(crate) fn sweep(dump: &Dump, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
    dump.change(Operation::Sweep, |records| {
        let due = records.iter().filter(|(_, record)| !record.is_live(now));
        let due: Vec<String> = due.map(|(id, _)| id.clone()).collect();
        for id in due.iter().take(limit.get()) {
            records.remove(id);
        }
        Ok(Swept {
            removed: due.len().min(limit.get()) as u64,
            more: due.len() > limit.get(),
        })
    })
}

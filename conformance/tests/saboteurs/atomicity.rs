//! ATM: faults that show half of an operation.

use session_driver::{NewRecord, Record, SessionId};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{Handle, pause};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "torn-write-shows-a-prefix",
        fault: "writes the file in place, and readers take no lock",
        breaks: &["ATM-1"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            let whole = handle.records().get(id).cloned();
            if let Some(whole) = whole {
                let payload = record.payload[..record.payload.len() / 2].to_vec();
                swap(
                    handle,
                    id,
                    &whole,
                    Record {
                        payload,
                        ..whole.clone()
                    },
                );
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "torn-write-shows-nothing",
        fault: "truncates the file before it writes: a third of the reads under a writer find no session (a published file store)",
        breaks: &["ATM-1"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            let whole = handle.records().get(id).cloned();
            if let Some(whole) = whole {
                let payload = Vec::new();
                swap(
                    handle,
                    id,
                    &whole,
                    Record {
                        payload,
                        ..whole.clone()
                    },
                );
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "torn-write-mixes-two-stores",
        fault: "keeps the deadline in a file or row of its own: the old payload is seen with the new deadline",
        breaks: &["ATM-1"],
        store: |handle, id, record, when, now| {
            let old = honest::retrieve(handle, id, now)?;
            let version = honest::store(handle, id, record, when, now)?;
            let whole = handle.records().get(id).cloned();
            if let (Some(old), Some(whole)) = (old, whole) {
                let payload = old.payload;
                swap(
                    handle,
                    id,
                    &whole,
                    Record {
                        payload,
                        ..whole.clone()
                    },
                );
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "overwrite-by-delete-and-insert",
        fault: "REPLACE, or unlink and create: a reader in between is told that there is no session",
        breaks: &["ATM-2", "ROT-2"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            let whole = handle.records().get(id).cloned();
            if let Some(whole) = whole {
                handle.records().take(id);
                pause();
                put_back(handle, id, whole);
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-by-delete-and-insert",
        fault: "moves the record to the bucket of its new deadline in two steps: a reader in between is told that there is no session",
        breaks: &["ATM-2"],
        touch: |handle, id, expires_at, now| {
            let Some(record) = handle.records().live(id, now).cloned() else {
                return Ok(false);
            };
            handle.records().take(id);
            pause();
            honest::move_deadline(&mut handle.records(), id, record, expires_at, now);
            Ok(true)
        },
        ..HONEST
    },
    Saboteur {
        name: "refused-store-happens-later",
        fault: "leaves the refused write in its buffer, which the next store flushes",
        breaks: &["ATM-3", "STO-2", "CAS-2", "PAY-2", "ISO-4"],
        // Its races of a rotate with a create are won or lost by either.
        sometimes: &["ROT-2"],
        store: |handle, id, record, when, now| {
            for (id, pending) in handle.notes.records().drain() {
                let mut records = handle.records();
                if records.live(&id, now).is_some() {
                    records.put(&id, pending);
                }
            }
            let outcome = honest::store(handle, id, record, when, now);
            if outcome.is_err() && record.is_live(now) {
                let NewRecord {
                    payload,
                    expires_at,
                } = record;
                let (payload, version) = (payload.to_vec(), handle.next_version());
                let pending = Record {
                    payload,
                    expires_at,
                    version,
                };
                handle.notes.records().insert(id.clone(), pending);
            }
            outcome
        },
        ..HONEST
    },
];

/// Shows `half` for a moment where `whole` is.
fn swap(handle: &Handle, id: &SessionId, whole: &Record, half: Record) {
    {
        let mut records = handle.records();
        if records.get(id) != Some(whole) {
            return;
        }
        records.put(id, half);
    }
    pause();
    let mut records = handle.records();
    if let Some(now_there) = records.get(id)
        && now_there.version == whole.version
    {
        let expires_at = now_there.expires_at;
        let whole = Record {
            expires_at,
            ..whole.clone()
        };
        records.put(id, whole);
    }
}

/// Puts a record back unless another has taken its place.
fn put_back(handle: &Handle, id: &SessionId, record: Record) {
    let mut records = handle.records();
    if records.get(id).is_none() {
        records.put(id, record);
    }
}

//! ROT: faults of rotate.

use session_driver::{Capabilities, ErrorKind, Operation, Record};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{Handle, error, pause};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "rotate-forgets-the-deadline",
        fault: "creates the new id with a SET that carries no TTL: whoever logs in has a session for ever",
        breaks: &["ROT-1", "EXP-4", "EXP-5", "SWP-1"],
        rotate: |handle, from, to, now| {
            let version = honest::rotate(handle, from, to, now)?;
            if version.is_some() {
                honest::touch(handle, to, None, now)?;
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-leaves-the-old-id",
        fault: "copies to the new id and leaves the old to expire: the fixed session id that rotation is against stays good",
        breaks: &[
            "ROT-1", "ROT-3", "STO-6", "CAS-1", "CAS-2", "RES-1", "RES-3", "REM-2", "ROT-2",
            "TRV-1", "TRV-4", "TRV-5", "TRV-7", "EXP-2", "EXP-3", "EXP-4", "EXP-7", "EXP-9",
            "SWP-1", "ID-1", "ID-2", "PAY-1", "ISO-4",
        ],
        rotate: |handle, from, to, now| {
            let record = handle.records().live(from, now).cloned();
            let version = honest::rotate(handle, from, to, now)?;
            if let Some(record) = record {
                handle.records().put(from, record);
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-answers-a-version-that-is-not-there",
        fault: "mints a version for the new id and keeps the old one in the record: the next save is a Conflict",
        breaks: &["ROT-1", "CAS-1"],
        rotate: |handle, from, to, now| {
            let version = honest::rotate(handle, from, to, now)?;
            Ok(version.map(|_| handle.next_version()))
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-replaces-a-live-target",
        fault: "is a RENAME, of files or of keys: the session that was under the new id is gone",
        breaks: &["ROT-2", "EXP-1", "ATM-3", "ERR-1"],
        rotate: |handle, from, to, now| {
            if from != to {
                let mut records = handle.records();
                if records.live(from, now).is_some() {
                    records.take(to);
                }
            }
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-onto-itself-removes-it",
        fault: "writes the new id and then deletes the old one, which is the same",
        breaks: &["ROT-2", "ATM-3", "ERR-1"],
        rotate: |handle, from, to, now| {
            if from == to {
                return Ok(handle.records().take(from).map(|record| record.version));
            }
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-refused-by-an-expired-target",
        fault: "links without a look at the deadline of what lies under the new id",
        breaks: &["ROT-1", "EXP-1", "SWP-1"],
        rotate: |handle, from, to, now| {
            let (source, target) = (
                honest::retrieve(handle, from, now)?,
                handle.records().get(to).cloned(),
            );
            if source.is_some() && target.is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
            }
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-of-nothing-complains-of-the-target",
        fault: "looks at the target first: a session that is gone is told as AlreadyExists, which callers answer with a new id",
        breaks: &["ROT-2", "ATM-3"],
        rotate: |handle, from, to, now| {
            if handle.records().live(to, now).is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
            }
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-removes-and-then-creates",
        fault: "deletes the old id before it writes the new one: in between nobody is logged in",
        breaks: &["ROT-3", "ROT-2"],
        capabilities: not_atomic,
        rotate: |handle, from, to, now| {
            if handle.records().live(to, now).is_some() {
                return honest::rotate(handle, from, to, now);
            }
            let Some(record) = handle.records().live(from, now).cloned() else {
                return Ok(None);
            };
            handle.records().take(from);
            pause();
            let version = record.version;
            handle.records().put(to, record);
            Ok(Some(version))
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-in-two-steps-declared-as-one",
        fault: "writes the new id, then deletes the old one, and declares atomic_rotate",
        breaks: &["ROT-3"],
        rotate: |handle, from, to, now| {
            let mut records = handle.records();
            let Some(record) = records.live(from, now).cloned() else {
                return Ok(None);
            };
            if records.live(to, now).is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
            }
            records.put(to, record);
            drop(records);
            pause();
            // What was stored under the old id meanwhile is not lost, so that this is about what
            // observers see.
            let mut records = handle.records();
            let Some(last) = records.take(from) else {
                records.take(to);
                return Ok(None);
            };
            let version = last.version;
            records.put(to, last);
            Ok(Some(version))
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-loses-a-save-in-flight",
        fault: "copies what it read and deletes the old id whatever it holds by then: a save that succeeded in between is gone",
        breaks: &["ROT-3", "CON-1"],
        capabilities: not_atomic,
        rotate: |handle, from, to, now| {
            let Some(read) = handle.records().live(from, now).cloned() else {
                return Ok(None);
            };
            pause();
            let mut records = handle.records();
            if records.live(from, now).is_none() {
                return Ok(None);
            }
            if records.live(to, now).is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
            }
            records.take(from);
            let version = read.version;
            records.put(to, read);
            Ok(Some(version))
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-revives-what-was-removed-meanwhile",
        fault: "writes what it read to the new id though the old one was removed in between: a logout undone by a login",
        breaks: &["ROT-4", "CON-1"],
        rotate: |handle, from, to, now| {
            let Some(read) = handle.records().live(from, now).cloned() else {
                return Ok(None);
            };
            pause();
            let mut records = handle.records();
            if records.live(to, now).is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
            }
            let record: Record = records.take(from).unwrap_or(read);
            let version = record.version;
            records.put(to, record);
            Ok(Some(version))
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-revives-the-expired",
        fault: "renames without a look at the deadline, and writes a new one: who comes back late is still logged in",
        breaks: &["ROT-2", "EXP-1", "EXP-2"],
        rotate: |handle, from, to, now| {
            let mut records = handle.records();
            let Some(record) = records.get(from).cloned() else {
                return Ok(None);
            };
            if records.live(to, now).is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
            }
            let version = record.version;
            records.take(from);
            records.put(to, record);
            Ok(Some(version))
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-loses-a-touch-in-flight",
        fault: "carries the deadline over as it was read: a renewal that succeeded in between is gone",
        breaks: &["ROT-3"],
        rotate: |handle, from, to, now| {
            let read = handle.records().live(from, now).cloned();
            pause();
            let version = honest::rotate(handle, from, to, now)?;
            let mut records = handle.records();
            if let (Some(read), Some(moved)) = (read, records.get(to).cloned())
                && version == Some(moved.version)
                && read.version == moved.version
            {
                let expires_at = read.expires_at;
                records.put(
                    to,
                    Record {
                        expires_at,
                        ..moved
                    },
                );
            }
            Ok(version)
        },
        ..HONEST
    },
];

fn not_atomic(handle: &Handle) -> Capabilities {
    Capabilities {
        atomic_rotate: false,
        ..honest::capabilities(handle)
    }
}

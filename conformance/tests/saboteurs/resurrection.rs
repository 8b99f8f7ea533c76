//! RES: faults that make a removed record live again.

use session_driver::{ErrorKind, Operation, Precondition, Record};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{error, pause};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "version-of-a-removed-record-still-saves",
        fault: "compares versions only if there is a record: the save in flight undoes the logout (rack CVE-2025-46336)",
        breaks: &[
            "RES-1", "CAS-2", "RES-2", "EXP-1", "EXP-2", "EXP-3", "EXP-9", "ID-7", "ATM-3",
            "ERR-1", "HYG-5", "CAP-1",
        ],
        store: |handle, id, record, when, now| {
            honest::store_if(handle, id, record, now, |stored| {
                let live = stored.filter(|stored| stored.is_live(now));
                match (when, live) {
                    (Precondition::Version(_), None) => Ok(()),
                    _ => when.check(live.map(|live| live.version)),
                }
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-revives-what-its-handle-had-read",
        fault: "renews by writing back the session as it was read at the request's start (Django ticket 21608)",
        breaks: &["RES-1", "RES-3", "EXP-3"],
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            if let Some(found) = &found {
                handle.notes.records().insert(id.clone(), found.clone());
            }
            Ok(found)
        },
        touch: |handle, id, expires_at, now| {
            if honest::touch(handle, id, expires_at, now)? {
                return Ok(true);
            }
            let Some(read) = handle.notes.records().remove(id) else {
                return Ok(false);
            };
            let revived = Record { expires_at, ..read };
            handle.records().put(id, revived);
            Ok(true)
        },
        ..HONEST
    },
    Saboteur {
        name: "save-races-remove",
        fault: "checks that the session exists and then writes it: a logout in between is undone",
        breaks: &["RES-2"],
        store: |handle, id, record, when, now| {
            if matches!(when, Precondition::Any | Precondition::Absent) {
                return honest::store(handle, id, record, when, now);
            }
            honest::fits(handle, record)?;
            let read = handle.records().live(id, now).map(|live| live.version);
            when.check(read)
                .map_err(|kind| error(kind, Operation::Store))?;
            pause();
            let mut records = handle.records();
            // Its version check is whole, so that this is about removes alone.
            let live = records.live(id, now).map(|live| live.version);
            match when.check(live) {
                Err(kind @ ErrorKind::Conflict) => Err(error(kind, Operation::Store)),
                _ => Ok(honest::write(handle, &mut records, id, record, now)),
            }
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-races-remove",
        fault: "reads the file, changes the deadline, writes the file: a remove in between is undone",
        breaks: &["RES-2"],
        touch: |handle, id, expires_at, now| {
            let Some(read) = handle.records().live(id, now).cloned() else {
                return Ok(false);
            };
            pause();
            let mut records = handle.records();
            // A newer payload is left alone, so that this is about removes alone.
            let record = records.get(id).cloned().unwrap_or(read);
            honest::move_deadline(&mut records, id, record, expires_at, now);
            Ok(true)
        },
        ..HONEST
    },
    Saboteur {
        name: "removed-record-served-from-a-cache",
        fault: "a read-through cache that its own remove clears and the remove of another handle does not",
        breaks: &["RES-3", "EXP-3", "ISO-4"],
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            let mut cache = handle.notes.records();
            match found {
                Some(found) => {
                    cache.insert(id.clone(), found.clone());
                    Ok(Some(found))
                }
                None => Ok(cache.get(id).filter(|cached| cached.is_live(now)).cloned()),
            }
        },
        remove: |handle, id, now| {
            handle.notes.records().remove(id);
            honest::remove(handle, id, now)
        },
        rotate: |handle, from, to, now| {
            handle.notes.records().remove(from);
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "removed-record-comes-back-from-its-older-copy",
        fault: "keeps the generation before in a second slot, and a remove retires the newer slot only",
        breaks: &[
            "RES-3", "STO-7", "REM-2", "ROT-1", "SWP-1", "ID-1", "ID-2", "PAY-1", "HYG-5",
        ],
        store: |handle, id, record, when, now| {
            let old = honest::retrieve(handle, id, now)?;
            let version = honest::store(handle, id, record, when, now)?;
            if let Some(old) = old {
                handle.shared().records().insert(id.clone(), old);
            }
            Ok(version)
        },
        remove: |handle, id, now| {
            let removed = honest::remove(handle, id, now)?;
            if let Some(older) = handle.shared().records().remove(id) {
                handle.records().put(id, older);
            }
            Ok(removed)
        },
        ..HONEST
    },
    Saboteur {
        name: "buffered-touch-is-written-after-the-remove",
        fault: "collects touches and writes them with the next operation, whole records and all, as write-behind caches do",
        breaks: &[
            "RES-3", "ROT-1", "TRV-4", "TRV-5", "TRV-7", "EXP-4", "EXP-9", "SWP-1",
        ],
        touch: |handle, id, expires_at, now| {
            let touched = honest::touch(handle, id, expires_at, now)?;
            if let Some(record) = handle.records().get(id) {
                handle.notes.records().insert(id.clone(), record.clone());
            }
            Ok(touched)
        },
        remove: |handle, id, now| {
            handle.notes.records().remove(id);
            honest::remove(handle, id, now)
        },
        store: |handle, id, record, when, now| {
            for (id, pending) in handle.notes.records().drain() {
                handle.records().put(&id, pending);
            }
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
];

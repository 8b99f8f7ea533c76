//! RET: faults of retrieve.

use std::sync::atomic::Ordering;

use session_driver::{ErrorKind, NewRecord, Operation, Precondition, Record};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{Handle, error};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "retrieve-fails-before-the-first-store",
        fault: "makes its table at the first store, and until then a read is \"no such table\"",
        breaks: &["RET-1", "RET-3", "STO-1", "EXP-7", "ID-1", "ID-7"],
        retrieve: |handle, id, now| {
            if handle.shared().number.load(Ordering::Relaxed) == 0 {
                return Err(error(ErrorKind::Other, Operation::Retrieve));
            }
            honest::retrieve(handle, id, now)
        },
        store: |handle, id, record, when, now| {
            handle.shared().count();
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "retrieve-matches-a-prefix",
        fault: "looks for files that begin with the id when there is none of that very name",
        breaks: &[
            "RET-1", "ID-3", "RES-3", "REM-1", "TRV-4", "TRV-7", "EXP-4", "ID-1", "ID-2", "ISO-4",
        ],
        retrieve: |handle, id, now| {
            let records = handle.records();
            let found = records.live(id, now).or_else(|| {
                let mut like = records
                    .iter()
                    .filter(|(other, _)| other.as_str().starts_with(id.as_str()));
                like.find(|(_, record)| record.is_live(now))
                    .map(|(_, record)| record)
            });
            Ok(found.cloned())
        },
        ..HONEST
    },
    Saboteur {
        name: "retrieve-reports-the-deadline-of-the-store",
        fault: "touches an index (a native TTL, a file's time) that it enforces, and reports the deadline in the record's header",
        breaks: &[
            "RET-2", "EXP-5", "RES-3", "EXP-8", "ID-1", "ID-2", "PAY-1", "ISO-4",
        ],
        retrieve: |handle, id, now| {
            let stored = handle.shared().records().get(id).cloned();
            let found = honest::retrieve(handle, id, now)?;
            Ok(found.map(|found| match stored {
                Some(stored) if stored.version == found.version => stored,
                _ => found,
            }))
        },
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            if let Some(stored) = handle.records().get(id) {
                handle.shared().records().insert(id.clone(), stored.clone());
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "retrieve-creates-an-empty-record",
        fault: "saves a new, empty session for every unknown id, as Django's did (CVE-2015-5143)",
        breaks: &[
            "RET-3", "RET-1", "STO-1", "STO-3", "STO-6", "STO-7", "CAS-2", "RES-1", "RES-3",
            "REM-1", "REM-2", "ROT-1", "ROT-2", "TRV-4", "TRV-5", "TRV-7", "EXP-1", "EXP-2",
            "EXP-3", "EXP-4", "EXP-7", "EXP-9", "SWP-1", "ID-1", "ID-2", "ID-3", "ID-7", "PAY-1",
            "PAY-2", "ATM-3", "HYG-5", "CAP-1",
        ],
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            if found.is_none() {
                let empty = NewRecord {
                    payload: b"",
                    expires_at: None,
                };
                honest::store(handle, id, empty, Precondition::Any, now)?;
            }
            Ok(found)
        },
        ..HONEST
    },
    Saboteur {
        name: "retrieve-prolongs-what-it-reads",
        fault: "slides the deadline on every read, as stores with \"rolling\" sessions do",
        breaks: &[
            "RET-3", "STO-2", "STO-3", "STO-5", "STO-7", "CAS-2", "RES-3", "ROT-1", "ROT-2",
            "EXP-4", "EXP-5", "EXP-7", "EXP-8", "SWP-1", "ID-2", "ID-3", "PAY-1", "PAY-2", "ATM-3",
        ],
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            if let Some(deadline) = found.as_ref().and_then(|found| found.expires_at) {
                let slid = deadline.checked_add(std::time::Duration::from_secs(1));
                honest::touch(handle, id, slid, now)?;
            }
            Ok(found)
        },
        ..HONEST
    },
    Saboteur {
        name: "retrieve-takes-empty-for-absent",
        fault: "tests the payload for truth, as CGI::Session's drivers do with \"\" and \"0\"",
        breaks: &["RET-4", "PAY-1", "STO-6", "ROT-1"],
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            Ok(found.filter(|found| !found.payload.is_empty() && found.payload != b"0"))
        },
        ..HONEST
    },
    Saboteur {
        name: "retrieve-strips-trailing-nul",
        fault: "keeps payloads in a padded column, and takes the padding off again",
        breaks: &[
            "RET-4", "PAY-1", "RET-2", "STO-1", "RES-3", "ROT-1", "ISO-4",
        ],
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            Ok(found.map(unpadded))
        },
        ..HONEST
    },
    Saboteur {
        name: "retrieve-caches-for-one-handle",
        fault: "keeps what it read in a cache of its own, which the stores of other handles do not reach",
        breaks: &["STO-1", "RES-3", "ROT-1", "EXP-5", "PAY-1"],
        retrieve: |handle, id, now| {
            if let Some(cached) = handle.notes.records().get(id)
                && cached.is_live(now)
            {
                return Ok(Some(cached.clone()));
            }
            let found = honest::retrieve(handle, id, now)?;
            if let Some(found) = &found {
                handle.notes.records().insert(id.clone(), found.clone());
            }
            Ok(found)
        },
        store: |handle, id, record, when, now| {
            forget(handle);
            honest::store(handle, id, record, when, now)
        },
        touch: |handle, id, expires_at, now| {
            forget(handle);
            honest::touch(handle, id, expires_at, now)
        },
        remove: |handle, id, now| {
            forget(handle);
            honest::remove(handle, id, now)
        },
        rotate: |handle, from, to, now| {
            forget(handle);
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "retrieve-caches-what-is-hot",
        fault: "caches for its handle what was read three times: a short test never meets the cache",
        breaks: &["RES-3", "STO-1", "ROT-1", "EXP-5", "PAY-1"],
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            if let Some(found) = &found
                && handle.notes.count() % 4 == 3
            {
                let mut cache = handle.notes.records();
                cache.entry(id.clone()).or_insert_with(|| found.clone());
            }
            let cached = handle.notes.records().get(id).cloned();
            Ok(cached.filter(|cached| cached.is_live(now)).or(found))
        },
        store: |handle, id, record, when, now| {
            forget(handle);
            honest::store(handle, id, record, when, now)
        },
        touch: |handle, id, expires_at, now| {
            forget(handle);
            honest::touch(handle, id, expires_at, now)
        },
        remove: |handle, id, now| {
            forget(handle);
            honest::remove(handle, id, now)
        },
        rotate: |handle, from, to, now| {
            forget(handle);
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
];

fn unpadded(mut record: Record) -> Record {
    while record.payload.last() == Some(&0) {
        record.payload.pop();
    }
    record
}

fn forget(handle: &Handle) {
    handle.notes.records().clear();
}

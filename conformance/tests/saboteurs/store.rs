//! STO: faults of store.

use session_driver::{ErrorKind, NewRecord, Precondition, Record, Result, SessionId};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::Handle;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "store-without-a-deadline-keeps-the-old",
        fault: "SET expires_at = COALESCE(new, old): a session made permanent dies at its old deadline",
        breaks: &[
            "STO-5", "RET-2", "STO-6", "STO-7", "RES-3", "ROT-1", "ROT-2", "SWP-1", "PAY-1",
            "PAY-2",
        ],
        store: |handle, id, record, when, now| {
            let old = honest::retrieve(handle, id, now)?.and_then(|old| old.expires_at);
            let expires_at = record.expires_at.or(old);
            honest::store(
                handle,
                id,
                NewRecord {
                    expires_at,
                    ..record
                },
                when,
                now,
            )
        },
        ..HONEST
    },
    Saboteur {
        name: "store-over-never-stays-never",
        fault: "sets a TTL with EXPIRE .. LT or XX: a record that had none gets none",
        breaks: &[
            "STO-5", "RET-2", "STO-6", "STO-7", "CAS-2", "ROT-2", "EXP-4", "SWP-1", "PAY-1",
            "PAY-2", "ATM-3",
        ],
        store: |handle, id, record, when, now| {
            let never =
                honest::retrieve(handle, id, now)?.is_some_and(|old| old.expires_at.is_none());
            let expires_at = record
                .expires_at
                .filter(|deadline| !never || *deadline <= now);
            honest::store(
                handle,
                id,
                NewRecord {
                    expires_at,
                    ..record
                },
                when,
                now,
            )
        },
        ..HONEST
    },
    Saboteur {
        name: "update-of-nothing-is-a-success",
        fault: "UPDATE .. WHERE id = ? and no look at the row count: the save of a lost session is reported as done",
        breaks: &[
            "STO-6", "RES-1", "RES-3", "EXP-1", "EXP-2", "EXP-9", "ATM-3", "ERR-1", "HYG-5",
            "CAP-1",
        ],
        store: |handle, id, record, when, now| match honest::store(handle, id, record, when, now) {
            Err(failed)
                if when == Precondition::Present && failed.kind() == ErrorKind::NotFound =>
            {
                Ok(handle.next_version())
            }
            outcome => outcome,
        },
        ..HONEST
    },
    Saboteur {
        name: "update-of-nothing-creates",
        fault: "saves by upsert, as most published stores do: a save in flight brings the logged-out session back",
        breaks: &[
            "STO-6", "RES-1", "RES-2", "RES-3", "EXP-1", "EXP-2", "EXP-9", "ATM-3", "ERR-1",
            "HYG-5", "CAP-1",
        ],
        store: |handle, id, record, when, now| {
            let when = match when {
                Precondition::Present => Precondition::Any,
                when => when,
            };
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "save-updates-what-it-once-knew",
        fault: "remembers that an id exists and saves by UPDATE from then on: after a remove by others, Any is NotFound",
        breaks: &[
            "STO-7", "STO-3", "STO-6", "CAS-1", "CAS-2", "RES-1", "REM-2", "ROT-1", "ROT-2",
            "EXP-1", "EXP-3", "EXP-4", "EXP-5", "EXP-9", "SWP-1", "ISO-4", "HYG-5", "CAP-1",
        ],
        store: |handle, id, record, when, now| {
            let known = handle.notes.records().contains_key(id);
            let when = match when {
                Precondition::Any if known => Precondition::Present,
                when => when,
            };
            let version = honest::store(handle, id, record, when, now)?;
            if record.is_live(now) {
                remember(handle, id)?;
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "update-revives-the-expired",
        fault: "UPDATE .. WHERE id = ?: until the sweep comes, the save of a session that is over makes it live again",
        breaks: &["STO-6", "EXP-1", "EXP-2"],
        store: |handle, id, record, when, now| {
            honest::store_if(handle, id, record, now, |stored| {
                let seen = match when {
                    Precondition::Present => stored,
                    _ => stored.filter(|stored| stored.is_live(now)),
                };
                when.check(seen.map(|seen| seen.version))
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "store-of-the-same-bytes-is-skipped",
        fault: "saves only what has changed (\"resave: false\"), and compares payloads alone: the new deadline is lost",
        breaks: &["STO-6", "CAS-2", "ROT-2", "PAY-1", "PAY-2"],
        store: |handle, id, record, when, now| {
            let old = honest::retrieve(handle, id, now)?;
            match old {
                Some(old) if old.payload == record.payload && record.is_live(now) => {
                    let expires_at = old.expires_at;
                    honest::store(
                        handle,
                        id,
                        NewRecord {
                            expires_at,
                            ..record
                        },
                        when,
                        now,
                    )
                }
                _ => honest::store(handle, id, record, when, now),
            }
        },
        ..HONEST
    },
    Saboteur {
        name: "save-by-version-keeps-the-old-deadline",
        fault: "SET payload = ? WHERE version = ?: the one statement of three that forgot the deadline",
        breaks: &["STO-5", "STO-6", "CAS-2", "ROT-1", "ISO-4"],
        store: |handle, id, record, when, now| {
            let old = honest::retrieve(handle, id, now)?;
            match (when, old) {
                (Precondition::Version(_), Some(old)) if record.is_live(now) => {
                    let expires_at = old.expires_at;
                    honest::store(
                        handle,
                        id,
                        NewRecord {
                            expires_at,
                            ..record
                        },
                        when,
                        now,
                    )
                }
                _ => honest::store(handle, id, record, when, now),
            }
        },
        ..HONEST
    },
];

fn remember(handle: &Handle, id: &SessionId) -> Result<()> {
    let record = Record {
        payload: Vec::new(),
        expires_at: None,
        version: handle.next_version(),
    };
    handle.notes.records().insert(id.clone(), record);
    Ok(())
}

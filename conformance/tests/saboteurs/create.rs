//! STO: faults of stores that are to create.

use session_driver::{ErrorKind, NewRecord, Operation, Precondition};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{error, pause};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "create-over-live-drops-the-data",
        fault: "INSERT .. ON CONFLICT DO NOTHING without a look at the row count: Ok, and nothing is kept, as in a published Rust store",
        breaks: &[
            "STO-2", "STO-4", "STO-1", "EXP-1", "ATM-3", "ISO-4", "ERR-1", "HYG-5", "CAP-1",
        ],
        // Its races of a rotate with a create are won or lost by either.
        sometimes: &["ROT-2"],
        store: |handle, id, record, when, now| {
            let outcome = honest::store(handle, id, record, when, now);
            match outcome {
                Err(failed) if failed.kind() == ErrorKind::AlreadyExists => {
                    Ok(handle.next_version())
                }
                outcome => outcome,
            }
        },
        ..HONEST
    },
    Saboteur {
        name: "create-over-live-replaces-it",
        fault: "creates with INSERT OR REPLACE, as a published Rust store does: two users share a session",
        breaks: &[
            "STO-2", "STO-4", "STO-1", "ROT-2", "EXP-1", "ATM-3", "ISO-4", "ERR-1", "HYG-5",
            "CAP-1",
        ],
        store: |handle, id, record, when, now| {
            let when = match when {
                Precondition::Absent => Precondition::Any,
                when => when,
            };
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "create-over-live-prolongs-it",
        fault: "upserts the deadline before it finds the row taken: AlreadyExists, yet the session lives on under the newcomer's deadline",
        breaks: &["STO-2", "ATM-3"],
        store: |handle, id, record, when, now| {
            let outcome = honest::store(handle, id, record, when, now);
            if when == Precondition::Absent && outcome.is_err() && record.is_live(now) {
                honest::touch(handle, id, record.expires_at, now)?;
            }
            outcome
        },
        ..HONEST
    },
    Saboteur {
        name: "create-refused-by-an-expired-record",
        fault: "creates with O_EXCL or a plain INSERT, which a dead record in wait of the sweep refuses",
        breaks: &["STO-3", "CAS-2", "EXP-1", "EXP-3", "EXP-9", "SWP-1"],
        store: |handle, id, record, when, now| {
            honest::store_if(handle, id, record, now, |stored| {
                let seen = match when {
                    Precondition::Absent => stored,
                    _ => stored.filter(|stored| stored.is_live(now)),
                };
                when.check(seen.map(|seen| seen.version))
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "create-checks-and-then-writes",
        fault: "looks whether the id is free and then writes: two creates both succeed",
        breaks: &["STO-4", "ROT-2"],
        store: |handle, id, record, when, now| {
            if when != Precondition::Absent {
                return honest::store(handle, id, record, when, now);
            }
            honest::fits(handle, record)?;
            if handle.records().live(id, now).is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Store));
            }
            pause();
            Ok(honest::write(
                handle,
                &mut handle.records(),
                id,
                record,
                now,
            ))
        },
        ..HONEST
    },
    Saboteur {
        name: "create-over-expired-revives-the-old-payload",
        fault: "INSERT OR IGNORE, then UPDATE of the deadline: the new visitor gets what the last one left",
        breaks: &["STO-3", "EXP-1"],
        store: |handle, id, record, when, now| {
            let old = handle.records().get(id).cloned();
            match old {
                Some(old) if when == Precondition::Absent && !old.is_live(now) => {
                    let payload = &old.payload;
                    honest::store(handle, id, NewRecord { payload, ..record }, when, now)
                }
                _ => honest::store(handle, id, record, when, now),
            }
        },
        ..HONEST
    },
];

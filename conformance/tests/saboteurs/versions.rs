//! CAS: faults of versions.

use std::hash::{DefaultHasher, Hash, Hasher};

use session_driver::{ErrorKind, Operation, Precondition, Record, Version};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{error, hold, pause};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "version-counts-from-one-for-each-record",
        fault: "a version column that starts at 1 and grows by 1: after remove and re-create, an old version matches again",
        breaks: &["CAS-1", "STO-3", "CAS-2", "EXP-3", "EXP-9"],
        store: |handle, id, record, when, now| {
            honest::store_as(handle, id, record, when, now, |records| {
                let old = records.live(id, now).map_or(0, |old| old.version.to_bits());
                Version::from_bits(old + 1)
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "version-is-a-digest-of-the-payload",
        fault: "an ETag for a version: A, B, A again, and a writer who read the first A overwrites the second",
        breaks: &["CAS-1", "CAS-2", "EXP-3", "EXP-9", "HYG-5", "CAP-1"],
        store: |handle, id, record, when, now| {
            honest::store_as(handle, id, record, when, now, |_| {
                let mut hasher = DefaultHasher::new();
                record.payload.hash(&mut hasher);
                Version::from_bits(hasher.finish())
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "version-is-the-instant",
        fault: "an updated_at for a version: two stores in one millisecond share it, and so do two after a clock went back",
        breaks: &[
            "CAS-1", "CAS-2", "RES-3", "EXP-3", "EXP-9", "ATM-3", "ISO-4", "ERR-1", "HYG-5",
            "CAP-1",
        ],
        store: |handle, id, record, when, now| {
            let instant = Version::from_bits(now.as_millis() as u64);
            honest::store_as(handle, id, record, when, now, |_| instant)
        },
        ..HONEST
    },
    Saboteur {
        name: "version-is-the-highest-left-plus-one",
        fault: "SELECT max(version) + 1: when the newest record is removed its version is given again",
        breaks: &["CAS-1", "CAS-2", "EXP-3", "EXP-9"],
        store: |handle, id, record, when, now| {
            honest::store_as(handle, id, record, when, now, |records| {
                let versions = records.iter().map(|(_, record)| record.version.to_bits());
                Version::from_bits(versions.max().unwrap_or(0) + 1)
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "version-precondition-is-only-present",
        fault: "takes any version for the right one: the last writer wins, as in nearly every published store",
        breaks: &[
            "CAS-2", "CAS-3", "RES-3", "EXP-3", "ATM-3", "ISO-4", "ERR-1", "HYG-5", "CAP-1",
        ],
        store: |handle, id, record, when, now| {
            let Precondition::Version(_) = when else {
                return honest::store(handle, id, record, when, now);
            };
            pause();
            honest::store(handle, id, record, Precondition::Present, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "version-conflict-is-not-found",
        fault: "UPDATE .. WHERE id = ? AND version = ? with no row changed is always told as NotFound: the caller thinks the user is logged out",
        breaks: &[
            "CAS-2", "RES-3", "EXP-3", "ATM-3", "ISO-4", "ERR-1", "HYG-5", "CAP-1",
        ],
        store: |handle, id, record, when, now| {
            honest::store(handle, id, record, when, now).map_err(|failed| match failed.kind() {
                ErrorKind::Conflict => error(ErrorKind::NotFound, Operation::Store),
                _ => failed,
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "version-conflict-prolongs",
        fault: "renews the session in a statement of its own before the one that finds the conflict",
        breaks: &["CAS-2", "ATM-3", "PAY-2"],
        store: |handle, id, record, when, now| {
            let outcome = honest::store(handle, id, record, when, now);
            if matches!(when, Precondition::Version(_)) && outcome.is_err() && record.is_live(now) {
                honest::touch(handle, id, record.expires_at, now)?;
            }
            outcome
        },
        ..HONEST
    },
    Saboteur {
        name: "version-is-compared-and-then-written",
        fault: "compares in one step and writes in another: of two requests one update is lost",
        breaks: &["CAS-3"],
        store: |handle, id, record, when, now| {
            let Precondition::Version(_) = when else {
                return honest::store(handle, id, record, when, now);
            };
            honest::fits(handle, record)?;
            let live = handle.records().live(id, now).map(|live| live.version);
            when.check(live)
                .map_err(|kind| error(kind, Operation::Store))?;
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
        name: "touch-gives-a-new-version",
        fault: "bumps the version in every UPDATE: each renewal makes a save in flight a Conflict",
        breaks: &[
            "CAS-4", "RET-2", "STO-5", "RES-3", "ROT-1", "EXP-7", "EXP-8", "EXP-9", "ID-1", "ID-2",
            "PAY-1", "HYG-5", "CAP-1",
        ],
        touch: |handle, id, expires_at, now| {
            let touched = honest::touch(handle, id, expires_at, now)?;
            let mut records = handle.records();
            if let Some(record) = records.take(id) {
                let version = handle.next_version();
                records.put(id, Record { version, ..record });
            }
            Ok(touched)
        },
        ..HONEST
    },
    Saboteur {
        name: "version-of-an-expired-record-still-saves",
        fault: "UPDATE .. WHERE id = ? AND version = ?, with no word of the deadline: a session that is over is saved, and lives again",
        breaks: &["CAS-2", "EXP-1", "EXP-2"],
        store: |handle, id, record, when, now| {
            honest::store_if(handle, id, record, now, |stored| {
                let seen = match when {
                    Precondition::Version(_) => stored,
                    _ => stored.filter(|stored| stored.is_live(now)),
                };
                when.check(seen.map(|seen| seen.version))
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "version-is-compared-under-a-lock-of-its-instance",
        fault: "guards compare and write by a mutex of the instance: two instances on one backend lose each other's updates",
        breaks: &["CAS-3", "CON-1"],
        store: |handle, id, record, when, now| {
            let Precondition::Version(_) = when else {
                return honest::store(handle, id, record, when, now);
            };
            honest::fits(handle, record)?;
            let _guard = hold(&handle.notes.lock);
            let live = handle.records().live(id, now).map(|live| live.version);
            when.check(live)
                .map_err(|kind| error(kind, Operation::Store))?;
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
];

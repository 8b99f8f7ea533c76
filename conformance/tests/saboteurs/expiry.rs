//! EXP: faults of deadlines, but for the boundary instant, which has a file of its own.

use std::sync::atomic::Ordering;
use std::time::Duration;

use session_driver::{ErrorKind, Operation, Record, Timestamp};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{error, pause};

const TWO_WEEKS: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// An engine with clocks of its own looks for what is due so often. EXP-8 waits longer, and no other
/// rule waits at all, so that it alone is sure to see a record go.
const BETWEEN_LOOKS: Duration = Duration::from_millis(25);

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "expired-records-live-until-swept",
        fault: "leaves expiry to the sweep, as stores with a cron job do, and reads whatever is there",
        breaks: &[
            "EXP-1", "EXP-2", "RET-3", "STO-5", "STO-6", "STO-7", "CAS-2", "ROT-1", "ROT-2",
            "EXP-4", "EXP-5", "EXP-7", "EXP-8",
        ],
        retrieve: |handle, id, _| Ok(handle.records().get(id).cloned()),
        ..HONEST
    },
    Saboteur {
        name: "never-means-two-weeks",
        fault: "gives the engine a default TTL for records without a deadline, as most web frameworks' stores do",
        breaks: &["EXP-2"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            if let Some(stored) = handle.records().get(id).cloned() {
                let expires_at = now.checked_add(TWO_WEEKS);
                let native = Record {
                    expires_at,
                    ..stored
                };
                handle.shared().records().insert(id.clone(), native);
            }
            Ok(version)
        },
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            let native = handle.shared().records().get(id).cloned();
            let gone = native.is_some_and(|native| !native.is_live(now));
            Ok(found.filter(|found| !gone || found.expires_at.is_some()))
        },
        ..HONEST
    },
    Saboteur {
        name: "past-deadline-is-refused",
        fault: "hands the deadline to an engine that refuses a TTL below 1 (SETEX's \"invalid expire time\")",
        breaks: &[
            "EXP-3", "STO-2", "STO-6", "STO-7", "CAS-1", "CAS-2", "RES-1", "REM-2", "ROT-1",
            "ROT-2", "TRV-1", "EXP-7", "EXP-9", "SWP-1", "ATM-3",
        ],
        store: |handle, id, record, when, now| {
            if !record.is_live(now) {
                return Err(error(ErrorKind::InvalidDeadline, Operation::Store));
            }
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "past-deadline-is-kept",
        fault: "writes the dead record like any other: a caller with a slower clock logs in with it",
        breaks: &["EXP-3", "STO-6", "RES-1", "EXP-7", "EXP-9", "SWP-1"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            if !record.is_live(now) {
                honest::write(handle, &mut handle.records(), id, record, Timestamp::MIN);
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "past-deadline-leaves-the-old-record",
        fault: "skips the write because the session is over anyway, and forgets the one that is stored: a logout by deadline does nothing",
        breaks: &[
            "EXP-3", "STO-6", "CAS-2", "RES-1", "REM-2", "ROT-1", "ROT-2", "TRV-1", "EXP-7",
            "EXP-9", "SWP-1",
        ],
        store: |handle, id, record, when, now| {
            let old = handle.records().get(id).cloned();
            let version = honest::store(handle, id, record, when, now)?;
            if !record.is_live(now)
                && let Some(old) = old
            {
                handle.records().put(id, old);
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-into-the-past-keeps-the-record",
        fault: "moves the deadline and leaves the rest to the sweep: a caller with a slower clock logs in with it",
        breaks: &["EXP-3", "STO-6", "RES-1", "EXP-7", "SWP-1"],
        touch: |handle, id, expires_at, now| {
            let mut records = handle.records();
            let Some(record) = records.live(id, now).cloned() else {
                return Ok(false);
            };
            records.put(
                id,
                Record {
                    expires_at,
                    ..record
                },
            );
            Ok(true)
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-writes-the-payload-it-read",
        fault: "reads the record, changes the deadline, writes the record: a save in between is undone, its version and all",
        breaks: &["EXP-6"],
        touch: |handle, id, expires_at, now| {
            let Some(read) = handle.records().live(id, now).cloned() else {
                return Ok(false);
            };
            pause();
            let mut records = handle.records();
            // What was removed meanwhile stays removed, so that this is about payloads alone.
            if records.get(id).is_some() {
                honest::move_deadline(&mut records, id, read, expires_at, now);
            }
            Ok(true)
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-revives-the-expired",
        fault: "UPDATE .. SET expires_at = ? WHERE id = ?: whoever comes back before the sweep is still logged in",
        breaks: &["EXP-7", "EXP-1", "EXP-2"],
        touch: |handle, id, expires_at, now| {
            let mut records = handle.records();
            let Some(record) = records.get(id).cloned() else {
                return Ok(false);
            };
            honest::move_deadline(&mut records, id, record, expires_at, now);
            Ok(true)
        },
        ..HONEST
    },
    Saboteur {
        name: "native-ttl-without-slack",
        fault: "gives the engine a TTL of exactly expires_at - now: a caller whose clock is a little behind loses the session early",
        breaks: &["EXP-8"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            if let Some(kept) = handle.records().get(id).cloned() {
                let ttl = kept
                    .expires_at
                    .map(|deadline| deadline.saturating_duration_since(now));
                let expires_at =
                    ttl.and_then(|ttl| Timestamp::now().checked_add(ttl + BETWEEN_LOOKS));
                let native = Record { expires_at, ..kept };
                handle.shared().records().insert(id.clone(), native);
            }
            Ok(version)
        },
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            let native = handle.shared().records().get(id).cloned();
            Ok(found.filter(|found| {
                native.is_none_or(|native| {
                    native.version != found.version || native.is_live(Timestamp::now())
                })
            }))
        },
        ..HONEST
    },
    Saboteur {
        name: "deadline-judged-by-its-own-clock",
        fault: "asks the system what time it is: two hosts, or a replayed now, see different sessions",
        breaks: &[
            "EXP-1", "EXP-8", "RET-3", "STO-5", "STO-6", "STO-7", "CAS-2", "ROT-1", "ROT-2",
            "EXP-2", "EXP-4", "EXP-5", "EXP-7",
        ],
        retrieve: |handle, id, _| honest::retrieve(handle, id, Timestamp::now()),
        ..HONEST
    },
    Saboteur {
        name: "clock-that-went-back-is-an-error",
        fault: "takes a now before the last store's for a fault of the caller (\"Clock moved backwards. Refusing to generate id\")",
        breaks: &[
            "EXP-9", "STO-3", "STO-6", "STO-7", "CAS-1", "CAS-2", "RES-1", "REM-2", "ROT-1",
            "ROT-2", "TRV-1", "EXP-1", "EXP-2", "EXP-3", "EXP-4", "EXP-7", "SWP-1", "HYG-5",
            "CAP-1",
        ],
        store: |handle, id, record, when, now| {
            let millis = now.as_millis() as u64;
            if handle.shared().number.fetch_max(millis, Ordering::SeqCst) > millis {
                return Err(error(ErrorKind::Other, Operation::Store));
            }
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
];

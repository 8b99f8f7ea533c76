//! REM: faults of remove.

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::pause;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "remove-says-false-for-live",
        fault: "answers from the row count of a statement that reports none: a logout seems to have had nothing to do",
        breaks: &[
            "REM-1", "REM-4", "RET-4", "STO-1", "STO-3", "STO-6", "STO-7", "CAS-1", "CAS-2",
            "RES-1", "RES-3", "REM-2", "ROT-1", "ROT-2", "TRV-1", "TRV-4", "TRV-5", "TRV-7",
            "EXP-1", "EXP-2", "EXP-3", "EXP-4", "EXP-7", "EXP-9", "ID-1", "ID-2", "ID-3", "PAY-1",
            "ISO-4", "HYG-5", "CAP-1",
        ],
        remove: |handle, id, now| {
            honest::remove(handle, id, now)?;
            Ok(false)
        },
        ..HONEST
    },
    Saboteur {
        name: "remove-happens-later",
        fault: "queues removes (UNLINK behind a pipeline, a background thread) and does one with the next one",
        breaks: &[
            "REM-1", "STO-3", "STO-6", "STO-7", "CAS-2", "RES-1", "RES-3", "REM-2", "ROT-1",
            "ROT-2", "TRV-1", "TRV-4", "TRV-5", "TRV-7", "EXP-1", "EXP-3", "EXP-4", "EXP-5",
            "EXP-7", "EXP-9", "SWP-1", "ID-1", "ID-2", "ID-3", "PAY-1", "ATM-3", "ISO-4", "HYG-5",
            "CAP-1",
        ],
        remove: |handle, id, now| {
            let live = handle.records().live(id, now).cloned();
            for (queued, _) in handle.notes.records().drain() {
                handle.records().take(&queued);
            }
            if let Some(record) = &live {
                handle.notes.records().insert(id.clone(), record.clone());
            }
            Ok(live.is_some())
        },
        ..HONEST
    },
    Saboteur {
        name: "remove-of-nothing-says-true",
        fault: "takes \"there is nothing now\" for success: rm -f",
        breaks: &[
            "REM-2", "RET-3", "REM-4", "RES-3", "REM-1", "EXP-1", "EXP-2", "EXP-4", "EXP-9",
            "ID-3", "ID-7",
        ],
        remove: |handle, id, now| {
            honest::remove(handle, id, now)?;
            Ok(true)
        },
        ..HONEST
    },
    Saboteur {
        name: "remove-leaves-an-expired-record",
        fault: "DELETE .. WHERE expires_at > now: the dead record stays, and an earlier now finds it after the logout",
        breaks: &["REM-2", "EXP-1", "EXP-4", "EXP-9", "SWP-1"],
        remove: |handle, id, now| {
            let mut records = handle.records();
            let live = records.live(id, now).is_some();
            if live {
                records.take(id);
            }
            Ok(live)
        },
        ..HONEST
    },
    Saboteur {
        name: "two-removes-both-say-true",
        fault: "looks whether the session exists, then deletes it, and answers from the look",
        breaks: &["REM-4"],
        remove: |handle, id, now| {
            let live = handle.records().live(id, now).is_some();
            pause();
            handle.records().take(id);
            Ok(live)
        },
        ..HONEST
    },
    Saboteur {
        name: "remove-of-the-expired-says-true",
        fault: "answers from the row count of a DELETE with no word of the deadline",
        breaks: &["REM-2", "EXP-1", "EXP-2", "EXP-4"],
        remove: |handle, id, _| Ok(handle.records().take(id).is_some()),
        ..HONEST
    },
];

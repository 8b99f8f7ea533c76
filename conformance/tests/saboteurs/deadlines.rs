//! EXP-4, EXP-5: faults in how a deadline is kept.

use session_driver::{NewRecord, Precondition, Result, SessionId, Timestamp, Version};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::Handle;

/// The last millisecond of the year 9999.
const YEAR_9999: i64 = 253_402_300_799_999;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "deadline-in-32-bits-of-seconds",
        fault: "keeps seconds in an unsigned 32-bit column, which wraps in 2106: a far deadline is a past one",
        breaks: &["EXP-4"],
        store: |handle, id, record, when, now| {
            let kept = |millis: i64| {
                let (seconds, rest) = (millis / 1_000, millis % 1_000);
                i64::from(seconds as u32) * 1_000 + rest
            };
            store_deadline(handle, id, record, when, now, kept)
        },
        ..HONEST
    },
    Saboteur {
        name: "deadline-in-64-bits-of-nanoseconds",
        fault: "keeps nanoseconds, which wrap in 2262",
        breaks: &["EXP-4"],
        store: |handle, id, record, when, now| {
            let kept = |millis: i64| millis.wrapping_mul(1_000_000) / 1_000_000;
            store_deadline(handle, id, record, when, now, kept)
        },
        ..HONEST
    },
    Saboteur {
        name: "deadline-clamped-to-the-year-9999",
        fault: "turns what its date type cannot hold into the last date it can, and says nothing",
        breaks: &["EXP-4"],
        store: |handle, id, record, when, now| {
            store_deadline(handle, id, record, when, now, |millis| {
                millis.min(YEAR_9999)
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "deadline-in-a-double",
        fault: "lets a script do the arithmetic (Lua, JavaScript): beyond 2^53 milliseconds the deadline is rounded",
        breaks: &["EXP-4"],
        store: |handle, id, record, when, now| {
            store_deadline(handle, id, record, when, now, |millis| millis as f64 as i64)
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-clamps-the-deadline",
        fault: "checks the range in store, and lets touch write whatever comes through a narrower type",
        breaks: &["EXP-4"],
        touch: |handle, id, expires_at, now| {
            let kept =
                |deadline: Timestamp| Timestamp::from_millis(deadline.as_millis().min(YEAR_9999));
            honest::touch(handle, id, expires_at.and_then(kept), now)
        },
        ..HONEST
    },
    Saboteur {
        name: "deadline-in-whole-seconds",
        fault: "keeps the deadline as seconds, rounded up, and reports the exact one from the header",
        breaks: &[
            "EXP-1", "EXP-5", "STO-2", "ROT-1", "ROT-2", "TRV-1", "EXP-4", "EXP-8", "EXP-9",
            "SWP-1", "ISO-4",
        ],
        store: |handle, id, record, when, now| {
            let kept = |millis: i64| match millis % 1_000 {
                0 => millis,
                rest => (millis - rest).saturating_add(1_000),
            };
            store_deadline(handle, id, record, when, now, kept)
        },
        ..HONEST
    },
];

/// Stores under the deadline that `kept` makes of the one given, as a column of too narrow a type
/// would.
fn store_deadline(
    handle: &Handle,
    id: &SessionId,
    record: NewRecord<'_>,
    when: Precondition,
    now: Timestamp,
    kept: impl Fn(i64) -> i64,
) -> Result<Version> {
    let kept = |deadline: Timestamp| {
        Timestamp::from_millis(kept(deadline.as_millis())).unwrap_or(Timestamp::MIN)
    };
    let expires_at = record.expires_at.map(kept);
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

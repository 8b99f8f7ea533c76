//! EXP-1: the boundary instant, off by one millisecond in one operation each. (`deadline < now`
//! here and `deadline <= now` there: load and sweep of a published store disagree about the same
//! instant.)

use session_driver::{ErrorKind, Operation, Precondition};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{after, before, error};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "retrieve-finds-the-record-at-its-deadline",
        fault: "expires_at >= now in the read",
        breaks: &[
            "EXP-1", "RET-3", "STO-5", "STO-6", "STO-7", "CAS-2", "ROT-1", "ROT-2", "EXP-2",
            "EXP-4", "EXP-5", "EXP-7", "EXP-8",
        ],
        retrieve: |handle, id, now| honest::retrieve(handle, id, before(now)),
        ..HONEST
    },
    Saboteur {
        name: "retrieve-loses-the-record-an-instant-early",
        fault: "rounds now up in the read",
        breaks: &[
            "EXP-1", "RET-3", "STO-2", "STO-3", "STO-5", "STO-7", "ROT-1", "ROT-2", "EXP-4",
            "EXP-5", "EXP-8", "EXP-9", "SWP-1",
        ],
        retrieve: |handle, id, now| honest::retrieve(handle, id, after(now)),
        ..HONEST
    },
    Saboteur {
        name: "store-counts-the-record-live-at-its-deadline",
        fault: "expires_at >= now in the precondition",
        breaks: &[
            "EXP-1", "STO-3", "STO-6", "CAS-2", "EXP-2", "EXP-3", "EXP-9", "SWP-1",
        ],
        store: |handle, id, record, when, now| {
            honest::store_if(handle, id, record, now, |stored| {
                let live = stored.filter(|stored| stored.is_live(before(now)));
                when.check(live.map(|live| live.version))
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "store-keeps-a-record-at-its-deadline",
        fault: "expires_at < now in the test for a past deadline: a logout by `expires_at: now` leaves the record for slower clocks",
        breaks: &["EXP-3", "STO-6", "RES-1", "EXP-7", "EXP-9", "SWP-1"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            if record.expires_at == Some(now) {
                honest::write(handle, &mut handle.records(), id, record, before(now));
            }
            Ok(version)
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-finds-the-record-at-its-deadline",
        fault: "expires_at >= now in the UPDATE",
        breaks: &["EXP-1", "EXP-7", "EXP-2"],
        touch: |handle, id, expires_at, now| {
            let mut records = handle.records();
            let Some(record) = records.live(id, before(now)).cloned() else {
                return Ok(false);
            };
            honest::move_deadline(&mut records, id, record, expires_at, now);
            Ok(true)
        },
        ..HONEST
    },
    Saboteur {
        name: "remove-says-true-at-the-deadline",
        fault: "expires_at >= now in the DELETE",
        breaks: &["EXP-1", "REM-2", "EXP-2", "EXP-4"],
        remove: |handle, id, now| honest::remove(handle, id, before(now)),
        ..HONEST
    },
    Saboteur {
        name: "rotate-moves-the-record-at-its-deadline",
        fault: "expires_at >= now for the old id",
        breaks: &["EXP-1", "ROT-1", "ROT-2", "EXP-2", "SWP-1"],
        rotate: |handle, from, to, now| honest::rotate(handle, from, to, before(now)),
        ..HONEST
    },
    Saboteur {
        name: "traverse-visits-the-record-at-its-deadline",
        fault: "expires_at >= now in the listing",
        breaks: &["EXP-1", "STO-6", "TRV-1", "EXP-2", "EXP-7"],
        traverse: |handle, now, visit| honest::traverse(handle, before(now), visit),
        ..HONEST
    },
    Saboteur {
        name: "sweep-leaves-the-record-at-its-deadline",
        fault: "expires_at < now in the sweep, which a test for the sweep alone does not see",
        breaks: &["EXP-1", "STO-1", "EXP-4", "EXP-9", "SWP-1", "SWP-2"],
        sweep: |handle, now, limit| honest::sweep(handle, before(now), limit),
        ..HONEST
    },
    Saboteur {
        name: "sweep-takes-the-record-an-instant-early",
        fault: "sweeps by a clock rounded up: a session that is live for one millisecond more is gone",
        breaks: &[
            "EXP-1", "SWP-1", "STO-5", "STO-7", "ROT-1", "TRV-1", "EXP-4", "EXP-8", "EXP-9",
            "SWP-2",
        ],
        sweep: |handle, now, limit| honest::sweep(handle, after(now), limit),
        ..HONEST
    },
    Saboteur {
        name: "create-refused-at-the-deadline",
        fault: "expires_at >= now in the INSERT's condition alone",
        breaks: &["EXP-1", "STO-3", "CAS-2", "EXP-3", "EXP-9", "SWP-1"],
        store: |handle, id, record, when, now| match when {
            Precondition::Absent => honest::store_if(handle, id, record, now, |stored| {
                let live = stored.filter(|stored| stored.is_live(before(now)));
                when.check(live.map(|live| live.version))
            }),
            _ => honest::store(handle, id, record, when, now),
        },
        ..HONEST
    },
    Saboteur {
        name: "create-over-the-last-instant-of-life",
        fault: "expires_at > now + 1 in the INSERT's condition: a session with a millisecond to live is overwritten",
        breaks: &["EXP-1", "STO-2"],
        store: |handle, id, record, when, now| match when {
            Precondition::Absent => honest::store_if(handle, id, record, now, |stored| {
                let live = stored.filter(|stored| stored.is_live(after(now)));
                when.check(live.map(|live| live.version))
            }),
            _ => honest::store(handle, id, record, when, now),
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-fails-an-instant-early",
        fault: "rounds now up in the UPDATE",
        breaks: &["EXP-1", "ROT-1", "EXP-3", "EXP-8", "EXP-9", "SWP-1"],
        touch: |handle, id, expires_at, now| {
            if honest::retrieve(handle, id, after(now))?.is_none() {
                return Ok(false);
            }
            honest::touch(handle, id, expires_at, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "remove-says-false-an-instant-early",
        fault: "rounds now up in the DELETE",
        breaks: &["EXP-1", "REM-1"],
        remove: |handle, id, now| honest::remove(handle, id, after(now)),
        ..HONEST
    },
    Saboteur {
        name: "rotate-loses-the-record-an-instant-early",
        fault: "rounds now up for the old id",
        breaks: &["EXP-1", "ROT-1", "EXP-4", "EXP-5"],
        rotate: |handle, from, to, now| {
            if honest::retrieve(handle, from, after(now))?.is_none() {
                return Ok(None);
            }
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "rotate-refused-by-a-target-at-its-deadline",
        fault: "expires_at >= now for the new id",
        breaks: &["EXP-1", "ROT-1", "SWP-1"],
        rotate: |handle, from, to, now| {
            let (source, target) = (
                honest::retrieve(handle, from, now)?,
                honest::retrieve(handle, to, before(now))?,
            );
            if source.is_some() && target.is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
            }
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-misses-the-record-an-instant-early",
        fault: "rounds now up in the listing",
        breaks: &[
            "EXP-1", "ROT-1", "TRV-1", "EXP-4", "EXP-8", "EXP-9", "SWP-2",
        ],
        traverse: |handle, now, visit| honest::traverse(handle, after(now), visit),
        ..HONEST
    },
];

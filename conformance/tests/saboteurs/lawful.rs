//! Drivers that use what the rules allow and an obvious driver does not: no rule may accuse them. A
//! suite that does is wrong, not they.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use session_driver::{
    Capabilities, ErrorKind, Operation, Record, Result, SessionId, Swept, Timestamp, Version,
};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{Handle, error, hold};

/// The parts of a backend that is swept part by part.
const PARTS: u64 = 4;

pub(crate) const DRIVERS: &[Saboteur] = &[
    Saboteur {
        name: "lawful-discards-the-expired-on-sight",
        fault: "none: \"an operation given now >= expires_at MAY discard the record for good\"",
        retrieve: |handle, id, now| {
            discard(handle, id, now);
            honest::retrieve(handle, id, now)
        },
        store: |handle, id, record, when, now| {
            discard(handle, id, now);
            honest::store(handle, id, record, when, now)
        },
        touch: |handle, id, expires_at, now| {
            discard(handle, id, now);
            honest::touch(handle, id, expires_at, now)
        },
        rotate: |handle, from, to, now| {
            discard(handle, from, now);
            discard(handle, to, now);
            honest::rotate(handle, from, to, now)
        },
        traverse: |handle, now, visit| {
            let expired = handle.records().ids(|_, record| !record.is_live(now));
            for id in &expired {
                discard(handle, id, now);
            }
            honest::traverse(handle, now, visit)
        },
        ..HONEST
    },
    Saboteur {
        name: "lawful-random-versions-also-in-rotate",
        fault: "none: 64 fresh random bits count as unique, and rotate may give a new version where the descriptor says so",
        capabilities: |handle| Capabilities {
            rotate_keeps_version: false,
            ..honest::capabilities(handle)
        },
        store: |handle, id, record, when, now| {
            let version = Version::random()?;
            honest::store_as(handle, id, record, when, now, |_| version)
        },
        rotate: |handle, from, to, now| {
            let mut records = handle.records();
            let Some(record) = records.live(from, now).cloned() else {
                return Ok(None);
            };
            if records.live(to, now).is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
            }
            let version = Version::random()?;
            records.take(from);
            records.put(to, Record { version, ..record });
            Ok(Some(version))
        },
        ..HONEST
    },
    Saboteur {
        name: "lawful-often-busy",
        fault: "none: contention may end in a retryable Busy within the declared bound",
        retrieve: |handle, id, now| {
            sometimes_busy(handle, Operation::Retrieve)?;
            honest::retrieve(handle, id, now)
        },
        store: |handle, id, record, when, now| {
            sometimes_busy(handle, Operation::Store)?;
            honest::store(handle, id, record, when, now)
        },
        touch: |handle, id, expires_at, now| {
            sometimes_busy(handle, Operation::Touch)?;
            honest::touch(handle, id, expires_at, now)
        },
        remove: |handle, id, now| {
            sometimes_busy(handle, Operation::Remove)?;
            honest::remove(handle, id, now)
        },
        rotate: |handle, from, to, now| {
            sometimes_busy(handle, Operation::Rotate)?;
            honest::rotate(handle, from, to, now)
        },
        sweep: |handle, now, limit| {
            sometimes_busy(handle, Operation::Sweep)?;
            honest::sweep(handle, now, limit)
        },
        ..HONEST
    },
    Saboteur {
        name: "lawful-refuses-far-deadlines",
        fault: "none: a deadline that cannot be expressed may be refused with InvalidDeadline",
        store: |handle, id, record, when, now| {
            expressible(record.expires_at, Operation::Store)?;
            honest::store(handle, id, record, when, now)
        },
        touch: |handle, id, expires_at, now| {
            expressible(expires_at, Operation::Touch)?;
            honest::touch(handle, id, expires_at, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "lawful-rotates-in-two-steps",
        fault: "none: without atomic_rotate readers, who take no lock, may see both ids live for a moment",
        races: true,
        capabilities: |handle| Capabilities {
            atomic_rotate: false,
            ..honest::capabilities(handle)
        },
        store: |handle, id, record, when, now| {
            let _writer = hold(&handle.shared().lock);
            honest::store(handle, id, record, when, now)
        },
        touch: |handle, id, expires_at, now| {
            let _writer = hold(&handle.shared().lock);
            honest::touch(handle, id, expires_at, now)
        },
        remove: |handle, id, now| {
            let _writer = hold(&handle.shared().lock);
            honest::remove(handle, id, now)
        },
        rotate: |handle, from, to, now| {
            let _writer = hold(&handle.shared().lock);
            let Some(record) = honest::retrieve(handle, from, now)? else {
                return Ok(None);
            };
            if honest::retrieve(handle, to, now)?.is_some() {
                return Err(error(ErrorKind::AlreadyExists, Operation::Rotate));
            }
            let version = record.version;
            handle.records().put(to, record);
            std::thread::yield_now();
            handle.records().take(from);
            Ok(Some(version))
        },
        sweep: |handle, now, limit| {
            let _writer = hold(&handle.shared().lock);
            honest::sweep(handle, now, limit)
        },
        ..HONEST
    },
    Saboteur {
        name: "lawful-sweeps-part-by-part",
        fault: "none: a sweep removes at most the limit, so that it may look at one of its parts and say that there is more",
        sweep: |handle, now, limit| {
            let part = handle.shared().count() % PARTS;
            let mut records = handle.records();
            let of_part = |id: &&SessionId| hash(id) % PARTS == part;
            let due = records.due(now).filter(of_part).take(limit.get());
            let due: Vec<SessionId> = due.cloned().collect();
            for id in &due {
                records.take(id);
            }
            Ok(Swept {
                removed: due.len() as u64,
                more: records.due(now).next().is_some(),
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "lawful-lets-its-engine-expire",
        fault: "none: with native expiry declared, a sweep may do nothing",
        capabilities: |handle| Capabilities {
            native_expiry: Some(Duration::from_secs(3_600)),
            ..honest::capabilities(handle)
        },
        sweep: |_, _, _| Ok(Swept::default()),
        ..HONEST
    },
    Saboteur {
        name: "lawful-shows-digests-for-ids",
        fault: "none: without readable_ids a traversal visits one stable digest a record, which no operation knows",
        capabilities: |handle| Capabilities {
            readable_ids: false,
            ..honest::capabilities(handle)
        },
        traverse: |handle, now, visit| {
            let mut digested = |id: &SessionId| visit(&digest(id));
            honest::traverse(handle, now, &mut digested)
        },
        ..HONEST
    },
];

fn discard(handle: &Handle, id: &SessionId, now: Timestamp) {
    let mut records = handle.records();
    if records.live(id, now).is_none() {
        records.take(id);
    }
}

fn sometimes_busy(handle: &Handle, operation: Operation) -> Result<()> {
    match handle.shared().count() % 7 {
        3 | 4 => Err(error(ErrorKind::Busy, operation)),
        _ => Ok(()),
    }
}

fn expressible(expires_at: Option<Timestamp>, operation: Operation) -> Result<()> {
    const YEAR_2106: i64 = 1_000 * u32::MAX as i64;
    match expires_at {
        Some(deadline) if deadline.as_millis() > YEAR_2106 => {
            Err(error(ErrorKind::InvalidDeadline, operation))
        }
        _ => Ok(()),
    }
}

fn digest(id: &SessionId) -> SessionId {
    SessionId::parse(&format!("digest-{:016x}", hash(id))).unwrap_or_else(|_| id.clone())
}

fn hash(id: &SessionId) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

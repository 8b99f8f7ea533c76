//! Faults that no single step shows: each takes several operations in one order, which nobody would
//! think of writing a case for. Random programs find them (CON-1).

use session_driver::{Record, Timestamp};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "rotate-onto-a-removed-id-keeps-its-tombstone",
        fault: "a remove leaves a tombstone, which store clears and rotate does not: what is there cannot be renewed",
        breaks: &["CON-1"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            handle.shared().records().remove(id);
            Ok(version)
        },
        touch: |handle, id, expires_at, now| {
            let dead = handle.shared().records().contains_key(id);
            Ok(!dead && honest::touch(handle, id, expires_at, now)?)
        },
        remove: |handle, id, now| {
            if let Some(record) = honest::retrieve(handle, id, now)? {
                handle.shared().records().insert(id.clone(), record);
            }
            honest::remove(handle, id, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "touch-of-what-was-saved-and-rotated-is-lost",
        fault: "takes the slot before the last save along in a rotate, and renews that one",
        breaks: &["CON-1"],
        store: |handle, id, record, when, now| {
            let older = honest::retrieve(handle, id, now)?;
            let version = honest::store(handle, id, record, when, now)?;
            let mut slots = handle.shared().records();
            match older {
                Some(older) => slots.insert(id.clone(), not_rotated(older)),
                None => slots.remove(id),
            };
            Ok(version)
        },
        touch: |handle, id, expires_at, now| {
            let older = handle.shared().records().get(id).cloned();
            let lost = older.is_some_and(|older| older.expires_at == Some(ROTATED));
            if lost {
                return Ok(handle.records().live(id, now).is_some());
            }
            honest::touch(handle, id, expires_at, now)
        },
        rotate: |handle, from, to, now| {
            let version = honest::rotate(handle, from, to, now)?;
            let mut slots = handle.shared().records();
            if version.is_some()
                && let Some(older) = slots.remove(from)
            {
                let expires_at = Some(ROTATED);
                slots.insert(
                    to.clone(),
                    Record {
                        expires_at,
                        ..older
                    },
                );
            }
            Ok(version)
        },
        ..HONEST
    },
];

/// Marks a slot that came along in a rotate.
const ROTATED: Timestamp = Timestamp::MIN;

fn not_rotated(record: Record) -> Record {
    Record {
        expires_at: None,
        ..record
    }
}

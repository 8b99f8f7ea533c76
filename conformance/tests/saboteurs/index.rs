//! SWP: faults of an index on `expires_at` that has lost touch with the records.

use session_driver::{NewRecord, Record, Result, SessionId, Swept, Timestamp, Version};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::Handle;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "index-of-one-id-a-deadline",
        fault: "keys its index by the deadline alone: of two sessions that end in the same millisecond one is never swept",
        breaks: &["SWP-2", "SWP-1"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            let same = |other: &SessionId, kept: &Record| {
                other != id && kept.expires_at.is_some() && kept.expires_at == record.expires_at
            };
            let ousted = handle.records().ids(same);
            let mut unindexed = handle.shared().records();
            unindexed.remove(id);
            for id in ousted {
                unindexed.insert(id.clone(), stand_in(version));
            }
            Ok(version)
        },
        sweep: |handle, now, limit| {
            let hidden = handle.shared().records().clone();
            sweep_those(handle, now, limit.get(), |id| !hidden.contains_key(id))
        },
        ..HONEST
    },
    Saboteur {
        name: "index-left-behind-by-touch",
        fault: "moves the deadline in the record and not in the index: the sweep takes the session at its first deadline",
        breaks: &["SWP-1"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            index(handle, id, record, version);
            Ok(version)
        },
        sweep: |handle, now, limit| {
            let indexed = handle.shared().records();
            let mut records = handle.records();
            let due = records.ids(|id, record| match indexed.get(id) {
                Some(entry) if entry.version == record.version => !entry.is_live(now),
                _ => !record.is_live(now),
            });
            for id in due.iter().take(limit.get()) {
                records.take(id);
            }
            Ok(Swept {
                removed: due.len().min(limit.get()) as u64,
                more: due.len() > limit.get(),
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "index-left-behind-by-rotate",
        fault: "renames the record and leaves its index entry under the old id: what was rotated is never swept",
        breaks: &["SWP-1"],
        rotate: |handle, from, to, now| {
            let version = honest::rotate(handle, from, to, now)?;
            if let Some(version) = version {
                handle
                    .shared()
                    .records()
                    .insert(to.clone(), stand_in(version));
            }
            Ok(version)
        },
        sweep: |handle, now, limit| {
            let hidden = handle.shared().records().clone();
            let version = |id: &SessionId| handle.records().get(id).map(|record| record.version);
            let hides = |id: &SessionId| hidden.get(id).map(|entry| entry.version);
            let seen: Vec<SessionId> = handle.records().due(now).cloned().collect();
            let seen: Vec<SessionId> = seen
                .into_iter()
                .filter(|id| hides(id).is_none() || hides(id) != version(id))
                .collect();
            sweep_those(handle, now, limit.get(), |id| seen.contains(id))
        },
        ..HONEST
    },
    Saboteur {
        name: "index-entry-outlives-its-record",
        fault: "leaves the index entry of a record that was replaced: the sweep takes the new one at the old one's deadline",
        breaks: &["SWP-1", "STO-3", "STO-5", "STO-7", "EXP-2"],
        store: |handle, id, record, when, now| {
            let old = handle.records().get(id).cloned();
            let version = honest::store(handle, id, record, when, now)?;
            if let Some(old) = old.filter(|old| old.expires_at.is_some()) {
                handle.shared().records().insert(id.clone(), old);
            }
            Ok(version)
        },
        remove: |handle, id, now| {
            handle.shared().records().remove(id);
            honest::remove(handle, id, now)
        },
        sweep: |handle, now, limit| {
            let stale: Vec<SessionId> = {
                let left = handle.shared().records();
                let due = left.iter().filter(|(_, entry)| !entry.is_live(now));
                due.map(|(id, _)| id.clone()).collect()
            };
            let mut removed = 0;
            for id in stale.iter().take(limit.get()) {
                handle.shared().records().remove(id);
                removed += u64::from(handle.records().take(id).is_some());
            }
            match limit.get() as u64 - removed {
                0 => Ok(Swept {
                    removed,
                    more: true,
                }),
                rest => {
                    let swept = sweep_those(handle, now, rest as usize, |_| true)?;
                    Ok(Swept {
                        removed: removed + swept.removed,
                        ..swept
                    })
                }
            }
        },
        ..HONEST
    },
    Saboteur {
        name: "sweep-only-hides",
        fault: "marks what is expired and counts it as removed: a caller with a slower clock still finds it",
        breaks: &["SWP-1", "EXP-9", "EXP-1", "SWP-2", "ISO-4"],
        sweep: |handle, now, limit| {
            let mut hidden = handle.shared().records();
            let records = handle.records();
            let version = |id: &SessionId| records.get(id).map(|record| record.version);
            let hides = |id: &&SessionId| hidden.get(*id).map(|entry| entry.version) != version(id);
            let due: Vec<SessionId> = records.due(now).filter(hides).cloned().collect();
            for id in due.iter().take(limit.get()) {
                if let Some(version) = version(id) {
                    hidden.insert(id.clone(), stand_in(version));
                }
            }
            Ok(Swept {
                removed: due.len().min(limit.get()) as u64,
                more: due.len() > limit.get(),
            })
        },
        ..HONEST
    },
];

/// An entry that says no more than which version it is about.
fn stand_in(version: Version) -> Record {
    Record {
        payload: Vec::new(),
        expires_at: None,
        version,
    }
}

fn index(handle: &Handle, id: &SessionId, record: NewRecord<'_>, version: Version) {
    let expires_at = record.expires_at;
    let entry = Record {
        expires_at,
        ..stand_in(version)
    };
    handle.shared().records().insert(id.clone(), entry);
}

/// Sweeps the expired records that the index shows.
fn sweep_those(
    handle: &Handle,
    now: Timestamp,
    limit: usize,
    shows: impl Fn(&SessionId) -> bool,
) -> Result<Swept> {
    let mut records = handle.records();
    let due: Vec<SessionId> = records.due(now).filter(|id| shows(id)).cloned().collect();
    for id in due.iter().take(limit) {
        records.take(id);
    }
    Ok(Swept {
        removed: due.len().min(limit) as u64,
        more: due.len() > limit,
    })
}

//! SWP: faults of sweep.

use session_driver::{ErrorKind, Operation, SessionId, Swept, Version};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{Records, error, pause};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "sweep-takes-those-without-a-deadline",
        fault: "keeps \"never\" as 0, which is less than any now",
        breaks: &[
            "SWP-1", "EXP-2", "STO-3", "STO-5", "STO-7", "REM-2", "ROT-1", "TRV-1", "TRV-4",
            "TRV-5", "TRV-7", "EXP-4", "EXP-9", "SWP-2",
        ],
        sweep: |handle, now, limit| {
            let mut records = handle.records();
            let due = records.ids(|_, record| !record.is_live(now) || record.expires_at.is_none());
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
        name: "sweep-counts-what-it-looked-at",
        fault: "reports the records it examined for the records it removed",
        breaks: &[
            "SWP-1", "SWP-2", "SWP-4", "STO-3", "ROT-1", "TRV-1", "TRV-4", "TRV-5", "TRV-7",
            "EXP-1", "EXP-2", "EXP-4", "EXP-8", "EXP-9",
        ],
        sweep: |handle, now, limit| {
            let examined = handle.records().iter().count().min(limit.get()) as u64;
            let swept = honest::sweep(handle, now, limit)?;
            Ok(Swept {
                removed: examined.max(swept.removed),
                ..swept
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "sweep-heeds-no-limit",
        fault: "one DELETE for all that is due: writers wait for seconds",
        breaks: &["SWP-2"],
        sweep: |handle, now, _| honest::sweep(handle, now, std::num::NonZeroUsize::MAX),
        ..HONEST
    },
    Saboteur {
        name: "sweep-rebuilds-the-store",
        fault: "copies what is live to a new table and drops the old one: meanwhile nobody is logged in",
        breaks: &["SWP-5"],
        sweep: |handle, now, limit| {
            let mut away = vec![];
            let mut records = handle.records();
            for id in records.ids(|_, record| record.is_live(now)) {
                away.extend(records.take(&id).map(|record| (id, record)));
            }
            drop(records);
            pause();
            let swept = honest::sweep(handle, now, limit);
            let mut records = handle.records();
            for (id, record) in away {
                records.put(&id, record);
            }
            swept
        },
        ..HONEST
    },
    Saboteur {
        name: "sweep-removes-one-too-many",
        fault: "tests the limit after the removal",
        breaks: &["SWP-2"],
        sweep: |handle, now, limit| honest::sweep(handle, now, limit.saturating_add(1)),
        ..HONEST
    },
    Saboteur {
        name: "sweep-says-done-too-soon",
        fault: "answers `more` from an error count that is always 0: a backlog is never drained",
        breaks: &["SWP-2"],
        sweep: |handle, now, limit| {
            let swept = honest::sweep(handle, now, limit)?;
            Ok(Swept {
                more: false,
                ..swept
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "sweep-says-more-while-anything-is-stored",
        fault: "answers `more` from whether the table has rows: the caller's loop never ends",
        breaks: &["SWP-2"],
        sweep: |handle, now, limit| {
            let swept = honest::sweep(handle, now, limit)?;
            Ok(Swept {
                more: handle.records().iter().next().is_some(),
                ..swept
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "sweep-spends-its-limit-on-the-living",
        fault: "examines the first `limit` records and no others: enough live ones in front, and nothing is ever swept",
        breaks: &["SWP-2"],
        sweep: |handle, now, limit| {
            let mut records = handle.records();
            let first: Vec<SessionId> = records
                .iter()
                .take(limit.get())
                .map(|(id, _)| id.clone())
                .collect();
            let due = first
                .iter()
                .filter(|id| records.live(id, now).is_none())
                .cloned();
            let due: Vec<SessionId> = due.collect();
            for id in &due {
                records.take(id);
            }
            Ok(Swept {
                removed: due.len() as u64,
                more: !due.is_empty() && records.due(now).next().is_some(),
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "sweep-of-an-empty-store-fails",
        fault: "opens a directory or table that the first store makes",
        breaks: &["SWP-2", "RES-3", "REM-1", "REM-2", "EXP-3", "SWP-1"],
        sweep: |handle, now, limit| {
            if handle.records().iter().next().is_none() {
                return Err(error(ErrorKind::Other, Operation::Sweep));
            }
            honest::sweep(handle, now, limit)
        },
        ..HONEST
    },
    Saboteur {
        name: "sweep-takes-what-was-renewed",
        fault: "lists what is due and unlinks it, with no second look: renewed in between, a session is lost (two published file stores)",
        breaks: &["SWP-3"],
        sweep: |handle, now, limit| {
            let due: Vec<SessionId> = handle
                .records()
                .due(now)
                .take(limit.get())
                .cloned()
                .collect();
            pause();
            let taken = due.iter().filter(|id| handle.records().take(id).is_some());
            let removed = taken.count() as u64;
            let more = handle.records().due(now).next().is_some();
            Ok(Swept { removed, more })
        },
        ..HONEST
    },
    Saboteur {
        name: "sweep-takes-what-was-touched",
        fault: "looks again whether the payload has changed: a touch in between does not show there, and the session is lost",
        breaks: &["SWP-3"],
        sweep: |handle, now, limit| {
            let due: Vec<(SessionId, Version)> = {
                let records = handle.records();
                let due = records.due(now).take(limit.get());
                due.filter_map(|id| Some((id.clone(), records.get(id)?.version)))
                    .collect()
            };
            pause();
            let mut records = handle.records();
            let mut removed = 0;
            for (id, version) in &due {
                if records
                    .get(id)
                    .is_some_and(|record| record.version == *version)
                {
                    records.take(id);
                    removed += 1;
                }
            }
            let more = records.due(now).next().is_some();
            Ok(Swept { removed, more })
        },
        ..HONEST
    },
    Saboteur {
        name: "sweep-takes-what-was-stored-over-the-dead",
        fault: "looks again whether a touch has moved the deadline: a store or a rotate onto the id makes another record, which it takes for the old one",
        breaks: &["SWP-3"],
        sweep: |handle, now, limit| {
            let due: Vec<(SessionId, Version)> = {
                let records = handle.records();
                let due = records.due(now).take(limit.get());
                due.filter_map(|id| Some((id.clone(), records.get(id)?.version)))
                    .collect()
            };
            pause();
            let mut records = handle.records();
            let touched = |records: &Records, id: &SessionId, version: &Version| {
                records
                    .live(id, now)
                    .is_some_and(|live| live.version == *version)
            };
            let mut removed = 0;
            for (id, version) in &due {
                if !touched(&records, id, version) && records.take(id).is_some() {
                    removed += 1;
                }
            }
            let more = records.due(now).next().is_some();
            Ok(Swept { removed, more })
        },
        ..HONEST
    },
    Saboteur {
        name: "sweeps-side-by-side-count-twice",
        fault: "lists what is due, deletes, and counts the list: what another sweep took is counted again",
        breaks: &["SWP-4"],
        sweep: |handle, now, limit| {
            let due: Vec<SessionId> = handle
                .records()
                .due(now)
                .take(limit.get())
                .cloned()
                .collect();
            pause();
            let mut records = handle.records();
            for id in &due {
                if records.live(id, now).is_none() {
                    records.take(id);
                }
            }
            Ok(Swept {
                removed: due.len() as u64,
                more: records.due(now).next().is_some(),
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "sweeps-side-by-side-trip",
        fault: "unlinks what another sweep has unlinked, and passes the \"no such file\" on",
        breaks: &["SWP-4"],
        sweep: |handle, now, limit| {
            let due: Vec<SessionId> = handle
                .records()
                .due(now)
                .take(limit.get())
                .cloned()
                .collect();
            pause();
            let mut records = handle.records();
            let mut removed = 0;
            for id in &due {
                if records.live(id, now).is_some() {
                    continue;
                }
                if records.take(id).is_none() {
                    return Err(error(ErrorKind::Other, Operation::Sweep));
                }
                removed += 1;
            }
            let more = records.due(now).next().is_some();
            Ok(Swept { removed, more })
        },
        ..HONEST
    },
];

//! TRV: faults of traverse.

use std::ops::Bound;

use session_driver::{ErrorKind, Operation, Result, SessionId, Timestamp, Version};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur, Visit};
use crate::shelf::{Handle, error, pause};

/// Ids a page, in faults of paging; few, so that small stores have many pages.
const PAGE: usize = 10;

/// A traversal that would never end stops here, for the sake of the machine.
const ENDLESS: usize = 200_000;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "traverse-misses-those-without-a-deadline",
        fault: "reads the index on expires_at, in which a NULL does not stand",
        breaks: &[
            "TRV-1", "STO-3", "ROT-1", "TRV-4", "TRV-5", "TRV-6", "EXP-2", "EXP-4", "EXP-9",
            "SWP-1", "SWP-2", "ID-2", "ID-3", "PAY-1",
        ],
        traverse: |handle, now, visit| {
            let dated = |_: &SessionId, record: &session_driver::Record| {
                record.expires_at.is_some() && record.is_live(now)
            };
            visit_all(&handle.records().ids(dated), visit)
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-repeats-the-last-of-a-page",
        fault: "begins the next page at the last id, and not after it",
        breaks: &[
            "TRV-1", "TRV-2", "TRV-4", "TRV-5", "TRV-6", "EXP-4", "SWP-1", "SWP-2", "ID-3",
        ],
        traverse: |handle, now, visit| {
            let mut from = Bound::Unbounded;
            loop {
                let page = page(handle, now, from);
                visit_all(&page, visit)?;
                match page.last() {
                    Some(last) if page.len() == PAGE => from = Bound::Included(last.clone()),
                    _ => return Ok(()),
                }
            }
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-pages-by-offset",
        fault: "LIMIT 10 OFFSET n: each record removed meanwhile moves a live one past the reader",
        breaks: &["TRV-2", "TRV-4"],
        traverse: |handle, now, visit| {
            for offset in (0..).step_by(PAGE) {
                let live = handle.live_ids(now);
                let page: Vec<SessionId> = live.into_iter().skip(offset).take(PAGE).collect();
                if page.is_empty() || page.iter().try_for_each(&mut *visit).is_break() {
                    break;
                }
            }
            Ok(())
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-follows-the-order-of-stores",
        fault: "pages by rowid, which INSERT OR REPLACE renews: what is saved meanwhile comes again, and a visitor that stores never ends",
        breaks: &["TRV-2", "TRV-3", "TRV-4", "TRV-7"],
        traverse: |handle, now, visit| {
            let mut last = None;
            for _ in 0..ENDLESS {
                let next = next_by_version(handle, now, last);
                let Some((version, id)) = next else { break };
                if visit(&id).is_break() {
                    break;
                }
                last = Some(version);
            }
            Ok(())
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-ends-when-its-place-is-gone",
        fault: "keeps its place by the last id visited, and takes the removal of that one for the end: Ok, and half is unseen",
        breaks: &["TRV-2", "TRV-4"],
        traverse: |handle, now, visit| {
            let mut from = Bound::Unbounded;
            loop {
                let page = page(handle, now, from);
                if page.iter().try_for_each(&mut *visit).is_break() {
                    return Ok(());
                }
                match page.last() {
                    Some(last) if handle.records().live(last, now).is_some() => {
                        from = Bound::Excluded(last.clone());
                    }
                    _ => return Ok(()),
                }
            }
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-starts-over-and-repeats",
        fault: "starts over when the store has changed under it, and visits again what it had visited",
        breaks: &["TRV-2", "TRV-3", "TRV-4"],
        traverse: |handle, now, visit| {
            for _ in 0..3 {
                let live = handle.live_ids(now);
                for id in &live {
                    if visit(id).is_break() {
                        return Ok(());
                    }
                }
                pause();
                if handle.live_ids(now) == live {
                    break;
                }
            }
            Ok(())
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-fails-on-what-has-gone",
        fault: "lists names and then opens them: a session removed in between is an error",
        breaks: &["TRV-3"],
        traverse: |handle, now, visit| {
            for id in handle.live_ids(now) {
                if handle.records().get(&id).is_none() {
                    return Err(error(ErrorKind::Other, Operation::Traverse));
                }
                if visit(&id).is_break() {
                    break;
                }
            }
            Ok(())
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-shows-file-names",
        fault: "visits the names as they are kept, with % and two digits for what a file name cannot hold",
        breaks: &["TRV-6", "TRV-1"],
        traverse: |handle, now, visit| {
            let live = handle.live_ids(now);
            visit_all(&live.iter().map(escaped).collect::<Vec<_>>(), visit)
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-shows-the-expired",
        fault: "lists what is stored: a user who is logged out is counted, shown and copied",
        breaks: &["TRV-1", "EXP-1", "STO-6", "EXP-2", "EXP-7"],
        traverse: |handle, _, visit| honest::traverse(handle, Timestamp::MIN, visit),
        ..HONEST
    },
    Saboteur {
        name: "traverse-ends-after-a-thousand",
        fault: "asks for one page of the size that its server gives at most, and forgets the cursor",
        breaks: &["TRV-1"],
        traverse: |handle, now, visit| {
            let mut live = handle.live_ids(now);
            live.truncate(1_000);
            visit_all(&live, visit)
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-removes-the-repeats-of-a-page-only",
        fault: "SCAN says a key twice while its table grows, and the driver looks for repeats within a page",
        breaks: &["TRV-4"],
        traverse: |handle, now, visit| {
            let live = handle.live_ids(now);
            let begin = live.len();
            visit_all(&live, visit)?;
            // The table has grown by a half: the cursor has gone round once more over a few.
            let again = live
                .first()
                .filter(|_| handle.live_ids(now).len() * 2 > begin * 3);
            visit_all(again.map_or(&[], std::slice::from_ref), visit)
        },
        ..HONEST
    },
];

fn visit_all(ids: &[SessionId], visit: Visit<'_>) -> Result<()> {
    let _ = ids.iter().try_for_each(visit);
    Ok(())
}

fn page(handle: &Handle, now: Timestamp, from: Bound<SessionId>) -> Vec<SessionId> {
    let after = |id: &SessionId| match &from {
        Bound::Unbounded => true,
        Bound::Included(from) => id >= from,
        Bound::Excluded(from) => id > from,
    };
    let mut ids = handle
        .records()
        .ids(|id, record| record.is_live(now) && after(id));
    ids.truncate(PAGE);
    ids
}

fn next_by_version(
    handle: &Handle,
    now: Timestamp,
    last: Option<Version>,
) -> Option<(Version, SessionId)> {
    let records = handle.records();
    records
        .iter()
        .filter(|(_, record)| record.is_live(now))
        .map(|(id, record)| (record.version, id))
        .filter(|(version, _)| last.is_none_or(|last| version.to_bits() > last.to_bits()))
        .min_by_key(|(version, _)| version.to_bits())
        .map(|(version, id)| (version, id.clone()))
}

fn escaped(id: &SessionId) -> SessionId {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let text: String = id
        .as_bytes()
        .iter()
        .map(|&byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect();
    SessionId::parse(&text).unwrap_or_else(|_| id.clone())
}

//! CAP, ERR, HYG: faults of the descriptor, of errors and of housekeeping that need neither process
//! nor file.

use std::sync::atomic::Ordering;

use session_driver::{Capabilities, Operation};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::error;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "descriptor-changes-with-the-first-store",
        fault: "finds out what its server can do when it first writes",
        breaks: &["CAP-1"],
        capabilities: |handle| Capabilities {
            hashed_ids: handle.shared().number.load(Ordering::SeqCst) > 0,
            ..honest::capabilities(handle)
        },
        store: |handle, id, record, when, now| {
            handle.shared().count();
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "error-names-another-operation",
        fault: "maps its engine's errors in one place that does not know what was asked for",
        breaks: &["ERR-1"],
        store: |handle, id, record, when, now| {
            honest::store(handle, id, record, when, now)
                .map_err(|failed| error(failed.kind(), Operation::Retrieve))
        },
        ..HONEST
    },
    Saboteur {
        name: "live-records-are-evicted",
        fault: "keeps as many large records as fit, like memcached's slabs or an LRU: the busy users push the others out",
        breaks: &["HYG-4"],
        store: |handle, id, record, when, now| {
            let version = honest::store(handle, id, record, when, now)?;
            if record.payload.len() >= 8 * 1024 {
                let mut records = handle.records();
                let large = records.ids(|_, record| record.payload.len() >= 8 * 1024);
                let oldest = large
                    .iter()
                    .min_by_key(|id| records.get(id).map(|record| record.version.to_bits()));
                if let (Some(oldest), true) = (oldest, large.len() > 32) {
                    records.take(oldest);
                }
            }
            Ok(version)
        },
        ..HONEST
    },
];

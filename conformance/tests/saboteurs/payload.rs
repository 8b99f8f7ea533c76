//! PAY: faults in how payloads are kept.

use session_driver::{
    ErrorKind, NewRecord, Operation, Precondition, Result, SessionId, Timestamp, Version,
};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{Handle, error};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "payload-ends-at-the-first-nul",
        fault: "hands the payload to a C string",
        breaks: &[
            "PAY-1", "RET-4", "RET-2", "STO-1", "RES-3", "ROT-1", "ATM-3", "ISO-4", "ERR-1",
        ],
        store: |handle, id, record, when, now| {
            let end = record.payload.iter().position(|&byte| byte == 0);
            let kept = &record.payload[..end.unwrap_or(record.payload.len())];
            store_bytes(handle, id, record, kept, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-through-utf-8",
        fault: "keeps payloads in a TEXT column: what is no UTF-8 comes back as replacement characters",
        breaks: &["PAY-1"],
        store: |handle, id, record, when, now| {
            let text = String::from_utf8_lossy(record.payload).into_owned();
            store_bytes(handle, id, record, text.as_bytes(), when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-with-its-line-ends-translated",
        fault: "writes files in text mode",
        breaks: &["PAY-1"],
        store: |handle, id, record, when, now| {
            let mut kept = Vec::with_capacity(record.payload.len());
            for (index, &byte) in record.payload.iter().enumerate() {
                if byte != b'\r' || record.payload.get(index + 1) != Some(&b'\n') {
                    kept.push(byte);
                }
            }
            store_bytes(handle, id, record, &kept, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-without-its-last-line-end",
        fault: "reads the payload back as a line, and chomps it",
        breaks: &["PAY-1", "CAS-2"],
        retrieve: |handle, id, now| {
            let mut found = honest::retrieve(handle, id, now)?;
            if let Some(found) = &mut found
                && found.payload.last() == Some(&b'\n')
            {
                found.payload.pop();
            }
            Ok(found)
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-cut-at-65535-bytes",
        fault: "a BLOB column of an engine that cuts what is longer than 64 KiB less one, without strict mode",
        breaks: &["PAY-1", "PAY-2", "ATM-3", "ERR-1"],
        store: |handle, id, record, when, now| {
            let kept = &record.payload[..record.payload.len().min(65_535)];
            store_bytes(handle, id, record, kept, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-of-the-maximum-is-refused",
        fault: "counts its own header as payload, so that the declared maximum is too long by one",
        breaks: &["PAY-1", "PAY-2"],
        store: |handle, id, record, when, now| {
            if record.payload.len() >= handle.max_payload_bytes {
                let kind = ErrorKind::PayloadTooLarge;
                return Err(error(kind, Operation::Store));
            }
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-like-an-envelope-is-opened",
        fault: "takes a payload that begins with a compression format's magic number for one that it compressed itself",
        breaks: &["PAY-1"],
        retrieve: |handle, id, now| {
            let mut found = honest::retrieve(handle, id, now)?;
            if let Some(found) = &mut found
                && found.payload.starts_with(&[0x1F, 0x8B])
            {
                found.payload.drain(..2);
            }
            Ok(found)
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-null-is-absent",
        fault: "keeps payloads as JSON, and a payload of `null` is no session",
        breaks: &["PAY-1"],
        retrieve: |handle, id, now| {
            let found = honest::retrieve(handle, id, now)?;
            Ok(found.filter(|found| found.payload != b"null"))
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-over-the-maximum-is-cut",
        fault: "cuts what does not fit (a chunked column, a fixed slot) and says Ok",
        breaks: &["PAY-2", "ATM-3", "ERR-1"],
        store: |handle, id, record, when, now| {
            let kept = &record.payload[..record.payload.len().min(handle.max_payload_bytes)];
            store_bytes(handle, id, record, kept, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-over-the-maximum-is-kept",
        fault: "declares a maximum and does not look at it: the next layer finds out (memcached, 1 MiB)",
        breaks: &["PAY-2", "ATM-3", "ERR-1"],
        store: |handle, id, record, when, now| {
            honest::fits(
                handle,
                NewRecord {
                    payload: b"",
                    ..record
                },
            )?;
            let mut records = handle.records();
            let live = records.live(id, now).map(|live| live.version);
            when.check(live)
                .map_err(|kind| error(kind, Operation::Store))?;
            Ok(honest::write(handle, &mut records, id, record, now))
        },
        ..HONEST
    },
    Saboteur {
        name: "payload-over-the-maximum-removes-the-old",
        fault: "makes room first and finds out then: the refused store has taken the session with it, as memcached's set does",
        breaks: &["PAY-2", "ATM-3"],
        store: |handle, id, record, when, now| {
            if let Err(refused) = honest::fits(handle, record) {
                handle.records().take(id);
                return Err(refused);
            }
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
];

/// Stores other bytes than those given.
fn store_bytes(
    handle: &Handle,
    id: &SessionId,
    record: NewRecord<'_>,
    payload: &[u8],
    when: Precondition,
    now: Timestamp,
) -> Result<Version> {
    // The maximum holds for what was given, unless cutting is the point.
    if payload.len() > handle.max_payload_bytes {
        honest::fits(handle, record)?;
        let cut = &payload[..handle.max_payload_bytes];
        return honest::store(
            handle,
            id,
            NewRecord {
                payload: cut,
                ..record
            },
            when,
            now,
        );
    }
    honest::store(handle, id, NewRecord { payload, ..record }, when, now)
}

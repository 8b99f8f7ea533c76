//! ID: faults in how ids become names.

use session_driver::{Error, ErrorKind, Operation, Precondition, Result, SessionId};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::error;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "save-makes-a-session-of-any-id",
        fault: "upserts under a version, too: whoever brings an id along has a session under it after the login",
        breaks: &[
            "ID-7", "CAS-2", "RES-1", "EXP-1", "EXP-2", "EXP-3", "EXP-9", "ATM-3", "ERR-1",
            "HYG-5", "CAP-1",
        ],
        store: |handle, id, record, when, now| {
            let is_absent = honest::retrieve(handle, id, now)?.is_none();
            let when = match when {
                Precondition::Version(_) if is_absent => Precondition::Any,
                when => when,
            };
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "id-in-hex-is-too-long-for-a-file-name",
        fault: "names files by the id in hex: 128 bytes and a suffix are more than 255 characters",
        breaks: &["ID-1", "TRV-1", "TRV-6", "ID-2", "ID-3"],
        store: |handle, id, record, when, now| {
            if id.as_str().len() == 128 {
                return Err(error(ErrorKind::Other, Operation::Store));
            }
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "id-of-a-device",
        fault: "uses the id for a file name, and on Windows CON and nul are devices: what is written there is gone",
        breaks: &["ID-1", "TRV-6", "ID-2"],
        retrieve: |handle, id, now| {
            let device = |name: &&str| name.eq_ignore_ascii_case(id.as_str());
            let found = honest::retrieve(handle, id, now)?;
            Ok(found.filter(|_| !["CON", "NUL", "AUX", "PRN"].iter().any(device)))
        },
        ..HONEST
    },
    Saboteur {
        name: "id-of-a-directory",
        fault: "uses the id for a file name: `.` and `..` are there already",
        breaks: &["ID-1", "TRV-6", "ID-2"],
        store: |handle, id, record, when, now| {
            if matches!(id.as_str(), "." | "..") {
                return Err(error(ErrorKind::Other, Operation::Store));
            }
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "id-with-a-slash-is-refused",
        fault: "believes that ids are its own, and has its own idea of which characters they hold",
        breaks: &["ID-1", "TRV-1", "TRV-4", "TRV-6", "ID-2", "ID-3", "ID-4"],
        store: |handle, id, record, when, now| {
            if id.as_str().contains('/') {
                return Err(error(ErrorKind::Unsupported, Operation::Store));
            }
            honest::store(handle, id, record, when, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "id-cut-to-64-characters",
        fault: "a VARCHAR(64) in an engine that truncates and does not say so",
        breaks: &["ID-3", "TRV-1", "TRV-6"],
        key: |_, id| named(id.as_str().get(..64).unwrap_or(id.as_str()), id),
        ..HONEST
    },
    Saboteur {
        name: "id-without-case",
        fault: "a case-insensitive collation or file system",
        breaks: &["ID-3", "RET-1", "TRV-1", "TRV-6"],
        key: |_, id| named(&id.as_str().to_ascii_lowercase(), id),
        ..HONEST
    },
    Saboteur {
        name: "id-without-trailing-dots",
        fault: "a file system that drops dots at the end of a name",
        breaks: &["ID-3", "TRV-1", "TRV-6"],
        key: |_, id| named(id.as_str().trim_end_matches('.'), id),
        ..HONEST
    },
    Saboteur {
        name: "id-percent-decoded",
        fault: "unescapes names that it did not escape: `%41` is `A`",
        breaks: &["ID-3", "TRV-6"],
        key: |_, id| {
            named(
                &id.as_str()
                    .replace("%41", "A")
                    .replace("%2e", ".")
                    .replace("%2F", "/"),
                id,
            )
        },
        ..HONEST
    },
    Saboteur {
        name: "id-normalised-as-a-path",
        fault: "joins the id to its directory and cleans the path: `a/../b` is `b` (CVE-2024-3400 came in through a session's file name)",
        breaks: &["ID-3", "TRV-1", "TRV-6"],
        key: |_, id| {
            let mut parts: Vec<&str> = Vec::new();
            for part in id.as_str().split('/') {
                match part {
                    "." | "" => {}
                    ".." if !parts.is_empty() => drop(parts.pop()),
                    part => parts.push(part),
                }
            }
            named(&parts.join("/"), id)
        },
        ..HONEST
    },
    Saboteur {
        name: "id-is-a-glob-in-remove",
        fault: "removes by pattern (`rm -- $id*`, KEYS and DEL): a cookie of `*` logs everybody out",
        breaks: &["ID-2", "ID-3"],
        remove: |handle, id, now| {
            let removed = honest::remove(handle, id, now)?;
            if let Some(prefix) = id.as_str().strip_suffix('*') {
                let like = |other: &SessionId, _: &_| other.as_str().starts_with(prefix);
                let mut records = handle.records();
                for other in records.ids(like) {
                    records.take(&other);
                }
            }
            Ok(removed)
        },
        ..HONEST
    },
    Saboteur {
        name: "id-is-a-like-pattern-in-touch",
        fault: "UPDATE .. WHERE id LIKE ?: `%` keeps everybody's session alive",
        breaks: &["ID-2"],
        touch: |handle, id, expires_at, now| {
            let touched = honest::touch(handle, id, expires_at, now)?;
            if let Some(prefix) = id.as_str().strip_suffix('%') {
                let like = |other: &SessionId, _: &_| other.as_str().starts_with(prefix);
                let others = handle.records().ids(like);
                for other in others {
                    honest::touch(handle, &other, expires_at, now)?;
                }
            }
            Ok(touched)
        },
        ..HONEST
    },
    Saboteur {
        name: "id-in-the-cause-of-an-error",
        fault: "wraps \"duplicate key value (id)=(..)\" as its error's source: every log holds logins",
        breaks: &["ID-4"],
        store: |handle, id, record, when, now| {
            told(id, honest::store(handle, id, record, when, now))
        },
        rotate: |handle, from, to, now| told(to, honest::rotate(handle, from, to, now)),
        ..HONEST
    },
    Saboteur {
        name: "payload-in-the-cause-of-an-error",
        fault: "wraps \"value too long: ..\" with the value as its error's source",
        breaks: &["ID-4"],
        store: |handle, id, record, when, now| {
            let outcome = honest::store(handle, id, record, when, now);
            outcome.map_err(|failed| {
                let value = String::from_utf8_lossy(record.payload).into_owned();
                failed.with_source(format!("value: {value}"))
            })
        },
        ..HONEST
    },
    Saboteur {
        name: "ids-in-the-debug-of-the-driver",
        fault: "derives Debug over the map of its records",
        breaks: &["ID-4"],
        debug: |handle, f| {
            let records = handle.records();
            f.debug_list()
                .entries(records.iter().map(|(id, _)| id.as_str()))
                .finish()
        },
        ..HONEST
    },
];

/// An id of this text, or the one given where the text is none.
fn named(text: &str, id: &SessionId) -> SessionId {
    SessionId::parse(text).unwrap_or_else(|_| id.clone())
}

fn told<R>(id: &SessionId, outcome: Result<R, Error>) -> Result<R, Error> {
    outcome.map_err(|failed| failed.with_source(format!("Key (id)=({})", id.as_str())))
}

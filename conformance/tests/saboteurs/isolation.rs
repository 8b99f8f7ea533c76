//! ISO: faults that let one namespace into another.

use session_driver::{ErrorKind, Operation, Result, SessionId, Swept};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{Handle, error};
use crate::subject::Opening;

/// A shelf for each namespace: the honest base of these.
const APART: Saboteur = Saboteur {
    name: "honest-with-namespaces",
    open: |opening| Ok(shelf_of(opening, opening.namespace.unwrap_or_default())),
    ..HONEST
};

/// One shelf for all namespaces but the backend's own, with the namespace in front of the id:
/// honest, too.
const JOINED: Saboteur = Saboteur {
    name: "honest-with-namespaces-in-its-keys",
    open: one_for_all,
    key: |handle, id| joined(&prefix(handle), id),
    traverse: |handle, now, visit| {
        let prefix = prefix(handle);
        let own = |id: &SessionId| SessionId::parse(id.as_str().strip_prefix(&prefix)?).ok();
        let live = handle.live_ids(now);
        let _ = live.iter().filter_map(own).try_for_each(|id| visit(&id));
        Ok(())
    },
    sweep: |handle, now, limit| {
        let prefix = prefix(handle);
        let mut records = handle.records();
        let own = |id: &&SessionId| id.as_str().starts_with(&prefix);
        let mut due: Vec<SessionId> = records.due(now).filter(own).cloned().collect();
        let more = due.len() > limit.get();
        due.truncate(limit.get());
        for id in &due {
            records.take(id);
        }
        let removed = due.len() as u64;
        Ok(Swept { removed, more })
    },
    ..HONEST
};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    APART,
    JOINED,
    Saboteur {
        name: "namespace-forgotten-by-sweep",
        fault: "cleans the whole database up, the other applications' sessions by its own now among them",
        breaks: &["ISO-1", "ISO-2"],
        sweep: honest::sweep,
        ..JOINED
    },
    Saboteur {
        name: "namespace-forgotten-by-traverse",
        fault: "lists what its neighbours store: whoever counts or exports sessions has theirs, too",
        breaks: &[
            "ISO-1", "ISO-2", "RET-3", "STO-1", "STO-3", "ROT-1", "TRV-1", "TRV-4", "TRV-5",
            "TRV-6", "EXP-1", "EXP-2", "EXP-4", "EXP-8", "EXP-9", "SWP-1", "SWP-2", "ID-2", "ID-3",
            "PAY-1",
        ],
        traverse: |handle, now, visit| {
            let bare = |id: &SessionId| SessionId::parse(id.as_str().split('|').nth(2)?).ok();
            let live = handle.live_ids(now);
            let _ = live.iter().filter_map(bare).try_for_each(|id| visit(&id));
            Ok(())
        },
        ..JOINED
    },
    Saboteur {
        name: "namespace-forgotten-by-touch",
        fault: "one statement without its AND namespace = ?",
        breaks: &["ISO-1"],
        touch: |handle, id, expires_at, now| {
            let (_, bare) = id.as_str().rsplit_once('|').unwrap_or(("", id.as_str()));
            let same = |other: &SessionId, _: &_| other.as_str().rsplit('|').next() == Some(bare);
            let mut touched = false;
            let others = handle.records().ids(same);
            for other in others {
                touched |= honest::touch(handle, &other, expires_at, now)?;
            }
            Ok(touched)
        },
        ..JOINED
    },
    Saboteur {
        name: "namespace-joined-without-a-border",
        fault: "the key is namespace + id: `s:` with `x:1` is `s:x:` with `1`",
        breaks: &["ISO-2"],
        key: |handle, id| joined(&handle.namespace, id),
        traverse: |handle, now, visit| {
            let own = |id: &SessionId| {
                SessionId::parse(id.as_str().strip_prefix(handle.namespace.as_str())?).ok()
            };
            let live = handle.live_ids(now);
            let _ = live.iter().filter_map(own).try_for_each(|id| visit(&id));
            Ok(())
        },
        ..JOINED
    },
    Saboteur {
        name: "namespace-without-case",
        fault: "quotes the table's name, which the engine compares without case",
        breaks: &["ISO-2"],
        open: |opening| {
            let name = opening.namespace.unwrap_or_default();
            Ok(shelf_of(opening, &name.to_lowercase()))
        },
        ..HONEST
    },
    Saboteur {
        name: "namespace-with-its-odd-characters-dropped",
        fault: "makes a table's name safe by dropping what is not a letter or a digit, and with it the difference",
        breaks: &["ISO-2"],
        open: |opening| {
            let name = opening.namespace.unwrap_or_default();
            let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            Ok(shelf_of(opening, &plain))
        },
        ..HONEST
    },
    Saboteur {
        name: "namespace-normalised-as-a-path",
        fault: "joins the namespace to a directory: `./n` is `n`, and `n/` too",
        breaks: &["ISO-2"],
        open: |opening| {
            let name = opening.namespace.unwrap_or_default();
            let parts: Vec<&str> = name
                .split('/')
                .filter(|part| !matches!(*part, "" | "."))
                .collect();
            Ok(shelf_of(opening, &parts.join("/")))
        },
        ..HONEST
    },
    Saboteur {
        name: "every-instance-opens-a-store-of-its-own",
        fault: "keeps its data in the instance: two parts of a program that open the same store each see half",
        breaks: &[
            "ISO-4", "STO-1", "STO-2", "CAS-1", "CAS-2", "CAS-4", "RES-3", "REM-1", "REM-2",
            "ROT-1", "ROT-2", "TRV-1", "TRV-4", "TRV-5", "EXP-5", "EXP-8", "EXP-9", "SWP-1",
            "PAY-1",
        ],
        open: |opening| Ok(format!("{}/{}", honest::open(opening)?, opening.number)),
        ..HONEST
    },
];

fn shelf_of(opening: &Opening<'_>, namespace: &str) -> String {
    format!("{}/{namespace}", opening.locator)
}

/// Names that are no part of an id are refused, which the rule allows.
fn one_for_all(opening: &Opening<'_>) -> Result<String> {
    match opening.namespace {
        Some(name) if SessionId::parse(name).is_err() || name.len() > 8 || name.contains('|') => {
            Err(error(ErrorKind::Other, Operation::Open))
        }
        Some(_) => Ok(opening.locator.into()),
        None => Ok(format!("{}/own", opening.locator)),
    }
}

/// The namespace between borders that cannot be mistaken: its length stands in front.
fn prefix(handle: &Handle) -> String {
    match handle.namespace.as_str() {
        "" => String::new(),
        name => format!("{}|{name}|", name.len()),
    }
}

fn joined(prefix: &str, id: &SessionId) -> SessionId {
    SessionId::parse(&format!("{prefix}{}", id.as_str())).unwrap_or_else(|_| id.clone())
}

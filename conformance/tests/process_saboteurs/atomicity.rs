//! ATM: faults that show to readers beside a writer, and after a refusal.

use std::fs;
use std::thread;
use std::time::Duration;

use session_driver::{ErrorKind, NewRecord, Precondition};

use crate::dump_driver::{Conduct, HONEST, files, operations};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "deadline-apart-from-payload",
        fault: "writes the payload first and its deadline next, as stores with the deadline in the file's mtime: readers see mixtures",
        breaks: &["ATM-1"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                let before = files::load(dump)?;
                let mut between = records.clone();
                for (id, record) in between.iter_mut() {
                    if let Some(old) = before.get(id) {
                        record.expires_at = old.expires_at;
                    }
                }
                files::save(dump, &between)?;
                thread::sleep(Duration::from_micros(200));
                files::save(dump, records)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "removes-before-it-writes",
        fault: "deletes the old file before the new one is in place: a reader in between is logged out",
        breaks: &["ATM-2"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                let _ = fs::remove_file(dump.folder.join("dump"));
                files::save(dump, records)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "refused-store-moves-the-deadline",
        fault: "prolongs the session first and looks at the version then: a save that lost keeps alive what another let expire",
        breaks: &["ATM-3"],
        sometimes: &[],
        conduct: Conduct {
            store: |dump, id, record, when, now| {
                let outcome = operations::store(dump, id, record, when, now);
                if let Err(error) = &outcome
                    && error.kind() == ErrorKind::Conflict
                {
                    operations::touch(dump, id, record.expires_at, now)?;
                }
                outcome
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "refused-create-happens-later",
        fault: "queues what it could not store and tries again without the precondition, as write-behind caches do",
        breaks: &["ATM-3"],
        sometimes: &["STO-6"],
        conduct: Conduct {
            store: |dump, id, record, when, now| {
                let outcome = operations::store(dump, id, record, when, now);
                if outcome.is_err() && when == Precondition::Present && record.is_live(now) {
                    let (later, id) = (dump.elsewhere(dump.folder.clone()), id.clone());
                    let (payload, expires_at) = (record.payload.to_vec(), record.expires_at);
                    thread::spawn(move || {
                        thread::sleep(Duration::from_millis(60));
                        let payload = &payload;
                        let record = NewRecord {
                            payload,
                            expires_at,
                        };
                        operations::store(&later, &id, record, Precondition::Any, now)
                    });
                }
                outcome
            },
            ..HONEST
        },
    },
];

//! CON: faults that show when threads or processes meet.

use std::fs;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use session_driver::{Capabilities, ErrorKind, Operation, Sharing};

use crate::dump_driver::{Conduct, HONEST, Records, error, files, operations};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "takes-no-lock",
        fault: "reads, changes and writes with nobody to stop another in between: updates are lost",
        breaks: &["CON-1", "CON-2"],
        sometimes: &[],
        conduct: Conduct {
            alone: |_| Ok(Box::new(())),
            save: |dump, records| {
                // Two writers must not meet in the file that is renamed.
                static WRITING: Mutex<()> = Mutex::new(());
                let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
                save_apart(dump, records)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "locks-out-threads-alone",
        fault: "guards its file with a mutex: right with one process, and lost updates with four workers",
        breaks: &["CON-2"],
        sometimes: &[],
        conduct: Conduct {
            alone: |_| {
                static ALONE: Mutex<()> = Mutex::new(());
                Ok(Box::new(
                    ALONE.lock().unwrap_or_else(PoisonError::into_inner),
                ))
            },
            save: save_apart,
            ..HONEST
        },
    },
    Saboteur {
        name: "rotates-in-two-steps",
        fault: "declares an atomic rotate, stores `to` under one lock and removes `from` under the next",
        breaks: &["CON-1", "CON-2"],
        sometimes: &[],
        conduct: Conduct {
            rotate: |dump, from, to, now| {
                let Some(record) = operations::retrieve(dump, from, now)? else {
                    return Ok(None);
                };
                dump.change(Operation::Rotate, |records| {
                    let taken = records
                        .get(to.as_str())
                        .is_some_and(|record| record.is_live(now));
                    if taken {
                        return Err(ErrorKind::AlreadyExists);
                    }
                    records.insert(to.as_str().into(), record.clone());
                    Ok(())
                })?;
                // As long as it takes to ask a server, and longer than a busy machine keeps the others
                // from their turn.
                thread::sleep(Duration::from_millis(5));
                operations::remove(dump, from, now)?;
                Ok(Some(record.version))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "claims-to-be-alone",
        fault: "declares that nobody else can open its store, and lets everybody in",
        breaks: &["CON-2"],
        sometimes: &[],
        conduct: Conduct {
            capabilities: |dump| Capabilities {
                sharing: Sharing::Instance,
                ..(HONEST.capabilities)(dump)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "gives-up-on-a-lock",
        fault: "reports a lock that another holds as an internal error, as SQLite's `database is locked` often is",
        breaks: &["CON-3"],
        sometimes: &[],
        conduct: Conduct {
            alone: |dump| {
                let lock = files::lock_file(dump)?;
                lock.try_lock()
                    .map_err(|_| io::Error::other("the lock is taken"))?;
                Ok(Box::new(lock))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "first-open-overwrites",
        fault: "makes an empty store where it found none a moment ago, and empties what another made in between",
        breaks: &["CON-5"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                if !dump.folder.join("dump").exists() {
                    thread::sleep(Duration::from_millis(2));
                    save_apart(dump, &Records::new())
                        .map_err(|_| error(ErrorKind::Other, Operation::Open))?;
                }
                Ok(())
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "first-open-fails-beside-another",
        fault: "creates its file and fails if another has done so meanwhile (SQLite: 2 of 72 first opens)",
        breaks: &["CON-5"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                let header = dump.folder.join("header");
                if !header.exists() {
                    thread::sleep(Duration::from_millis(1));
                    fs::File::create_new(header)
                        .map_err(|_| error(ErrorKind::Other, Operation::Open))?;
                }
                Ok(())
            },
            ..HONEST
        },
    },
];

/// Writes through a file of its own, so that two writers lose each other's changes and not their
/// files.
fn save_apart(dump: &crate::dump_driver::Dump, records: &Records) -> io::Result<()> {
    let (thread, process) = (thread::current().id(), std::process::id());
    files::save_as(dump, records, &format!("dump.new-{thread:?}-{process}"))
}

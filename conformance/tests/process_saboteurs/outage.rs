//! ERR: faults that show when the files go away, or the disk is full.

use std::fs;
use std::io;

use session_driver::{Durability, ErrorKind, Operation};

use crate::dump_driver::{Conduct, Dump, HONEST, Records, error, files, operations};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "missing-is-empty",
        fault: "takes a missing directory for an empty store: a cleaned /tmp logs everybody out, and nobody is told",
        breaks: &["ERR-4", "ERR-7"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| match fs::read(dump.folder.join("dump")) {
                Ok(bytes) => Records::decode(&bytes),
                Err(_) => Ok(Records::new()),
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "makes-its-directory-again",
        fault: "makes the directory again when it is gone, and goes on: half of the processes have another store",
        breaks: &["ERR-7"],
        sometimes: &[],
        conduct: Conduct {
            alone: |dump| {
                let _ = files::make_directory(&dump.root);
                files::make_directory(&dump.folder)?;
                let lock = fs::File::create(dump.folder.join("lock"))?;
                Ok(Box::new(lock))
            },
            load: |dump| match fs::read(dump.folder.join("dump")) {
                Ok(bytes) => Records::decode(&bytes),
                Err(_) => Ok(Records::new()),
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "goes-on-from-memory",
        fault: "reads what it read before when the files are gone: a process that knows of no logout any more",
        breaks: &["ERR-4", "ERR-7"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| match files::load(dump) {
                Ok(records) => {
                    dump.kept().records = Some(records.clone());
                    Ok(records)
                }
                Err(error) => dump.kept().records.clone().ok_or(error),
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "loses-what-it-cannot-write",
        fault: "answers success before it writes, and keeps a failed write for itself",
        breaks: &["ERR-8"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                // Logged, perhaps.
                let _ = files::save(dump, records);
                Ok(())
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "a-full-disk-is-unexpected",
        fault: "has one kind of error for all that the disk says: nobody can tell a full disk from a broken one",
        breaks: &["ERR-8"],
        sometimes: &[],
        conduct: Conduct {
            store: |dump, id, record, when, now| {
                operations::store(dump, id, record, when, now).map_err(|cause| match cause.kind() {
                    ErrorKind::StorageFull => error(ErrorKind::Other, Operation::Store),
                    _ => cause,
                })
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "a-full-disk-empties-the-store",
        fault: "truncates its file before it knows that there is room: a full disk is an empty store",
        breaks: &["ERR-8"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                let mut file = fs::File::create(dump.folder.join("dump"))?;
                io::Write::write_all(&mut file, &records.encode())
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "power-without-a-sync",
        fault: "declares durability Power and leaves its writes to the system: a power cut undoes what it confirmed",
        breaks: &["DUR-3", "ERR-5"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| files::save(&without_syncs(dump), records),
            ..HONEST
        },
    },
    Saboteur {
        name: "syncs-again-until-it-works",
        fault: "takes the second sync for an answer to the first (PostgreSQL before 2018): the system has dropped what it could not write",
        breaks: &["DUR-3", "ERR-5"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                files::save(dump, records).or_else(|_| files::save(&without_syncs(dump), records))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "a-failed-sync-is-no-change",
        fault: "says that nothing was changed when the sync fails, which comes after the change",
        breaks: &["ERR-5"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                files::save(&without_syncs(dump), records)?;
                match dump.durability {
                    Durability::Power => fs::File::open(&dump.folder)?.sync_all(),
                    _ => Ok(()),
                }
            },
            ..HONEST
        },
    },
];

/// The same driver as if it had promised less.
fn without_syncs(dump: &Dump) -> Dump {
    let mut careless = dump.elsewhere(dump.folder.clone());
    careless.durability = Durability::Process;
    careless
}

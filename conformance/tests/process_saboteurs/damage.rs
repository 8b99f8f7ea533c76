//! ERR, REM: faults that show when bytes are damaged, or are of a newer release.

use std::io;

use session_driver::{ErrorKind, Operation, Precondition};

use crate::dump_driver::{Conduct, HONEST, Records, error, files, operations};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "damaged-is-no-session",
        fault: "takes what it cannot decode for no session, as most published stores: a disk error logs everybody out",
        breaks: &["ERR-2", "ERR-3", "REM-3", "ISO-3"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| {
                let mut records = files::load(dump)?;
                records.broken.clear();
                Ok(records)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "believes-what-it-reads",
        fault: "keeps no checksum: a flipped bit is another payload, or another deadline",
        breaks: &["ERR-2"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| {
                let mut records = files::load(dump)?;
                let broken = std::mem::take(&mut records.broken);
                for (id, broken) in broken {
                    match broken.unchecked() {
                        Some(record) => drop(records.insert(id, record)),
                        None => drop(records.broken.insert(id, broken)),
                    }
                }
                Ok(records)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "unreadable-is-empty",
        fault: "takes a file that it cannot read for one that is not there, as `unwrap_or_default` does",
        breaks: &["ERR-2"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| match files::load(dump) {
                Err(error) if error.raw_os_error().is_some() => Ok(Records::new()),
                loaded => loaded,
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "panics-on-damage",
        fault: "unwraps what it decodes: one bad record, and a worker dies with every request for it",
        breaks: &["ERR-2", "ERR-3"],
        sometimes: &[],
        conduct: Conduct {
            retrieve: |dump, id, now| {
                let found = operations::retrieve(dump, id, now);
                Ok(found.expect("a record that can be decoded"))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "one-bad-record-stops-all",
        fault: "decodes all before it looks for one: a bad sector, and nobody can log in",
        breaks: &["ERR-3", "REM-3"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| {
                let records = files::load(dump)?;
                match records.broken.is_empty() {
                    true => Ok(records),
                    false => Err(io::ErrorKind::InvalidData.into()),
                }
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "sweeps-what-it-cannot-read",
        fault: "takes a record without a deadline that can be read for expired",
        breaks: &["ERR-3"],
        sometimes: &[],
        conduct: Conduct {
            sweep: |dump, now, limit| {
                dump.change(Operation::Sweep, |records| {
                    records.broken.clear();
                    Ok(())
                })?;
                operations::sweep(dump, now, limit)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "passes-over-damage",
        fault: "leaves out of its listing what it cannot read, so that nobody finds what to remove",
        breaks: &["ERR-3", "ERR-2"],
        sometimes: &[],
        conduct: Conduct {
            traverse: |dump, now, visit| {
                let broken = dump.read(Operation::Traverse)?.broken;
                operations::traverse(
                    dump,
                    now,
                    &mut |id| match broken.contains_key(id.as_str()) {
                        true => std::ops::ControlFlow::Continue(()),
                        false => visit(id),
                    },
                )
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "must-read-before-it-removes",
        fault: "reads a record to remove it: a damaged session can be ended by nobody",
        breaks: &["REM-3"],
        sometimes: &[],
        conduct: Conduct {
            remove: |dump, id, now| {
                let records = dump.read(Operation::Remove)?;
                let unreadable = |kind| error(kind, Operation::Remove);
                records.readable(id).map_err(unreadable)?;
                operations::remove(dump, id, now)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "overwrites-the-newer",
        fault: "replaces what it does not know: a rollback for an hour destroys what the new release wrote",
        breaks: &["ERR-6"],
        sometimes: &[],
        conduct: Conduct {
            store: |dump, id, record, when, now| {
                if when == Precondition::Any {
                    dump.change(Operation::Store, |records| {
                        records.broken.remove(id.as_str());
                        Ok(())
                    })?;
                }
                operations::store(dump, id, record, when, now)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "newer-is-corrupt",
        fault: "calls a newer format damage: the operator removes what only waits for the upgrade",
        breaks: &["ERR-6"],
        sometimes: &[],
        conduct: Conduct {
            retrieve: |dump, id, now| {
                operations::retrieve(dump, id, now)
                    .map_err(|_| error(ErrorKind::Corrupt, Operation::Retrieve))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "opens-any-format",
        fault: "takes a store of a newer format for a new one, and writes its own over it",
        breaks: &["ERR-6"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| match files::load(dump) {
                Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(Records::new()),
                loaded => loaded,
            },
            ..HONEST
        },
    },
];

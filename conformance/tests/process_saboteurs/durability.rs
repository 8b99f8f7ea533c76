//! DUR: faults that show when a process ends, or a store is moved.

use std::fs;
use std::io::Write;
use std::thread;
use std::time::Duration;

use session_driver::{Capabilities, ErrorKind, Operation, Sharing};

use crate::dump_driver::{Conduct, Dump, HONEST, error, files, operations};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "forgets-deadlines",
        fault: "keeps deadlines in memory alone, as stores do whose reaper is a timer: after a restart sessions live for ever",
        breaks: &["DUR-1", "DUR-5", "DUR-6"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                let Ok(mut records) = files::load(dump) else {
                    return Ok(());
                };
                records
                    .values_mut()
                    .for_each(|record| record.expires_at = None);
                files::save(dump, &records).map_err(|_| error(ErrorKind::Other, Operation::Open))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "new-versions-at-every-open",
        fault: "gives its records new versions when it reads them in: a caller that read before the restart cannot save after it",
        breaks: &["DUR-1", "DUR-5", "DUR-6"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                let Ok(mut records) = files::load(dump) else {
                    return Ok(());
                };
                for record in records.values_mut() {
                    record.version = session_driver::Version::random()?;
                }
                files::save(dump, &records).map_err(|_| error(ErrorKind::Other, Operation::Open))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "acknowledges-before-it-writes",
        fault: "answers when the change is in memory and writes at the end, as sled's insert without a flush: kill -9 undoes logouts",
        breaks: &["DUR-2", "STO-1", "STO-2"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| match &dump.kept().records {
                Some(records) => Ok(records.clone()),
                None => files::load(dump),
            },
            save: |dump, records| {
                dump.kept().records = Some(records.clone());
                // Now and then is all that it writes before the end.
                if dump.turn() % 16 == 15 {
                    files::save(dump, records)?;
                }
                Ok(())
            },
            closed: |dump| {
                let records = dump.kept().records.take();
                // Whoever closes it does not hear of it.
                let _ = records.map(|records| files::save(dump, &records));
            },
            capabilities: alone,
            ..HONEST
        },
    },
    Saboteur {
        name: "loses-removes-alone",
        fault: "writes what is stored at once and what is removed at the next store: kill -9 undoes the last logout",
        breaks: &["DUR-2", "STO-1"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| match &dump.kept().records {
                Some(records) => Ok(records.clone()),
                None => files::load(dump),
            },
            save: |dump, records| {
                let shrinks = files::load(dump)?.len() > records.len();
                dump.kept().records = Some(records.clone());
                if shrinks {
                    Ok(())
                } else {
                    files::save(dump, records)
                }
            },
            closed: |dump| {
                let records = dump.kept().records.take();
                let _ = records.map(|records| files::save(dump, &records));
            },
            capabilities: alone,
            ..HONEST
        },
    },
    Saboteur {
        name: "tells-a-second-logout-first",
        fault: "counts a session as gone while its remove is still being written: a second logout is told so, and kill -9 brings the session back",
        breaks: &["DUR-2"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| {
                let mut records = files::load(dump)?;
                records.retain(|id, _| !dump.kept().leaving.contains(id));
                Ok(records)
            },
            save: |dump, records| {
                files::save(dump, records)?;
                // What was stored anew stays.
                dump.kept().leaving.retain(|id| !records.contains_key(id));
                Ok(())
            },
            remove: |dump, id, now| {
                if operations::retrieve(dump, id, now).is_ok_and(|found| found.is_none())
                    || !dump.kept().leaving.insert(id.as_str().into())
                {
                    return operations::remove(dump, id, now);
                }
                thread::sleep(Duration::from_millis(2));
                let failed = |_| error(ErrorKind::Other, Operation::Remove);
                let _alone = files::alone(dump).map_err(failed)?;
                let mut records = files::load(dump).map_err(failed)?;
                if dump.kept().leaving.remove(id.as_str()) {
                    records.remove(id.as_str());
                    records.broken.remove(id.as_str());
                    files::save(dump, &records).map_err(failed)?;
                }
                Ok(true)
            },
            capabilities: alone,
            ..HONEST
        },
    },
    Saboteur {
        name: "writes-in-place",
        fault: "overwrites the file itself, as a published JSON store does: a kill in between leaves half of it",
        breaks: &["DUR-4", "DUR-2", "ATM-1"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                let bytes = records.encode();
                let (first, second) = bytes.split_at(bytes.len() / 2);
                let mut file = fs::File::create(dump.folder.join("dump"))?;
                file.write_all(first)?;
                thread::sleep(Duration::from_micros(500));
                file.write_all(second)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "lock-file-by-hand",
        fault: "locks by creating a file and removing it at the end, as a thousand scripts do: after a kill somebody has to delete it",
        breaks: &["DUR-4", "DUR-2", "CAP-4"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                fs::File::create_new(dump.folder.join("opened"))
                    .map(drop)
                    .map_err(|_| error(ErrorKind::Locked, Operation::Open))
            },
            closed: |dump| {
                let _ = fs::remove_file(dump.folder.join("opened"));
            },
            capabilities: alone,
            ..HONEST
        },
    },
    Saboteur {
        name: "first-open-in-two-steps",
        fault: "makes its file empty and fills in a header afterwards: a kill in between leaves a store that is taken for damaged",
        breaks: &["DUR-4"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                let path = dump.folder.join("header");
                let failed = |_| error(ErrorKind::Other, Operation::Open);
                if path.exists() {
                    return match fs::read(path).map_err(failed)?.as_slice() {
                        b"dump" => Ok(()),
                        _ => Err(error(ErrorKind::Corrupt, Operation::Open)),
                    };
                }
                let mut file = fs::File::create(path).map_err(failed)?;
                thread::sleep(Duration::from_millis(2));
                file.write_all(b"dump").map_err(failed)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "syncs-before-it-writes",
        fault: "syncs the new file when it is made, and then fills it: every sync succeeds, and none is of use",
        breaks: &["DUR-3"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                let new = dump.folder.join("dump.new");
                let mut file = fs::File::create(&new)?;
                file.sync_all()?;
                file.write_all(&records.encode())?;
                fs::rename(new, dump.folder.join("dump"))?;
                fs::File::open(&dump.folder)?.sync_all()
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "syncs-the-file-and-not-its-name",
        fault: "syncs what it wrote and renames it, and leaves the directory to the kernel: for half a minute a power cut brings the old file back",
        breaks: &["DUR-3"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                let new = dump.folder.join("dump.new");
                let mut file = fs::File::create(&new)?;
                file.write_all(&records.encode())?;
                file.sync_all()?;
                fs::rename(new, dump.folder.join("dump"))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "remembers-its-path",
        fault: "writes down where it was made, and opens nowhere else: a restored backup is refused",
        breaks: &["DUR-5"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                let (path, here) = (dump.folder.join("home"), dump.root.display().to_string());
                match fs::read_to_string(&path) {
                    Ok(home) if home == here => Ok(()),
                    Ok(_) => Err(error(ErrorKind::Incompatible, Operation::Open)),
                    Err(_) => {
                        fs::write(path, here).map_err(|_| error(ErrorKind::Other, Operation::Open))
                    }
                }
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "reads-its-own-format-alone",
        fault: "marks its stores since the last release, and takes one without the mark for another program's: an upgrade ends all sessions",
        breaks: &["DUR-6"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                let mark = dump.folder.join("mark");
                if dump.folder.join("dump").exists() && !mark.exists() {
                    return Err(error(ErrorKind::Incompatible, Operation::Open));
                }
                fs::write(mark, "2").map_err(|_| error(ErrorKind::Other, Operation::Open))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "follows-its-path",
        fault: "writes down where it was made and goes on writing there: a copy changes the original",
        breaks: &["DUR-5"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| files::load(&at_home(dump)),
            save: |dump, records| files::save(&at_home(dump), records),
            alone: |dump| files::alone(&at_home(dump)),
            ..HONEST
        },
    },
];

/// What a driver declares that lets nobody else in.
fn alone(dump: &Dump) -> Capabilities {
    Capabilities {
        sharing: Sharing::Instance,
        ..(HONEST.capabilities)(dump)
    }
}

/// The same driver where the store was made first.
fn at_home(dump: &Dump) -> Dump {
    let (path, here) = (dump.folder.join("home"), dump.folder.clone());
    let folder = match fs::read_to_string(&path) {
        Ok(home) => home.into(),
        Err(_) => {
            // The next operation tries again.
            let _ = fs::write(path, here.display().to_string());
            here
        }
    };
    dump.elsewhere(folder)
}

//! HYG: faults that show in what a process holds and a disk keeps.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::fs::FlockOperation;
use session_driver::{ErrorKind, Operation};

use crate::dump_driver::{Conduct, HONEST, error, files, operations};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "looks-into-a-locked-file",
        fault: "reads a file that its engine holds a POSIX lock on, as for a size or a backup: closing it drops the engine's lock",
        breaks: &["HYG-8"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                let path = dump.folder.join("engine");
                let engine = fs::File::options()
                    .read(true)
                    .append(true)
                    .create(true)
                    .open(path);
                let locked = engine.and_then(|engine| {
                    rustix::fs::fcntl_lock(&engine, FlockOperation::NonBlockingLockShared)?;
                    Ok(engine)
                });
                let engine = locked.map_err(|_| error(ErrorKind::Other, Operation::Open))?;
                dump.kept().open.push(engine);
                Ok(())
            },
            retrieve: |dump, id, now| {
                // Of no use but to its author.
                let _ = fs::read(dump.folder.join("engine"));
                operations::retrieve(dump, id, now)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "leaks-a-descriptor-now-and-then",
        fault: "keeps a file open whenever a change comes at a bad moment: after three weeks nothing can be opened",
        breaks: &["HYG-1"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                if dump.turn() % 50 == 49 {
                    let open = fs::File::open(&dump.folder)?;
                    dump.kept().open.push(open);
                }
                files::save(dump, records)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "a-thread-for-every-open",
        fault: "starts a reaper at every open and stops none",
        breaks: &["HYG-1", "HYG-5"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                thread::spawn(|| thread::sleep(Duration::from_secs(60)));
                Ok(())
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "a-thread-for-every-third-open",
        fault: "starts a reaper when there is enough to reap, which is not at every open, and stops none",
        breaks: &["HYG-1", "HYG-5"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                if OPENED.fetch_add(1, Ordering::Relaxed) % 3 == 2 {
                    thread::spawn(|| thread::sleep(Duration::from_secs(60)));
                }
                Ok(())
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "thread-outlives-its-driver",
        fault: "tells its thread to stop and does not wait for it, as sled: a reopen just after finds the lock taken",
        breaks: &["HYG-5", "CAP-1"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                let lock = fs::File::create(dump.folder.join("opened"));
                let lock = lock.map_err(|_| error(ErrorKind::Other, Operation::Open))?;
                lock.try_lock()
                    .map_err(|_| error(ErrorKind::Locked, Operation::Open))?;
                dump.kept().open.push(lock);
                Ok(())
            },
            closed: |dump| {
                let open = std::mem::take(&mut dump.kept().open);
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(20));
                    drop(open);
                });
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "chats-on-stdout",
        fault: "prints what it does, into the middle of a program's output",
        breaks: &["HYG-5"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                chat(records.len());
                files::save(dump, records)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "warns-on-stderr",
        fault: "prints a warning where it should return an error, or nothing",
        breaks: &["HYG-5"],
        sometimes: &[],
        conduct: Conduct {
            closed: |_| warn(),
            ..HONEST
        },
    },
    Saboteur {
        name: "changes-the-working-directory",
        fault: "goes into its directory to have short paths: the program's own relative paths lead elsewhere",
        breaks: &["HYG-5"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                std::env::set_current_dir(&dump.folder)
                    .map_err(|_| error(ErrorKind::Other, Operation::Open))
            },
            closed: |_| {
                let _ = std::env::set_current_dir("/");
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "descriptors-survive-exec",
        fault: "opens its directory without close-on-exec: every program the service starts inherits the store",
        breaks: &["HYG-6"],
        sometimes: &[],
        conduct: Conduct {
            opened: |dump| {
                (HONEST.opened)(dump)?;
                let failed = |_| error(ErrorKind::Other, Operation::Open);
                let open = fs::File::open(&dump.folder).map_err(failed)?;
                rustix::io::fcntl_setfd(&open, rustix::io::FdFlags::empty())
                    .map_err(|_| error(ErrorKind::Other, Operation::Open))?;
                dump.kept().open.push(open);
                Ok(())
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "keeps-every-dump",
        fault: "writes a new file for every change and deletes none: the disk is full in a week",
        breaks: &["HYG-4"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                let old = dump.folder.join(format!("dump.{}", dump.turn()));
                // There is none at first.
                let _ = fs::hard_link(dump.folder.join("dump"), old);
                files::save(dump, records)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "evicts-the-first-of-fifty",
        fault: "makes room by dropping live sessions, as a cache does: the first users are logged out at rush hour",
        breaks: &["HYG-4"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                let mut fewer = records.clone();
                while fewer.len() > 50 {
                    fewer.pop_first();
                }
                files::save(dump, &fewer)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "moves-in-anywhere",
        fault: "uses any directory it is given: one that another user prepared, or that holds a program's files",
        breaks: &["HYG-7"],
        sometimes: &[],
        conduct: Conduct {
            admit: |_| Ok(()),
            ..HONEST
        },
    },
];

/// How often this process has opened a driver that counts it.
static OPENED: AtomicU64 = AtomicU64::new(0);

#[allow(clippy::print_stdout, reason = "that is the fault")]
fn chat(records: usize) {
    if is_child() {
        println!("dump: {records} records");
    }
}

#[allow(clippy::print_stderr, reason = "that is the fault")]
fn warn() {
    if is_child() {
        eprintln!("dump: closed");
    }
}

/// Whether nobody but the suite reads what is printed.
fn is_child() -> bool {
    std::env::var_os("SESSION_DRIVER_CHILD").is_some()
}

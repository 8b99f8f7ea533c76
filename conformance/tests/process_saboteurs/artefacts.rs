//! HYG, SWP, ISO, TRV, ID: faults that show in what lies beside the records.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::Duration;

use session_driver::{Capabilities, Result, SessionId, Version};

use crate::dump_driver::{Conduct, Dump, HONEST, Records, files, operations};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "a-lock-file-for-every-id",
        fault: "locks each session by a file of its own and leaves it there, as PHP frameworks have: a million empty files",
        breaks: &["HYG-2", "SWP-6"],
        sometimes: &[],
        conduct: Conduct {
            store: |dump, id, record, when, now| {
                let name: String = id
                    .as_bytes()
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                // A name that is too long is one lock less.
                let _ = fs::write(dump.folder.join(format!("lock-{name}")), "");
                operations::store(dump, id, record, when, now)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "kills-leave-temp-files",
        fault: "writes to a temporary file of a random name, and nobody clears those of a killed process",
        breaks: &["HYG-2", "SWP-6"],
        sometimes: &[],
        conduct: Conduct {
            save: save_by_a_random_name,
            ..HONEST
        },
    },
    Saboteur {
        name: "clears-the-temp-files-of-the-living",
        fault: "takes every temporary file for that of a dead process: a writer at work fails, or loses its write",
        breaks: &["HYG-2"],
        sometimes: &[],
        conduct: Conduct {
            // Before the honest look at the lock, which would wait for the writer to end.
            opened: |dump| {
                for entry in fs::read_dir(&dump.folder).into_iter().flatten().flatten() {
                    if entry.file_name().to_string_lossy().starts_with("dump.new") {
                        let _ = fs::remove_file(entry.path());
                    }
                }
                (HONEST.opened)(dump)
            },
            save: save_by_a_random_name,
            ..HONEST
        },
    },
    Saboteur {
        name: "sweeps-the-directory",
        fault: "removes every file that it does not know, as a session sweeper in /tmp: somebody else's data are gone",
        breaks: &["ISO-3"],
        sometimes: &[],
        conduct: Conduct {
            sweep: |dump, now, limit| {
                for entry in fs::read_dir(&dump.folder).into_iter().flatten().flatten() {
                    if !["dump", "lock"]
                        .map(Into::into)
                        .contains(&entry.file_name())
                    {
                        let _ = fs::remove_file(entry.path());
                    }
                }
                operations::sweep(dump, now, limit)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "lists-every-file",
        fault: "shows whatever lies in its directory as a session, as CGI::Session's find",
        breaks: &["TRV-6", "ISO-3"],
        sometimes: &[],
        conduct: Conduct {
            traverse: |dump, now, visit| {
                for entry in fs::read_dir(&dump.folder).into_iter().flatten().flatten() {
                    let name = entry.file_name().to_string_lossy().replace(' ', "_");
                    let own = name.starts_with("dump") || name == "lock";
                    if let (false, Ok(id)) = (own, SessionId::parse(&name)) {
                        let flow: ControlFlow<()> = visit(&id);
                        if flow.is_break() {
                            return Ok(());
                        }
                    }
                }
                operations::traverse(dump, now, visit)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "says-that-its-ids-are-hashed",
        fault: "declares what it does not do: a stolen backup is a list of keys to every account",
        breaks: &["ID-5", "CAP-1"],
        sometimes: &[],
        conduct: Conduct {
            capabilities: |dump| Capabilities {
                hashed_ids: true,
                ..(HONEST.capabilities)(dump)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "removes-before-it-creates",
        fault: "rotates by a remove and then a create: a crash during the login loses the session",
        breaks: &["ROT-5", "ATM-3", "ERR-1"],
        sometimes: &[],
        conduct: Conduct {
            rotate: |dump, from, to, now| rotate_in_two_steps(dump, from, to, now, [from, to]),
            ..HONEST
        },
    },
    Saboteur {
        name: "says-that-its-rotate-is-atomic",
        fault: "rotates by a create and then a remove and declares atomic_rotate: a crash leaves two sessions",
        breaks: &["ROT-5", "ATM-3", "ERR-1"],
        sometimes: &[],
        conduct: Conduct {
            rotate: |dump, from, to, now| rotate_in_two_steps(dump, from, to, now, [to, from]),
            ..HONEST
        },
    },
    Saboteur {
        name: "trusts-the-umask",
        fault: "makes its directory with the modes that the umask leaves: every user of the host reads the ids",
        breaks: &["HYG-3"],
        sometimes: &[],
        conduct: Conduct {
            admit: |root| {
                // Made or not, the open says what is wrong.
                let _ = fs::create_dir(root);
                (HONEST.admit)(root)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "private-a-moment-later",
        fault: "makes its directory for all and takes the rights away afterwards: who is fast has it open by then",
        breaks: &["HYG-3"],
        sometimes: &[],
        conduct: Conduct {
            admit: |root| {
                make_in_two_steps(root);
                (HONEST.admit)(root)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "writes-through-links",
        fault: "overwrites what its file's name leads to (CGI::Session CVE-2006-1279): a link there, and it writes where it should not",
        breaks: &["HYG-3"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| fs::write(dump.folder.join("dump"), records.encode()),
            load: |dump| match fs::read(dump.folder.join("dump")) {
                Ok(bytes) => Records::decode(&bytes),
                Err(_) => Ok(Records::new()),
            },
            ..HONEST
        },
    },
];

fn save_by_a_random_name(dump: &Dump, records: &Records) -> std::io::Result<()> {
    let random = Version::random().map_or(0, Version::to_bits);
    let new = dump.folder.join(format!("dump.new-{random}"));
    let mut file = fs::File::create_new(&new)?;
    thread::sleep(Duration::from_micros(500));
    file.write_all(&records.encode())?;
    fs::rename(new, dump.folder.join("dump"))
}

/// Stores what is live under `from` and ends what is at `steps`'s ids in their order: the record
/// is put under `to`, and taken away from `from`.
fn rotate_in_two_steps(
    dump: &Dump,
    from: &SessionId,
    to: &SessionId,
    now: session_driver::Timestamp,
    steps: [&SessionId; 2],
) -> Result<Option<Version>> {
    let _alone = (dump.conduct.alone)(dump).map_err(|_| other())?;
    let mut records = files::load(dump).map_err(|_| other())?;
    let Some(record) = records
        .get(from.as_str())
        .filter(|record| record.is_live(now))
        .cloned()
    else {
        return Ok(None);
    };
    for step in steps {
        match step == to {
            true => drop(records.insert(to.as_str().into(), record.clone())),
            false => drop(records.remove(from.as_str())),
        }
        files::save(dump, &records).map_err(|_| other())?;
        thread::sleep(Duration::from_micros(500));
    }
    Ok(Some(record.version))
}

fn other() -> session_driver::Error {
    crate::dump_driver::error(
        session_driver::ErrorKind::Other,
        session_driver::Operation::Rotate,
    )
}

fn make_in_two_steps(root: &Path) {
    if fs::DirBuilder::new().mode(0o777).create(root).is_ok() {
        thread::sleep(Duration::from_millis(2));
        let _ = fs::set_permissions(root, fs::Permissions::from_mode(0o700));
    }
}

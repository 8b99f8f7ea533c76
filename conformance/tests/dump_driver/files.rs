//! The driver's files: a lock that is never replaced, and a dump that is never changed.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use session_driver::Durability;

use super::Dump;
use super::records::Records;

/// What begins the name of every namespace's directory.
pub(crate) const PREFIX: &str = "namespace";

/// The lock on all changes; it ends when this is dropped.
pub(crate) type Alone = Box<dyn std::any::Any>;

/// Makes a directory for its owner alone, whatever the umask, unless there is one.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(0o700)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Which directory it is, whatever its name.
pub(crate) fn identity(folder: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(folder)?;
    match found.is_dir() {
        true => Ok((found.dev(), found.ino())),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}

/// NotFound when the directory is no longer the one that was opened.
fn ensure_present(dump: &Dump) -> io::Result<()> {
    match identity(&dump.folder) {
        Ok(identity) if identity == dump.identity => Ok(()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Why the driver must not use this directory; nothing where there is none yet.
pub(crate) fn is_foreign(root: &Path) -> io::Result<Option<&'static str>> {
    let found = match fs::symlink_metadata(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    if !found.is_dir() {
        return Ok(Some("it is no directory"));
    }
    if found.uid() != fs::metadata("/proc/self")?.uid() {
        return Ok(Some("it belongs to another user"));
    }
    if found.mode() & 0o022 != 0 {
        return Ok(Some("others can write to it"));
    }
    let mut names = fs::read_dir(root)?.flatten().map(|entry| entry.file_name());
    let is_own = |name: &OsString| name.to_string_lossy().starts_with(PREFIX);
    match names.next() {
        None => Ok(None),
        Some(first) if is_own(&first) || names.any(|name| is_own(&name)) => Ok(None),
        Some(_) => Ok(Some("it holds another program's data")),
    }
}

pub(crate) fn alone(dump: &Dump) -> io::Result<Alone> {
    let lock = lock_file(dump)?;
    lock.lock()?;
    ensure_present(dump)?;
    Ok(Box::new(lock))
}

pub(crate) fn lock_file(dump: &Dump) -> io::Result<File> {
    let path = dump.folder.join("lock");
    match safely().write(true).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            ensure_present(dump)?;
            private(safely().write(true).create(true).open(path)?)
        }
        opened => opened,
    }
}

/// No link is followed, and what is created is for its owner alone.
fn safely() -> OpenOptions {
    let mut options = OpenOptions::new();
    options
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    options
}

/// Gives back what the umask may have taken.
fn private(file: File) -> io::Result<File> {
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

pub(crate) fn load(dump: &Dump) -> io::Result<Records> {
    let mut bytes = vec![];
    let opened = safely().read(true).open(dump.folder.join("dump"));
    let read = opened.and_then(|mut file| file.read_to_end(&mut bytes));
    ensure_present(dump)?;
    match read {
        Ok(_) => Records::decode(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Records::new()),
        Err(error) => Err(error),
    }
}

pub(crate) fn save(dump: &Dump, records: &Records) -> io::Result<()> {
    save_as(dump, records, "dump.new")
}

/// Saves by way of a file of this name.
pub(crate) fn save_as(dump: &Dump, records: &Records, name: &str) -> io::Result<()> {
    let new = dump.folder.join(name);
    let mut options = safely();
    options.write(true).create(true).truncate(true);
    let written = options
        .open(&new)
        .and_then(private)
        .and_then(|mut file| {
            file.write_all(&records.encode())?;
            sync(dump, &file)
        })
        .and_then(|()| fs::rename(&new, dump.folder.join("dump")));
    if written.is_err() {
        // What is half written takes room; if it cannot go now, the next save replaces it.
        let _ = fs::remove_file(new);
        return written;
    }
    let folder = File::open(&dump.folder).and_then(|folder| sync(dump, &folder));
    // The new dump is there by now, and nobody knows for how long.
    folder.map_err(|_| OF_A_FAILED_SYNC.into())
}

/// Of an error after which nobody knows whether a change will last.
pub(crate) const OF_A_FAILED_SYNC: io::ErrorKind = io::ErrorKind::BrokenPipe;

fn sync(dump: &Dump, file: &File) -> io::Result<()> {
    match dump.durability {
        Durability::Power => file.sync_all(),
        _ => Ok(()),
    }
}

//! Files on Windows: who may use one is what its directory's access list says, and is not checked.
//!
//! SQLite opens a file so that no process can remove, rename or replace it while it is open. So
//! one that is there is the one that was opened, and needs no identity.

use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use session_driver::ErrorKind;

use super::Refusal;
use crate::fault::{Attempt, Fault};

pub(super) type Status = Metadata;

/// Any file: see the module's documentation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity;

/// The path, absolute.
pub(super) fn resolve(path: &Path) -> io::Result<PathBuf> {
    std::path::absolute(path)
}

/// Creates an empty file. A lock belongs to the handle that took it, so closing this one releases
/// none of SQLite's.
///
/// # Errors
/// `AlreadyExists` when there is something of that name.
pub(super) fn create_empty(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).open(path).map(drop)
}

/// The status of what has this path; a link is not followed.
pub(super) fn status(path: &Path) -> io::Result<Status> {
    fs::symlink_metadata(path)
}

/// # Errors
/// Incompatible when it is not a file.
pub(super) fn ensure_private(path: &Path, status: &Status) -> Attempt<()> {
    match status.is_file() {
        true => Ok(()),
        false => {
            let refusal = Refusal::NotAFile(path.into());
            Err(Fault::new(ErrorKind::Incompatible, refusal))
        }
    }
}

/// Checks nothing: SQLite says whether it may read the file.
pub(super) fn ensure_readable(_: &Path, _: &Status) -> io::Result<()> {
    Ok(())
}

/// Does nothing: Windows has no call for it that needs no special rights, and NTFS keeps a journal
/// of names.
pub(super) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Not told: a store on such media is refused as one whose log cannot be created.
pub(super) fn is_on_read_only_media(_: &Path) -> bool {
    false
}

pub(super) fn identity_of(_: &Status) -> Identity {
    Identity
}

/// The identity of the file that has this path now.
pub(super) fn current_identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|_| Identity)
}

//! What stores in the file system have in common.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use session_driver_conformance::{BoxError, Place};

use crate::failure::Failure;
use crate::scratch;
use crate::url::Url;

/// The path of a URL that must have one; `what` it is of, and an `example`.
pub(super) fn path(url: &Url<'_>, what: &str, example: &str) -> Result<PathBuf, Failure> {
    let path = url.path()?;
    if path.as_os_str().is_empty() {
        let scheme = url.scheme;
        return Err(
            Failure::usage(format!("{scheme}: needs the path of a {what}"))
                .next(format!("write {scheme}:{example}")),
        );
    }
    Ok(path)
}

/// Why there is no store in a directory, as far as its entries tell.
#[cfg(unix)]
pub(super) fn is_missing(path: &Path) -> Option<String> {
    let shown = path.display();
    match fs::read_dir(path) {
        Ok(mut entries) => entries
            .next()
            .is_none()
            .then(|| format!("{shown} is empty: it holds no store")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some(format!("{shown} does not exist"))
        }
        // The driver has better words for everything else.
        Err(_) => None,
    }
}

/// A place with nothing in it beside the store at `path`.
pub(super) fn place_beside(path: &Path) -> Result<Place, BoxError> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let directory = scratch::Directory::inside(parent.unwrap_or(Path::new(".")))?;
    let path = directory.path().join("sessions");
    let locator = path.to_str().ok_or("the path of the store is not UTF-8")?;
    let files = directory.path().to_owned();
    Ok(Place::borrowed(locator).with_files_in(files, directory))
}

/// What the directory of a place takes of the disk, all in all.
pub(super) fn bytes_around(place: &Place) -> io::Result<Option<u64>> {
    let directory = place.path().parent().unwrap_or(place.path());
    bytes_below(directory).map(Some)
}

/// What a directory and all that is in it take of the disk.
fn bytes_below(path: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    let mut bytes = bytes_of(&metadata);
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            bytes += bytes_below(&entry?.path())?;
        }
    }
    Ok(bytes)
}

#[cfg(unix)]
fn bytes_of(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;

    const BLOCK: u64 = 512;
    metadata.blocks() * BLOCK
}

/// Elsewhere how long it is: what it takes is not told.
#[cfg(not(unix))]
fn bytes_of(metadata: &Metadata) -> u64 {
    metadata.len()
}

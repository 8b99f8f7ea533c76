//! How much room a store takes on disk.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::case::Stop;
use crate::place::Place;

/// Where the files of the store in `place` lie: its directory, or the one that holds its file and
/// the companions of that.
///
/// # Errors
/// Skipped when the locator is no path.
pub(crate) fn directory_of(place: &Place) -> Result<PathBuf, Stop> {
    let path = place.path();
    match path.parent() {
        _ if path.is_dir() => Ok(path.into()),
        Some(parent) if path.is_file() => Ok(parent.into()),
        _ => Err(Stop::Skipped(
            "the subject's locator is not the path of a file or directory".into(),
        )),
    }
}

/// The bytes that the files below `directory` take. It opens none of them, for an engine may have
/// (rule HYG-8); those that go meanwhile are not counted.
pub(crate) fn bytes_on_disk(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    let size = |path: PathBuf| match fs::symlink_metadata(&path) {
        Ok(found) if found.is_dir() => allocated(&found) + bytes_on_disk(&path),
        Ok(found) => allocated(&found),
        Err(_) => 0,
    };
    entries.flatten().map(|entry| size(entry.path())).sum()
}

#[cfg(unix)]
fn allocated(found: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(found) * 512
}

#[cfg(not(unix))]
fn allocated(found: &Metadata) -> u64 {
    found.len()
}

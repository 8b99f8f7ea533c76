//! Copies of a store by names and contents alone.

use std::fs;
use std::io;
use std::path::Path;

use crate::case::{Context, Stop};
use crate::place::Place;

/// Copies what lies at `place`, a directory or a file with its companions, to a new place: no
/// times, owners, modes or inodes. Nobody has it open.
///
/// # Errors
/// Skipped when the locator is not the path of something; Failed when the copy cannot be made.
pub(crate) fn copied(context: &Context, place: &Place) -> Result<Place, Stop> {
    if !place.path().exists() {
        let reason = "the subject's locator is not the path of a file or directory";
        return Err(Stop::Skipped(reason.into()));
    }
    let copy = Place::in_temporary_directory().map_err(|error| {
        Stop::Failed(format!(
            "{}: no place for a copy: {error}",
            context.subject.name()
        ))
    })?;
    copy_with_companions(place.path(), copy.path())
        .map_err(|error| Stop::Failed(format!("the closed store cannot be copied: {error}")))?;
    Ok(copy)
}

/// Copies `from` and what lies beside it under its name and more, such as a journal.
fn copy_with_companions(from: &Path, to: &Path) -> io::Result<()> {
    let (Some(directory), Some(name)) = (from.parent(), from.file_name()) else {
        return copy(from, to);
    };
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let other = entry.file_name();
        let (Some(name), Some(other)) = (name.to_str(), other.to_str()) else {
            continue;
        };
        if let Some(rest) = other.strip_prefix(name) {
            let mut target = to.as_os_str().to_owned();
            target.push(rest);
            copy(&entry.path(), Path::new(&target))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !fs::metadata(from)?.is_dir() {
        return fs::write(to, fs::read(from)?);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

//! A small disk of a case's own, to be filled or made read-only.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::case::Stop;
use crate::place::Place;

/// How large it is.
const SIZE: &str = "size=24m";

/// A file system in memory (tmpfs), mounted at a temporary directory. It goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    directory: tempfile::TempDir,
}

impl Disk {
    /// Mounts one.
    ///
    /// # Errors
    /// Unobserved where this process may not mount, and on other systems than Linux.
    pub(crate) fn mount() -> Result<Disk, Stop> {
        if !cfg!(target_os = "linux") {
            return Err(unobserved("the suite knows how on Linux alone"));
        }
        let directory = tempfile::tempdir().map_err(|error| unobserved(&error.to_string()))?;
        run(
            "mount",
            &["-t", "tmpfs", "-o", SIZE, "session-driver"],
            directory.path(),
        )?;
        Ok(Disk { directory })
    }

    /// A place on it, for a subject that keeps its backend in files.
    pub(crate) fn place(&self) -> Result<Place, Stop> {
        let directory = self.directory.path().join("place");
        let broken = |error: io::Error| Stop::Failed(format!("no place on the disk: {error}"));
        fs::create_dir(&directory).map_err(broken)?;
        let path = directory.join("store");
        let locator = path
            .to_str()
            .ok_or_else(|| broken(io::ErrorKind::InvalidData.into()))?;
        Ok(Place::borrowed(locator).with_files_in(directory, ()))
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) -> Result<(), Stop> {
        let failed = |error: io::Error| Stop::Failed(format!("the disk cannot be filled: {error}"));
        let mut filler = fs::File::create(self.filler()).map_err(failed)?;
        for length in [1 << 20, 4096, 1] {
            let bytes = vec![1; length];
            loop {
                match filler.write_all(&bytes) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                    Err(error) => return Err(failed(error)),
                }
            }
        }
        Ok(())
    }

    /// Makes room again: at once, also while a child that another thread is starting has the file open
    /// yet, for it has its descriptors until it executes its program.
    pub(crate) fn clear(&self) -> Result<(), Stop> {
        fs::File::create(self.filler())
            .and_then(|_emptied| fs::remove_file(self.filler()))
            .map_err(|error| Stop::Failed(format!("the disk cannot be cleared: {error}")))
    }

    /// Makes it read-only, or not any more. Refused while somebody has a file open for writing.
    pub(crate) fn set_read_only(&self, read_only: bool) -> Result<(), Stop> {
        let options = if read_only {
            "remount,ro"
        } else {
            "remount,rw"
        };
        run("mount", &["-o", options], self.directory.path())
    }

    fn filler(&self) -> PathBuf {
        self.directory.path().join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, for a driver that a failed case left open is no reason to leave it mounted.
        let _ = run("umount", &["-l"], self.directory.path());
    }
}

fn run(program: &str, arguments: &[&str], directory: &Path) -> Result<(), Stop> {
    let ended = Command::new(program)
        .args(arguments)
        .arg(directory)
        .stdin(Stdio::null())
        .output();
    match ended {
        Ok(ended) if ended.status.success() => Ok(()),
        Ok(ended) => Err(unobserved(String::from_utf8_lossy(&ended.stderr).trim())),
        Err(error) => Err(unobserved(&error.to_string())),
    }
}

fn unobserved(reason: &str) -> Stop {
    Stop::Unobserved(format!(
        "this process can mount no disk of its own: {reason}"
    ))
}

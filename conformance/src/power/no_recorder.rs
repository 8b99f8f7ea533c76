//! Where system calls cannot be recorded.

use std::path::Path;

use crate::power::Disk;

/// What nobody can have here.
#[derive(Debug)]
pub(crate) enum Recorder {}

impl Recorder {
    /// # Errors
    /// Always.
    pub(crate) fn attach(_: u32, _: &Path) -> Result<Recorder, String> {
        Err("system calls can be recorded on Linux alone, on x86-64 and ARM64".into())
    }

    pub(crate) fn forget_answers(&self) {
        match *self {}
    }

    pub(crate) fn at_the_answer(&self) -> Result<(Disk, Disk), String> {
        match *self {}
    }
}

//! A power cut, as far as it can be had without cutting the power.
//!
//! A child process with the driver is traced: each system call that syncs a file or a directory is
//! seen before it begins, and what it syncs goes into a model of the disk. When the child answers
//! that an operation succeeded, the model is what a power cut at that moment leaves at the least. Laid
//! out as files, it is opened as the store it has to be.
//!
//! This shows that contents and names which a reopened store needs were synced before the answer,
//! in whatever order the driver likes, without a rule for how it has to go about it. It does not show
//! sectors that are torn, disks that lie, or file systems that lose what they were told to keep; and
//! what a disk holds of a file is all of it as it was at a sync, or as it is now.

#[cfg_attr(
    not(all(
        target_os = "linux",
        any(target_env = "gnu", target_env = "musl"),
        any(target_arch = "x86_64", target_arch = "aarch64")
    )),
    allow(dead_code, reason = "a recorder alone feeds the model")
)]
mod disk;
#[cfg(all(
    target_os = "linux",
    any(target_env = "gnu", target_env = "musl"),
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod recorder;
#[cfg(not(all(
    target_os = "linux",
    any(target_env = "gnu", target_env = "musl"),
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "no_recorder.rs"]
mod recorder;

pub(crate) use disk::{Disk, Node};
pub(crate) use recorder::Recorder;

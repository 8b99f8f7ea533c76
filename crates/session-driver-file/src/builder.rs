//! How a store is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use session_driver::{DEFAULT_MAX_PAYLOAD_BYTES, Durability, ErrorKind, Operation, Result};

use crate::driver::FileDriver;
use crate::fault::Fault;
use crate::marker::MAX_SHARDS;
use crate::root::Root;
use crate::slot::LONGEST_PAYLOAD;

const WAIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Settings of a [`FileDriver`] that is yet to be opened.
///
/// ```
/// use session_driver_file::{FileDriver, session_driver::Durability};
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("sessions");
/// let driver = FileDriver::builder(path).durability(Durability::Power).open()?;
/// # Ok::<(), session_driver_file::session_driver::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileDriverBuilder {
    path: PathBuf,
    durability: Durability,
    shards: u16,
    max_payload_bytes: usize,
    wait_timeout: Duration,
    create: bool,
}

impl FileDriverBuilder {
    pub(crate) fn new(path: &Path) -> FileDriverBuilder {
        FileDriverBuilder {
            path: path.into(),
            durability: Durability::Process,
            shards: MAX_SHARDS,
            max_payload_bytes: DEFAULT_MAX_PAYLOAD_BYTES,
            wait_timeout: WAIT_TIMEOUT,
            create: true,
        }
    }

    /// What an acknowledged operation survives: [`Process`](Durability::Process) (the default), or
    /// [`Power`](Durability::Power) at the price of a sync for every write.
    /// [`None`](Durability::None) is raised to `Process`, which costs nothing more.
    #[must_use]
    pub fn durability(self, durability: Durability) -> FileDriverBuilder {
        FileDriverBuilder {
            durability: durability.max(Durability::Process),
            ..self
        }
    }

    /// Over how many directories the sessions are spread, 1 to 256 (the default). Each that is in
    /// use costs a descriptor. A store keeps the number it was made with.
    #[must_use]
    pub fn shards(self, shards: u16) -> FileDriverBuilder {
        FileDriverBuilder { shards, ..self }
    }

    /// The largest payload that is stored, in bytes, 512 MiB at most.
    /// Default: [`DEFAULT_MAX_PAYLOAD_BYTES`](session_driver::DEFAULT_MAX_PAYLOAD_BYTES), 16 MiB and
    /// room for layers.
    #[must_use]
    pub fn max_payload_bytes(self, max_payload_bytes: usize) -> FileDriverBuilder {
        FileDriverBuilder {
            max_payload_bytes,
            ..self
        }
    }

    /// How long an operation waits for others that use the same session before it fails with Busy.
    /// Default: 5 s. Others are done within microseconds, unless their process was stopped.
    #[must_use]
    pub fn wait_timeout(self, wait_timeout: Duration) -> FileDriverBuilder {
        FileDriverBuilder {
            wait_timeout,
            ..self
        }
    }

    /// Whether a store that is missing is made. Default: true. With false, opening one that is
    /// missing fails with Unavailable and leaves everything as it was.
    #[must_use]
    pub fn create(self, create: bool) -> FileDriverBuilder {
        FileDriverBuilder { create, ..self }
    }

    /// Opens the store, and makes it (0700, in a parent that exists) when nothing or an empty
    /// directory is there.
    ///
    /// # Errors
    /// - PermissionDenied when the directory belongs to another user, can be written by others, or
    ///   access is refused.
    /// - Incompatible when it holds files that are no store's, lies inside another store, or was made
    ///   by a newer format.
    /// - Corrupt when its marker is damaged.
    /// - Unsupported when its file system keeps no locks, or does not take the syncs of durability
    ///   Power, or an option is out of range.
    /// - Unavailable when the parent does not exist, or there is no store and
    ///   [`create`](FileDriverBuilder::create) is false.
    ///
    /// At most an empty directory, or a store without sessions, is left behind.
    pub fn open(self) -> Result<FileDriver> {
        let opened = if !(1..=MAX_SHARDS).contains(&self.shards) {
            Err(Fault::new(
                ErrorKind::Unsupported,
                "the number of shards must be 1 to 256",
            ))
        } else if self.max_payload_bytes > LONGEST_PAYLOAD {
            Err(Fault::new(
                ErrorKind::Unsupported,
                "the payload maximum must be at most 512 MiB",
            ))
        } else {
            Root::open(
                &self.path,
                self.shards,
                self.durability,
                self.wait_timeout,
                self.create,
            )
        };
        match opened {
            Ok(root) => Ok(FileDriver::new(
                root,
                self.max_payload_bytes,
                self.wait_timeout,
            )),
            Err(fault) => Err(fault.during(Operation::Open)),
        }
    }
}

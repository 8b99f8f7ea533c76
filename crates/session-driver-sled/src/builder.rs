//! How a store is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use session_driver::{
    DEFAULT_MAX_PAYLOAD_BYTES, Durability, ErrorKind, Operation, Result, Version,
};
use session_driver_envelope::LONGEST_PAYLOAD;

use crate::driver::SledDriver;
use crate::engine::Engine;
use crate::fault::{Attempt, Fault};
use crate::root::Root;

const TREE: &str = "sessions";
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// Settings of a [`SledDriver`] that is yet to be opened.
///
/// ```
/// use session_driver_sled::{SledDriver, session_driver::Durability};
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("sessions");
/// let driver = SledDriver::builder(path).tree("admins").durability(Durability::None).open()?;
/// # Ok::<(), session_driver_sled::session_driver::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SledDriverBuilder {
    path: PathBuf,
    tree: String,
    durability: Durability,
    flush_every: Duration,
    max_payload_bytes: usize,
    create: bool,
}

impl SledDriverBuilder {
    pub(crate) fn new(path: &Path) -> SledDriverBuilder {
        SledDriverBuilder {
            path: path.into(),
            tree: TREE.into(),
            durability: Durability::Process,
            flush_every: FLUSH_EVERY,
            max_payload_bytes: DEFAULT_MAX_PAYLOAD_BYTES,
            create: true,
        }
    }

    /// The tree that holds the sessions, one namespace among others in the store. Any text is
    /// a name, and is taken to the letter. Default: `sessions`.
    #[must_use]
    pub fn tree(self, name: impl Into<String>) -> SledDriverBuilder {
        SledDriverBuilder {
            tree: name.into(),
            ..self
        }
    }

    /// What an acknowledged operation survives: [`Process`](Durability::Process) (the default), at
    /// the price of a flush for every write, which concurrent writers share, or
    /// [`None`](Durability::None), at which the files are looked for once in a millisecond, and not
    /// for every write. [`Power`](Durability::Power) is refused at open: sled writes its log with
    /// `sync_file_range` on Linux, which leaves it in the disk's own cache, and syncs the names of
    /// its files on no system.
    #[must_use]
    pub fn durability(self, durability: Durability) -> SledDriverBuilder {
        SledDriverBuilder { durability, ..self }
    }

    /// How often sled flushes and tidies up by itself, a millisecond at least. Default: 500 ms. It
    /// flushes earlier when 2 MiB were written.
    #[must_use]
    pub fn flush_every(self, flush_every: Duration) -> SledDriverBuilder {
        SledDriverBuilder {
            flush_every,
            ..self
        }
    }

    /// The largest payload that is stored, in bytes, 512 MiB at most.
    /// Default: [`DEFAULT_MAX_PAYLOAD_BYTES`](session_driver::DEFAULT_MAX_PAYLOAD_BYTES), 16 MiB and
    /// room for layers.
    #[must_use]
    pub fn max_payload_bytes(self, max_payload_bytes: usize) -> SledDriverBuilder {
        SledDriverBuilder {
            max_payload_bytes,
            ..self
        }
    }

    /// Whether a store or tree that is missing is made. Default: true. With false, opening one that is
    /// missing fails with Unavailable and leaves everything as it was.
    #[must_use]
    pub fn create(self, create: bool) -> SledDriverBuilder {
        SledDriverBuilder { create, ..self }
    }

    /// Opens the store, and makes it (0700, in a parent that exists) when nothing or an empty
    /// directory is there.
    ///
    /// # Errors
    /// - Locked when any other instance has the store open, in this process or another.
    /// - PermissionDenied when the directory belongs to another user, can be written by others, or
    ///   access is refused.
    /// - Incompatible when it holds files that are no store's, lies inside another store, or was made
    ///   by a newer format or another release of sled.
    /// - Corrupt when its marker or sled's own files are damaged.
    /// - Unsupported when an option is out of range, or durability is Power.
    /// - Unavailable when the parent does not exist, or there is no store or tree and
    ///   [`create`](SledDriverBuilder::create) is false.
    ///
    /// At most an empty directory, or a store without sessions, is left behind.
    pub fn open(self) -> Result<SledDriver> {
        self.try_open()
            .map_err(|fault| fault.during(Operation::Open))
    }

    fn try_open(self) -> Attempt<SledDriver> {
        let unsupported = |reason: &'static str| Err(Fault::new(ErrorKind::Unsupported, reason));
        if self.durability > Durability::Process {
            return unsupported("sled does not survive a loss of power");
        }
        if self.flush_every < Duration::from_millis(1) {
            return unsupported("sled must not flush more often than once in a millisecond");
        }
        if self.max_payload_bytes > LONGEST_PAYLOAD {
            return unsupported("the payload maximum must be at most 512 MiB");
        }
        let first_version = Version::random().map_err(|error| Fault::new(error.kind(), error))?;
        let root = Root::open(&self.path, self.create)?;
        let engine = Engine::open(
            &root.engine_directory(),
            &self.tree,
            self.durability,
            self.flush_every,
            self.create,
        )?;
        root.watch()?;
        Ok(SledDriver::new(
            root,
            engine,
            self.max_payload_bytes,
            first_version,
        ))
    }
}

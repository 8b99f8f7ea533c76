//! The store's directory: whose it is, what it holds, and whether it is still there.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{
    AtFlags, CWD, Dir, FlockOperation, Mode, OFlags, Stat, chmodat, flock, fstat, mkdirat, openat,
    stat, statat,
};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::geteuid;
use session_driver::{Durability, ErrorKind, SessionId};

use crate::create::{Creation, UNFINISHED};
use crate::fault::{Attempt, Fault};
use crate::lock::Patience;
use crate::marker::{MARKER, Marker};
use crate::platform;
use crate::shard::Shard;

/// How often the directory is looked for by its path.
const CHECK_INTERVAL_MILLIS: u64 = 1_000;

/// How long it may take to notice that the directory was replaced, as the descriptor declares it.
pub(crate) const OUTAGE_BOUND: Duration = Duration::from_secs(2);

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// The open store.
pub(crate) struct Root {
    path: PathBuf,
    directory: OwnedFd,
    identity: Identity,
    shards: Box<[KeptShard]>,
    pub(crate) durability: Durability,
    creation: Creation,
    opened: Instant,
    next_check_millis: AtomicU64,
}

/// What is kept of a shard while the store is open.
#[derive(Default)]
struct KeptShard {
    /// A handle of its directory, opened when first needed: an open by path would cost as much as
    /// the read.
    directory: OnceLock<OwnedFd>,
    /// Whether its name was synced since.
    is_name_synced: AtomicBool,
}

/// Device and inode: which file it is, whatever its names.
#[derive(PartialEq, Eq)]
pub(crate) struct Identity(u64, u64);

/// Why a directory is not taken as a store.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0} belongs to another user; use a directory of your own")]
    AnotherUser(PathBuf),
    #[error("{0} can be written by others; take that right away with `chmod go-w`")]
    WritableByOthers(PathBuf),
    #[error(
        "{0} holds files that are no session store's; use an empty directory or one that does not exist yet"
    )]
    Foreign(PathBuf),
    #[error("there is no session store in {0}")]
    Missing(PathBuf),
    #[error("{0} lies inside another session store; use a directory beside it")]
    Nested(PathBuf),
    #[error("the file system of {0} does not keep locks (flock); use a local one")]
    NoLocks(PathBuf),
    #[error(
        "the file system of {0} cannot empty the disk's cache (F_FULLFSYNC); use a local one \
         for durability Power"
    )]
    NoSyncs(PathBuf),
    #[error("cannot open the directory {0}")]
    Io(PathBuf, #[source] std::io::Error),
}

impl Root {
    /// Opens the store in `path`, or makes one there, if it may, when nothing or an empty directory
    /// is.
    pub(crate) fn open(
        path: &Path,
        shards: u16,
        durability: Durability,
        timeout: Duration,
        create: bool,
    ) -> Attempt<Root> {
        let path =
            std::path::absolute(path).map_err(|error| Fault::new(ErrorKind::Other, error))?;
        let io = |errno: Errno| {
            Fault::new(
                Fault::from(errno).kind,
                Refusal::Io(path.clone(), errno.into()),
            )
        };
        let directory = match open_directory(&path) {
            Err(Errno::NOENT) if create => make_directory(&path).map_err(io)?,
            Err(Errno::NOENT) => {
                return Err(Fault::new(ErrorKind::Unavailable, Refusal::Missing(path)));
            }
            opened => opened.map_err(io)?,
        };
        let status = fstat(&directory).map_err(io)?;
        ensure_private(&path, &status)?;
        if is_inside_a_store(&directory) {
            return Err(Fault::new(ErrorKind::Incompatible, Refusal::Nested(path)));
        }
        if durability >= Durability::Power && !platform::takes_syncs(&directory)? {
            return Err(Fault::new(ErrorKind::Unsupported, Refusal::NoSyncs(path)));
        }
        let mut patience = Patience::new(timeout);
        let creation =
            platform::anonymous_files(&directory).map_or(Creation::Named, Creation::Anonymous);
        let place = Shard {
            directory: directory.as_fd(),
            durability,
            creation,
        };
        let found = match create {
            true => find_or_make_marker(&place, &path, Marker { shards }, &mut patience)?,
            false => Marker::read(place.directory)?,
        };
        let Some(marker) = found else {
            if !create && is_empty(&place)? {
                return Err(Fault::new(ErrorKind::Unavailable, Refusal::Missing(path)));
            }
            return Err(Fault::new(ErrorKind::Incompatible, Refusal::Foreign(path)));
        };
        if !keeps_locks(&directory, &mut patience)? {
            return Err(Fault::new(ErrorKind::Unsupported, Refusal::NoLocks(path)));
        }
        Ok(Root {
            path,
            identity: Identity::of(&status),
            directory,
            shards: (0..marker.shards).map(|_| KeptShard::default()).collect(),
            durability,
            creation,
            opened: Instant::now(),
            next_check_millis: AtomicU64::new(CHECK_INTERVAL_MILLIS),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn shard_count(&self) -> usize {
        self.shards.len()
    }

    /// Which shard the id's file is in.
    pub(crate) fn shard_of(&self, id: &SessionId) -> usize {
        crc32fast::hash(id.as_bytes()) as usize % self.shards.len()
    }

    /// A shard, or `None` when nothing was ever stored in it.
    pub(crate) fn shard(&self, index: usize) -> Attempt<Option<Shard<'_>>> {
        let slot = &self.shards[index].directory;
        if slot.get().is_none() {
            let flags = DIRECTORY | OFlags::NOFOLLOW;
            match retry_on_intr(|| openat(&self.directory, shard_name(index), flags, Mode::empty()))
            {
                Err(Errno::NOENT) => return Ok(None),
                // If another thread was faster, its handle is kept.
                opened => drop(slot.set(opened?)),
            }
        }
        Ok(slot.get().map(|directory| Shard {
            directory: directory.as_fd(),
            durability: self.durability,
            creation: self.creation,
        }))
    }

    /// A shard, made if nothing was ever stored in it. Its name is made to survive a loss of power,
    /// where that is promised: whoever made it may have died first, or not have promised it.
    pub(crate) fn shard_to_create_in(&self, index: usize) -> Attempt<Shard<'_>> {
        let shard = match self.shard(index)? {
            Some(shard) => shard,
            None => self.make_shard(index)?,
        };
        let is_name_synced = &self.shards[index].is_name_synced;
        if self.durability >= Durability::Power && !is_name_synced.load(Ordering::Relaxed) {
            platform::sync_directory(&self.directory)?;
            is_name_synced.store(true, Ordering::Relaxed);
        }
        Ok(shard)
    }

    fn make_shard(&self, index: usize) -> Attempt<Shard<'_>> {
        match mkdirat(&self.directory, shard_name(index), Mode::RWXU) {
            // Given back what the umask may have taken.
            Ok(()) => chmodat(
                &self.directory,
                shard_name(index),
                Mode::RWXU,
                AtFlags::empty(),
            )?,
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        self.shard(index)?.ok_or_else(|| Fault::from(Errno::NOENT))
    }

    /// Unavailable when the directory is no longer where it was opened, for then others open
    /// another store.
    pub(crate) fn ensure_present(&self) -> Attempt<()> {
        match stat(&self.path) {
            Ok(status) if Identity::of(&status) == self.identity => Ok(()),
            Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Err(Fault::new(
                ErrorKind::Unavailable,
                "the store's directory was removed or replaced; open it again",
            )),
            Err(errno) => Err(errno.into()),
        }
    }

    /// As [`ensure_present`](Root::ensure_present), but once in [`CHECK_INTERVAL_MILLIS`]: it costs
    /// a third of a read.
    pub(crate) fn ensure_present_now_and_then(&self) -> Attempt<()> {
        let elapsed = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        if elapsed < self.next_check_millis.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.ensure_present()?;
        self.next_check_millis.store(
            elapsed.saturating_add(CHECK_INTERVAL_MILLIS),
            Ordering::Relaxed,
        );
        Ok(())
    }
}

impl Identity {
    #[allow(
        clippy::unnecessary_cast,
        clippy::useless_conversion,
        reason = "device numbers are of another type on other Unixes"
    )]
    pub(crate) fn of(status: &Stat) -> Identity {
        Identity(status.st_dev as u64, status.st_ino as u64)
    }
}

fn shard_name(index: usize) -> String {
    format!("{index:02x}")
}

fn open_directory(path: &Path) -> Result<OwnedFd, Errno> {
    retry_on_intr(|| openat(CWD, path, DIRECTORY, Mode::empty()))
}

/// Makes a directory of mode 0700, if none is there by now, and opens it.
fn make_directory(path: &Path) -> Result<OwnedFd, Errno> {
    match mkdirat(CWD, path, Mode::RWXU) {
        // Given back what the umask may have taken.
        Ok(()) => chmodat(CWD, path, Mode::RWXU, AtFlags::empty())?,
        Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    open_directory(path)
}

fn ensure_private(path: &Path, status: &Stat) -> Attempt<()> {
    let refusal = if status.st_uid != geteuid().as_raw() {
        Refusal::AnotherUser(path.into())
    } else if status.st_mode & 0o022 != 0 {
        Refusal::WritableByOthers(path.into())
    } else {
        return Ok(());
    };
    Err(Fault::new(ErrorKind::PermissionDenied, refusal))
}

/// Whether the directory is a shard of another store, or in one.
fn is_inside_a_store(directory: &OwnedFd) -> bool {
    let marker = MARKER.to_string_lossy();
    ["..", "../.."].iter().any(|above| {
        let path = format!("{above}/{marker}");
        statat(directory, path, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    })
}

/// Whether two open descriptions of a file exclude each other, as everything here relies on. The
/// marker is the file: some file systems keep the locks of directories and not those of files.
fn keeps_locks(directory: &OwnedFd, patience: &mut Patience) -> Attempt<bool> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open_marker = || retry_on_intr(|| openat(directory, MARKER, flags, Mode::empty()));
    let (first, second) = (open_marker()?, open_marker()?);
    match patience.exclusive(&first) {
        Ok(()) => {
            Ok(flock(&second, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK))
        }
        Err(busy) if busy.kind == ErrorKind::Busy => Err(busy),
        Err(_) => Ok(false),
    }
}

/// The store's marker, made if the directory is empty; `None` when it has files and no marker.
fn find_or_make_marker(
    place: &Shard<'_>,
    path: &Path,
    new: Marker,
    patience: &mut Patience,
) -> Attempt<Option<Marker>> {
    if let Some(marker) = Marker::read(place.directory)? {
        return Ok(Some(marker));
    }
    if is_empty(place)? {
        if place.durability >= Durability::Power {
            // Whoever made the directory may have died before its own name was sure to last.
            let parent = path.parent().unwrap_or(path);
            let parent = retry_on_intr(|| openat(CWD, parent, DIRECTORY, Mode::empty()))?;
            platform::sync_directory(&parent)?;
        }
        for unfinished in place.list(patience)?.unfinished {
            place.clear(&unfinished, patience)?;
        }
        match place.create_file(MARKER, new.text().as_bytes(), patience) {
            // Another opener was faster.
            Err(fault) if fault.kind == ErrorKind::AlreadyExists => {}
            outcome => drop(outcome?),
        }
    }
    // An opener that was faster may have filled the directory since.
    Marker::read(place.directory)
}

/// Whether the directory has no files but those of an opener that is at it or died.
fn is_empty(place: &Shard<'_>) -> Attempt<bool> {
    for entry in Dir::read_from(place.directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        let own = [c".", c"..", MARKER]
            .iter()
            .any(|own| own.to_bytes() == name);
        if !own && !name.starts_with(UNFINISHED) {
            return Ok(false);
        }
    }
    Ok(true)
}

//! The directory around sled's own: whose it is, what it holds, and whether it is still there.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, Stat, chmodat, flock, fstat,
    fstatvfs, mkdirat, openat, stat, statat,
};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::geteuid;
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::marker::{MARKER, Made, Marker};
use crate::platform;

/// The directory that sled makes its files in; sled's own tools find them there.
const ENGINE: &str = "sled";

/// The file of which sled holds a lock while it has the store open.
const DATA: &str = "db";

/// How often the files are looked for by their path.
const CHECK_INTERVAL_MICROS: u64 = 1_000_000;

/// How long it may take to notice that the files were replaced, as the descriptor declares it.
pub(crate) const OUTAGE_BOUND: Duration = Duration::from_secs(2);

/// The room on the disk, in bytes, that is left for what sled writes besides the records: pages anew,
/// and whole segments of 512 KiB.
const RESERVE: u64 = 8 * 1024 * 1024;

/// How long it is believed that the files are there, and room for them: others would have to fill
/// [`RESERVE`] meanwhile. Asking each time would cost an eighth of a write that is not flushed.
const ROOM_INTERVAL_MICROS: u64 = 1_000;

/// The length, in bytes, from which on a record is asked room for each time.
const ROOM_BYTES: usize = 64 * 1024;

/// How long a drop waits until sled's threads have let go of its files.
const PARTING_PATIENCE: Duration = Duration::from_secs(5);
const PARTING_INTERVAL: Duration = Duration::from_micros(500);

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// The store's directory, which this instance alone has open.
pub(crate) struct Root {
    path: PathBuf,
    /// Its lock keeps others out, until it is dropped.
    marker: Marker,
    data: OnceLock<Data>,
    opened: Instant,
    next_check_micros: AtomicU64,
    next_room_micros: AtomicU64,
}

/// sled's file, as it was when the store was opened. No lock of it depends on the handle.
struct Data {
    handle: OwnedFd,
    identity: Identity,
}

/// Device and inode: which file it is, whatever its names.
#[derive(Debug, PartialEq, Eq)]
struct Identity(u64, u64);

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
    #[error("{0} holds links, which are not followed; put the files themselves there")]
    Links(PathBuf),
    #[error("cannot open the directory {0}")]
    Io(PathBuf, #[source] std::io::Error),
}

impl Root {
    /// Opens the store in `path`, or makes one there, if it may, when nothing or an empty directory
    /// is, and keeps others out.
    pub(crate) fn open(path: &Path, create: bool) -> Attempt<Root> {
        if !create {
            ensure_made(path)?;
        }
        let path = std::path::absolute(path).map_err(Fault::from)?;
        let io = |errno: Errno| {
            Fault::new(
                Fault::from(errno).kind,
                Refusal::Io(path.clone(), errno.into()),
            )
        };
        let directory = open_or_make(&path).map_err(io)?;
        ensure_private(&path, &fstat(&directory).map_err(io)?)?;
        if is_inside_a_store(&directory) {
            return Err(Fault::new(ErrorKind::Incompatible, Refusal::Nested(path)));
        }
        if !holds_nothing_foreign(&directory)? {
            return Err(Fault::new(ErrorKind::Incompatible, Refusal::Foreign(path)));
        }
        let marker = Marker::lock(&directory)?;
        let engine = statat(&directory, ENGINE, AtFlags::SYMLINK_NOFOLLOW);
        let is_new = engine.is_err_and(|errno| errno == Errno::NOENT);
        if marker.read(is_new)? == Made::Unfinished {
            if !create {
                return Err(Fault::new(ErrorKind::Unavailable, Refusal::Missing(path)));
            }
            marker.say_unfinished()?;
            // Whoever began had no answer yet, so nothing is lost; sled does not open everything
            // that it leaves when it is killed meanwhile.
            if !is_new {
                std::fs::remove_dir_all(path.join(ENGINE)).map_err(Fault::from)?;
            }
        }
        make_directory(&directory, ENGINE)?;
        if holds_links(&directory, ENGINE)? {
            return Err(Fault::new(ErrorKind::Incompatible, Refusal::Links(path)));
        }
        Ok(Root {
            path,
            marker,
            data: OnceLock::new(),
            opened: Instant::now(),
            next_check_micros: AtomicU64::new(CHECK_INTERVAL_MICROS),
            next_room_micros: AtomicU64::new(0),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn engine_directory(&self) -> PathBuf {
        self.path.join(ENGINE)
    }

    /// Remembers which file sled has opened, and that the store can be used: nothing was in it so
    /// far if it is new.
    pub(crate) fn watch(&self) -> Attempt<()> {
        let open = || openat(CWD, self.data_file(), platform::IN_SIGHT, Mode::empty());
        let handle = retry_on_intr(open)?;
        let identity = Identity::of(&fstat(&handle)?);
        self.marker.say_made()?;
        self.data.get_or_init(|| Data { handle, identity });
        Ok(())
    }

    /// To be asked before something is written: sled stops for good when its disk is full, and
    /// writes to files that were removed as if they were there. Looks for both once in
    /// [`ROOM_INTERVAL_MICROS`], before a large record each time, and for files that were replaced as
    /// reads do.
    ///
    /// # Errors
    /// StorageFull when less than [`RESERVE`] would be left, Unavailable when the files were removed
    /// or replaced.
    pub(crate) fn ensure_room(&self, len: usize) -> Attempt<()> {
        let Some(data) = self.data.get() else {
            return Ok(());
        };
        let elapsed = self.elapsed_micros();
        self.ensure_present_by(elapsed)?;
        if len < ROOM_BYTES && elapsed < self.next_room_micros.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.ensure_named()?;
        let disk = fstatvfs(&data.handle)?;
        let available = disk.f_bavail.saturating_mul(disk.f_frsize);
        if available < RESERVE + len as u64 {
            return Err(Fault::new(
                ErrorKind::StorageFull,
                "too little room is left on the disk for sled to go on",
            ));
        }
        self.next_room_micros.store(
            elapsed.saturating_add(ROOM_INTERVAL_MICROS),
            Ordering::Relaxed,
        );
        Ok(())
    }

    /// Unavailable when sled's file has no name any more: what is written to it is lost. To be asked
    /// before each write whose success is to survive something (rule ERR-7).
    pub(crate) fn ensure_named(&self) -> Attempt<()> {
        match self.data.get() {
            Some(data) if fstat(&data.handle)?.st_nlink == 0 => Err(is_gone()),
            _ => Ok(()),
        }
    }

    /// Unavailable when sled's files are no longer where they were opened, for then nothing that is
    /// written stays. Looks once in [`CHECK_INTERVAL_MICROS`].
    pub(crate) fn ensure_present_now_and_then(&self) -> Attempt<()> {
        self.ensure_present_by(self.elapsed_micros())
    }

    fn ensure_present_by(&self, elapsed_micros: u64) -> Attempt<()> {
        if elapsed_micros < self.next_check_micros.load(Ordering::Relaxed) {
            return Ok(());
        }
        match stat(self.data_file()) {
            Ok(status) if self.is_data(&Identity::of(&status)) => {}
            Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => return Err(is_gone()),
            Err(errno) => return Err(errno.into()),
        }
        self.next_check_micros.store(
            elapsed_micros.saturating_add(CHECK_INTERVAL_MICROS),
            Ordering::Relaxed,
        );
        Ok(())
    }

    fn elapsed_micros(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn is_data(&self, found: &Identity) -> bool {
        self.data.get().is_some_and(|data| data.identity == *found)
    }

    fn data_file(&self) -> PathBuf {
        self.engine_directory().join(DATA)
    }
}

/// Waits until sled's threads, which end some time after its handles are dropped, have closed its
/// file. The lock that is asked for is of an open file of its own (`flock`), so that closing it
/// takes nothing from sled's.
impl Drop for Root {
    fn drop(&mut self) {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Ok(file) = openat(CWD, self.data_file(), flags, Mode::empty()) else {
            return;
        };
        let begin = Instant::now();
        while flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
            && begin.elapsed() < PARTING_PATIENCE
        {
            std::thread::sleep(PARTING_INTERVAL);
        }
    }
}

impl Identity {
    #[allow(
        clippy::unnecessary_cast,
        clippy::useless_conversion,
        reason = "device numbers are of another type on other Unixes"
    )]
    fn of(status: &Stat) -> Identity {
        Identity(status.st_dev as u64, status.st_ino as u64)
    }
}

/// Unavailable when there is no store, as far as one may look.
fn ensure_made(path: &Path) -> Attempt<()> {
    match stat(path.join(ENGINE)) {
        Ok(found) if FileType::from_raw_mode(found.st_mode) == FileType::Directory => Ok(()),
        Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Err(Fault::new(
            ErrorKind::Unavailable,
            Refusal::Missing(path.into()),
        )),
        Err(errno) => Err(errno.into()),
    }
}

fn is_gone() -> Fault {
    Fault::new(
        ErrorKind::Unavailable,
        "the store's files were removed or replaced; open it again",
    )
}

fn open_or_make(path: &Path) -> Result<OwnedFd, Errno> {
    let opened = || retry_on_intr(|| openat(CWD, path, DIRECTORY, Mode::empty()));
    match opened() {
        Err(Errno::NOENT) => {}
        outcome => return outcome,
    }
    make_directory(CWD, path)?;
    opened()
}

/// Makes a directory of mode 0700, if none is there.
fn make_directory(parent: impl std::os::fd::AsFd, path: impl AsRef<Path>) -> Result<(), Errno> {
    match mkdirat(&parent, path.as_ref(), Mode::RWXU) {
        // Given back what the umask may have taken.
        Ok(()) => chmodat(&parent, path.as_ref(), Mode::RWXU, AtFlags::empty()),
        Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
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

/// Whether the directory is sled's own of another store, or in it.
fn is_inside_a_store(directory: &OwnedFd) -> bool {
    let marker = MARKER.to_string_lossy();
    ["..", "../.."].iter().any(|above| {
        let path = format!("{above}/{marker}");
        statat(directory, path, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    })
}

/// Whether the directory is a store's, or is empty.
fn holds_nothing_foreign(directory: &OwnedFd) -> Attempt<bool> {
    let (mut has_marker, mut is_empty) = (false, true);
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        match entry.file_name() {
            name if name == c"." || name == c".." => {}
            name if name == MARKER => has_marker = true,
            _ => is_empty = false,
        }
    }
    Ok(has_marker || is_empty)
}

/// Whether sled's directory is a link, or has links in it or in the directories in it. sled would
/// follow them.
fn holds_links(parent: &OwnedFd, name: &str) -> Attempt<bool> {
    let flags = DIRECTORY | OFlags::NOFOLLOW;
    let directory = match retry_on_intr(|| openat(parent, name, flags, Mode::empty())) {
        Err(errno) if platform::is_no_directory(errno) => return Ok(true),
        opened => opened?,
    };
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        let found = match statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => continue,
            found => FileType::from_raw_mode(found?.st_mode),
        };
        if found == FileType::Symlink
            || found == FileType::Directory && holds_links(&directory, &name.to_string_lossy())?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

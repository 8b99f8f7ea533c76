//! One of the directories that sessions' files are spread over.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, fchmod, fstat, fsync, linkat, openat, unlinkat};
use rustix::io::{Errno, retry_on_intr};
use session_driver::{Durability, ErrorKind, NewRecord, SessionId, Version};

use crate::fault::{Attempt, Fault};
use crate::lock::Patience;
use crate::name::{FileName, id_of};
use crate::session_file::{SessionFile, new_file, sync, write_all};

/// How a file begins its life: whole, and never over another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Creation {
    /// Written without a name and then linked, so that a process that dies leaves nothing. The flag
    /// asks for it (`O_TMPFILE`).
    Anonymous(OFlags),
    /// Written under a temporary name and then linked, where the file system or platform has no
    /// anonymous files.
    Named,
}

/// What the names of unfinished files begin with. The rest is random: no id may show in it (rule
/// ID-4).
pub(crate) const UNFINISHED: &[u8] = b".new-";

/// How every file is opened: no link is followed, no pipe waits for a writer, no child process
/// inherits it.
const SAFELY: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOCTTY);

const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// A kept handle of a shard's directory.
pub(crate) struct Shard<'d> {
    pub(crate) directory: BorrowedFd<'d>,
    pub(crate) durability: Durability,
    pub(crate) creation: Creation,
}

impl Shard<'_> {
    /// Opens a session's file to read, without its lock; `None` when there is none.
    pub(crate) fn open(&self, name: &FileName) -> Attempt<Option<OwnedFd>> {
        self.open_as(name.as_c_str(), OFlags::RDONLY)
    }

    fn open_as(&self, name: &CStr, access: OFlags) -> Attempt<Option<OwnedFd>> {
        found(retry_on_intr(|| {
            openat(self.directory, name, access | SAFELY, Mode::empty())
        }))
    }

    /// Opens a session's file and takes its lock against everybody else; `None` when there is none.
    pub(crate) fn lock(
        &self,
        name: &FileName,
        patience: &mut Patience,
    ) -> Attempt<Option<SessionFile>> {
        loop {
            let Some(file) = self.open_as(name.as_c_str(), OFlags::RDWR)? else {
                return Ok(None);
            };
            patience.exclusive(&file)?;
            if let Some(file) = SessionFile::of(file, self.durability)? {
                return Ok(Some(file));
            }
        }
    }

    /// Opens a session's file and takes its lock against writers, to read it where a read without
    /// the lock did not settle.
    pub(crate) fn lock_to_read(
        &self,
        name: &FileName,
        patience: &mut Patience,
    ) -> Attempt<Option<SessionFile>> {
        loop {
            let Some(file) = self.open(name)? else {
                return Ok(None);
            };
            patience.shared(&file)?;
            if let Some(file) = SessionFile::of(file, self.durability)? {
                return Ok(Some(file));
            }
        }
    }

    /// Makes a session's file with its first record; AlreadyExists, and nothing done, when the name
    /// is taken.
    pub(crate) fn create(
        &self,
        name: &FileName,
        record: NewRecord<'_>,
        version: Version,
        patience: &mut Patience,
    ) -> Attempt<()> {
        new_file(record, version, |bytes| {
            self.create_file(name.as_c_str(), bytes, patience)
        })
    }

    /// Makes a file with these bytes; AlreadyExists, and nothing done, when the name is taken.
    pub(crate) fn create_file(
        &self,
        name: &CStr,
        bytes: &[u8],
        patience: &mut Patience,
    ) -> Attempt<()> {
        match self.creation {
            Creation::Anonymous(anonymous) => {
                let flags = anonymous | OFlags::RDWR | OFlags::CLOEXEC;
                let file = retry_on_intr(|| openat(self.directory, c".", flags, PRIVATE))?;
                self.fill(&file, bytes)?;
                let _listing = self.membership(patience)?;
                // The way of open(2) to name such a file, for which no privilege is needed.
                let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
                self.link(CWD, &unnamed, AtFlags::SYMLINK_FOLLOW, name)?;
            }
            Creation::Named => loop {
                let unfinished = unfinished_name()?;
                let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | SAFELY;
                let file = retry_on_intr(|| openat(self.directory, &*unfinished, flags, PRIVATE))?;
                // The lock tells a sweep that somebody is still at it.
                patience.exclusive(&file)?;
                let filled = self.fill(&file, bytes);
                let _listing = self.membership(patience)?;
                let linked = filled
                    .and_then(|()| self.link(self.directory, &*unfinished, AtFlags::empty(), name));
                match (
                    linked,
                    unlinkat(self.directory, &*unfinished, AtFlags::empty()),
                ) {
                    // A sweep took it for a dead process's before the lock was got.
                    (Err(_), Err(Errno::NOENT)) if fstat(&file)?.st_nlink == 0 => {
                        patience.wait()?;
                    }
                    (linked, _) => break linked?,
                }
            },
        }
        self.sync()
    }

    /// Gives a new file its mode, whatever the umask took away, and its bytes.
    fn fill(&self, file: &OwnedFd, bytes: &[u8]) -> Attempt<()> {
        fchmod(file, PRIVATE)?;
        write_all(file.as_fd(), bytes, 0)?;
        sync(file.as_fd(), self.durability)
    }

    fn link<P: rustix::path::Arg>(
        &self,
        from: BorrowedFd<'_>,
        path: P,
        flags: AtFlags,
        name: &CStr,
    ) -> Attempt<()> {
        match linkat(from, path, self.directory, name, flags) {
            Err(Errno::EXIST) => Err(Fault::from(ErrorKind::AlreadyExists)),
            outcome => Ok(outcome?),
        }
    }

    /// Takes away the name of a session's file that is locked, or of what stands at its place and
    /// is no such file.
    pub(crate) fn unlink(&self, name: &FileName, patience: &mut Patience) -> Attempt<()> {
        let name = name.as_c_str();
        let _listing = self.membership(patience)?;
        match unlinkat(self.directory, name, AtFlags::empty()) {
            // A directory, which is no session's file either: only an empty one can go.
            Err(Errno::ISDIR | Errno::PERM) => {
                match unlinkat(self.directory, name, AtFlags::REMOVEDIR) {
                    Err(Errno::NOTEMPTY | Errno::EXIST) => Err(Fault::new(
                        ErrorKind::Corrupt,
                        "a directory with files in it stands at a session's place; move it away",
                    )),
                    Err(Errno::NOTDIR) => Err(Fault::from(Errno::PERM)),
                    outcome => Ok(outcome?),
                }
            }
            // Somebody who does not ask for locks took it away; gone it is.
            Err(Errno::NOENT) => Ok(()),
            outcome => Ok(outcome?),
        }?;
        self.sync()
    }

    /// The ids whose files are in the shard, as of one instant, and the unfinished files of
    /// creations.
    ///
    /// Nobody adds or takes away a name meanwhile, for tmpfs repeats and misses entries of a
    /// directory that changes while it is read.
    pub(crate) fn list(&self, patience: &mut Patience) -> Attempt<Listing> {
        let directory = self.reopen()?;
        patience.exclusive(&directory)?;
        self.ensure_present()?;
        let mut listing = Listing {
            ids: Vec::new(),
            unfinished: Vec::new(),
        };
        for entry in Dir::read_from(&directory)? {
            let entry = entry?;
            let name = entry.file_name();
            if let Some(id) = id_of(name) {
                listing.ids.push(id);
            } else if name.to_bytes().starts_with(UNFINISHED) {
                listing.unfinished.push(name.to_owned());
            }
        }
        Ok(listing)
    }

    /// Takes away an unfinished file, unless somebody is still at it.
    pub(crate) fn clear(&self, unfinished: &CStr) -> Attempt<()> {
        let Some(file) = self.open_as(unfinished, OFlags::RDWR)? else {
            return Ok(());
        };
        if Patience::new(Duration::ZERO).exclusive(&file).is_ok() {
            found(unlinkat(self.directory, unfinished, AtFlags::empty()))?;
        }
        Ok(())
    }

    /// Unavailable when the directory was removed while its handle was kept: what is missing in it
    /// means nothing then.
    pub(crate) fn ensure_present(&self) -> Attempt<()> {
        match fstat(self.directory)?.st_nlink {
            0 => Err(Fault::new(
                ErrorKind::Unavailable,
                "the store's directory was removed; open it again",
            )),
            _ => Ok(()),
        }
    }

    /// The right to add or take away a name, which a listing waits for.
    fn membership(&self, patience: &mut Patience) -> Attempt<OwnedFd> {
        let directory = self.reopen()?;
        patience.shared(&directory)?;
        Ok(directory)
    }

    /// A descriptor of its own, for locks belong to the open file and the kept handle is
    /// everybody's.
    fn reopen(&self) -> Attempt<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(retry_on_intr(|| {
            openat(self.directory, c".", flags, Mode::empty())
        })?)
    }

    /// Makes a name that came or went survive a loss of power, where that is promised.
    fn sync(&self) -> Attempt<()> {
        if self.durability < Durability::Power {
            return Ok(());
        }
        retry_on_intr(|| fsync(self.directory)).map_err(|errno| Fault::from(errno).indeterminate())
    }
}

/// What a shard holds.
pub(crate) struct Listing {
    pub(crate) ids: Vec<SessionId>,
    pub(crate) unfinished: Vec<CString>,
}

fn found<T>(outcome: Result<T, Errno>) -> Attempt<Option<T>> {
    match outcome {
        Err(Errno::NOENT) => Ok(None),
        outcome => Ok(Some(outcome?)),
    }
}

fn unfinished_name() -> Attempt<CString> {
    let random = Version::random()
        .map_err(|error| Fault::new(error.kind(), error))?
        .to_bits();
    let mut name = UNFINISHED.to_vec();
    name.extend_from_slice(format!("{random:016x}").as_bytes());
    CString::new(name).map_err(|error| Fault::new(ErrorKind::Other, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::FlockOperation::NonBlockingLockExclusive;
    use rustix::fs::flock;

    const NAME: &CStr = c"ME.s";

    /// A shard as on a file system without anonymous files.
    fn on_a_plain_file_system(test: impl FnOnce(&Shard<'_>)) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let handle = openat(CWD, directory.path(), flags, Mode::empty()).expect("a handle");
        let durability = Durability::Power;
        test(&Shard {
            directory: handle.as_fd(),
            durability,
            creation: Creation::Named,
        });
    }

    fn patience() -> Patience {
        Patience::new(Duration::ZERO)
    }

    #[test]
    fn without_anonymous_files_a_creation_leaves_its_file_and_nothing_else() {
        on_a_plain_file_system(|shard| {
            shard
                .create_file(NAME, b"first", &mut patience())
                .expect("a new file");
            let again = shard.create_file(NAME, b"second", &mut patience());
            assert_eq!(
                again.expect_err("the name is taken").kind,
                ErrorKind::AlreadyExists
            );
            let listing = shard.list(&mut patience()).expect("a listing");
            assert_eq!((listing.ids.len(), listing.unfinished.len()), (1, 0));
        });
    }

    #[test]
    fn what_a_dead_process_left_is_cleared_and_what_a_live_one_is_at_stays() {
        on_a_plain_file_system(|shard| {
            let flags = OFlags::CREATE | OFlags::RDWR;
            let create = |name| openat(shard.directory, name, flags, PRIVATE).expect("a file");
            drop(create(c".new-of-the-dead"));
            let at_work = create(c".new-of-the-living");
            flock(&at_work, NonBlockingLockExclusive).expect("a lock");
            let unfinished = || shard.list(&mut patience()).expect("a listing").unfinished;
            assert_eq!(unfinished().len(), 2);
            for name in unfinished() {
                shard.clear(&name).expect("a clearing");
            }
            assert_eq!(unfinished(), [c".new-of-the-living".to_owned()]);
        });
    }
}

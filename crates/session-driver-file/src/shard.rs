//! One of the directories that sessions' files are spread over.

use std::ffi::{CStr, CString};
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, openat, statat, unlinkat};
use rustix::io::{Errno, retry_on_intr};
use session_driver::{Durability, ErrorKind, SessionId};

use crate::create::{Creation, UNFINISHED};
use crate::fault::{Attempt, Fault};
use crate::lock::Patience;
use crate::name::{FileName, id_of};
use crate::platform;
use crate::root::Identity;
use crate::session_file::SessionFile;

/// How every file is opened: no link is followed, no pipe waits for a writer, no child process
/// inherits it.
pub(crate) const SAFELY: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOCTTY);

pub(crate) const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

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

    pub(crate) fn open_as(&self, name: &CStr, access: OFlags) -> Attempt<Option<OwnedFd>> {
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
            if self.names(name, &file)? {
                return Ok(Some(SessionFile::new(file, self.durability)));
            }
            patience.wait()?;
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
            if self.names(name, &file)? {
                return Ok(Some(SessionFile::new(file, self.durability)));
            }
            patience.wait()?;
        }
    }

    /// Whether a file still has its name now that its lock is held. If not, the name is to be
    /// opened again: a remove would be counted twice, and a store would go to a file that nobody
    /// can find.
    ///
    /// Asked by name, for the number of links does not tell: a snapshot made of hard links, or a
    /// creation that was cut short, keeps a file linked whose name is gone.
    fn names(&self, name: &FileName, file: &OwnedFd) -> Attempt<bool> {
        let status = fstat(file)?;
        if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
            let reason = "what stands at a session's place is no file";
            return Err(Fault::new(ErrorKind::Corrupt, reason));
        }
        match statat(self.directory, name.as_c_str(), AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(false),
            found => Ok(Identity::of(&found?) == Identity::of(&status)),
        }
    }

    /// Takes away the name of a session's file that is locked, or of what stands at its place and
    /// is no such file.
    pub(crate) fn unlink(&self, name: &FileName, patience: &mut Patience) -> Attempt<()> {
        let name = name.as_c_str();
        let membership = self.membership(patience)?;
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
        drop(membership);
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
        // Asked afterwards: a directory that goes meanwhile reads as one that ends.
        self.ensure_present()?;
        Ok(listing)
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
    pub(crate) fn membership(&self, patience: &mut Patience) -> Attempt<OwnedFd> {
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
    pub(crate) fn sync(&self) -> Attempt<()> {
        if self.durability < Durability::Power {
            return Ok(());
        }
        platform::sync_directory(self.directory).map_err(|errno| Fault::from(errno).indeterminate())
    }
}

/// What a shard holds.
pub(crate) struct Listing {
    pub(crate) ids: Vec<SessionId>,
    pub(crate) unfinished: Vec<CString>,
}

pub(crate) fn found<T>(outcome: Result<T, Errno>) -> Attempt<Option<T>> {
    match outcome {
        Err(Errno::NOENT) => Ok(None),
        outcome => Ok(Some(outcome?)),
    }
}

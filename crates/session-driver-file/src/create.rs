//! How a session's file comes into being: whole, and never over another.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, OFlags, fchmod, fstat, linkat, openat, unlinkat};
use rustix::io::{Errno, retry_on_intr};
use session_driver::{ErrorKind, NewRecord, Version};

use crate::fault::{Attempt, Fault};
use crate::lock::Patience;
use crate::name::FileName;
use crate::session_file::{SessionFile, new_file, sync, write_all};
use crate::shard::{PRIVATE, SAFELY, Shard, found};

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

impl Shard<'_> {
    /// Makes a session's file with its first record; AlreadyExists, and nothing done, when the name
    /// is taken.
    pub(crate) fn create(
        &self,
        name: &FileName,
        record: NewRecord<'_>,
        version: Version,
        patience: &mut Patience,
    ) -> Attempt<()> {
        let file = new_file(record, version, |bytes| {
            self.create_file(name.as_c_str(), bytes, patience)
        })?;
        SessionFile::new(file, self.durability).note_name_synced();
        Ok(())
    }

    /// Makes a file with these bytes and gives it, locked; AlreadyExists, and nothing done, when the
    /// name is taken.
    ///
    /// The file was locked before it had its name, so that whoever waits for it finds a name that is
    /// sure to last, unless this process ended before.
    pub(crate) fn create_file(
        &self,
        name: &CStr,
        bytes: &[u8],
        patience: &mut Patience,
    ) -> Attempt<OwnedFd> {
        let file = match self.creation {
            Creation::Anonymous(flag) => self.create_anonymous(flag, name, bytes, patience)?,
            Creation::Named => self.create_named(name, bytes, patience)?,
        };
        self.sync()?;
        Ok(file)
    }

    fn create_anonymous(
        &self,
        anonymous: OFlags,
        name: &CStr,
        bytes: &[u8],
        patience: &mut Patience,
    ) -> Attempt<OwnedFd> {
        let flags = anonymous | OFlags::RDWR | OFlags::CLOEXEC;
        let file = retry_on_intr(|| openat(self.directory, c".", flags, PRIVATE))?;
        patience.exclusive(&file)?;
        self.fill(&file, bytes)?;
        let _membership = self.membership(patience)?;
        // The way of open(2) to name such a file, for which no privilege is needed.
        let unnamed = format!("/proc/thread-self/fd/{}", file.as_raw_fd());
        self.link(CWD, &unnamed, AtFlags::SYMLINK_FOLLOW, name)?;
        Ok(file)
    }

    fn create_named(&self, name: &CStr, bytes: &[u8], patience: &mut Patience) -> Attempt<OwnedFd> {
        let _membership = self.membership(patience)?;
        loop {
            let unfinished = unfinished_name()?;
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | SAFELY;
            let file = retry_on_intr(|| openat(self.directory, &*unfinished, flags, PRIVATE))?;
            // The lock tells a sweep that somebody is still at it.
            let linked = patience
                .exclusive(&file)
                .and_then(|()| self.fill(&file, bytes))
                .and_then(|()| self.link(self.directory, &*unfinished, AtFlags::empty(), name));
            match (
                linked,
                unlinkat(self.directory, &*unfinished, AtFlags::empty()),
            ) {
                // A sweep took it for a dead process's before the lock was got.
                (Err(_), Err(Errno::NOENT)) if fstat(&file)?.st_nlink == 0 => patience.wait()?,
                (linked, _) => return linked.map(|()| file),
            }
        }
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

    /// Takes away what a dead process left unfinished; what somebody is still at, or what is no
    /// file, stays.
    pub(crate) fn clear(&self, unfinished: &CStr, patience: &mut Patience) -> Attempt<()> {
        let file = match self.open_as(unfinished, OFlags::RDWR) {
            Ok(Some(file)) => file,
            Ok(None) => return Ok(()),
            Err(fault) if fault.is_of_the_record() => return Ok(()),
            Err(fault) => return Err(fault),
        };
        if Patience::new(Duration::ZERO).exclusive(&file).is_ok() {
            let _membership = self.membership(patience)?;
            found(unlinkat(self.directory, unfinished, AtFlags::empty()))?;
        }
        Ok(())
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
    use rustix::fs::Mode;
    use rustix::fs::flock;
    use session_driver::Durability;

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
                shard.clear(&name, &mut patience()).expect("a clearing");
            }
            assert_eq!(unfinished(), [c".new-of-the-living".to_owned()]);
        });
    }
}

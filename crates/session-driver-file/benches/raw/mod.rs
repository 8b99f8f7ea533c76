//! What is measured: the driver's operations, and the system calls that no driver over files could
//! do without.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, fstat, openat, renameat};
use rustix::io::{pread, pwrite};
use session_driver_file::FileDriver;
use session_driver_file::session_driver::{
    NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::MIN;
const SESSIONS: usize = 1_000;
const PAYLOAD_LEN: usize = 1024;

/// A thousand sessions of 1 KiB, once in the driver and once as plain files, and a counter that
/// makes every payload another.
pub(crate) struct Field {
    driver: FileDriver,
    ids: Vec<SessionId>,
    plain: OwnedFd,
    names: Vec<String>,
    counter: AtomicU64,
    _directory: TempDir,
}

impl Field {
    /// In the system's temporary directory; set `TMPDIR` for another file system.
    pub(crate) fn new() -> Field {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let driver = FileDriver::open(directory.path().join("store")).expect("a new store");
        let plain = directory.path().join("plain");
        std::fs::create_dir(&plain).expect("a directory");
        let plain = openat(
            CWD,
            &plain,
            OFlags::RDONLY | OFlags::DIRECTORY,
            Mode::empty(),
        )
        .expect("a handle");
        let ids: Vec<SessionId> = (0..SESSIONS)
            .map(|_| SessionId::generate().expect("an id"))
            .collect();
        let names = ids.iter().map(|id| id.as_str().into()).collect();
        let field = Field {
            driver,
            ids,
            plain,
            names,
            counter: AtomicU64::new(0),
            _directory: directory,
        };
        // Twice, so that every session has both its slots.
        (0..2 * SESSIONS).for_each(|_| field.overwrite());
        (0..2 * SESSIONS).for_each(|_| field.temp_and_rename());
        field
    }

    fn next(&self) -> (usize, [u8; PAYLOAD_LEN]) {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let mut payload = [b'x'; PAYLOAD_LEN];
        payload[..8].copy_from_slice(&count.to_le_bytes());
        (count as usize % SESSIONS, payload)
    }

    pub(crate) fn retrieve(&self) -> Vec<u8> {
        let (at, _) = self.next();
        let found = self.driver.retrieve(&self.ids[at], NOW).expect("a read");
        found.expect("a live record").payload
    }

    pub(crate) fn overwrite(&self) {
        let (at, payload) = self.next();
        let record = NewRecord {
            payload: &payload,
            expires_at: Some(Timestamp::MAX),
        };
        self.driver
            .store(&self.ids[at], record, Precondition::Any, NOW)
            .expect("a store");
    }

    pub(crate) fn touch(&self) -> bool {
        let (at, payload) = self.next();
        let until = NOW.saturating_add(Duration::from_secs(3_600 + u64::from(payload[0])));
        self.driver
            .touch(&self.ids[at], Some(until), NOW)
            .expect("a touch")
    }

    /// The floor of a read: `openat`, one read into a kept buffer, and the copy that is handed out.
    pub(crate) fn open_and_read(&self) -> Vec<u8> {
        let (at, _) = self.next();
        let file = openat(
            &self.plain,
            &self.names[at],
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        );
        BUFFER.with_borrow_mut(|buffer| {
            let length = pread(file.expect("a file"), &mut buffer[..], 0).expect("a read");
            buffer[..length].to_vec()
        })
    }

    /// The floor of a write: open, `flock`, `fstat`, read the head, one write.
    pub(crate) fn lock_and_write(&self) {
        let (at, payload) = self.next();
        let file = openat(
            &self.plain,
            &self.names[at],
            OFlags::RDWR | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .expect("a file");
        flock(&file, FlockOperation::LockExclusive).expect("a lock");
        fstat(&file).expect("a status");
        pread(&file, &mut [0_u8; 64], 0).expect("a read");
        pwrite(&file, &payload, 0).expect("a write");
    }

    /// What most stores over files do: a temporary file, renamed over the old one.
    pub(crate) fn temp_and_rename(&self) {
        let (at, payload) = self.next();
        let flags = OFlags::CREATE | OFlags::TRUNC | OFlags::WRONLY | OFlags::CLOEXEC;
        let file =
            openat(&self.plain, "temporary", flags, Mode::RUSR | Mode::WUSR).expect("a file");
        pwrite(&file, &payload, 0).expect("a write");
        drop(file);
        renameat(&self.plain, "temporary", &self.plain, &self.names[at]).expect("a rename");
    }
}

thread_local! {
    static BUFFER: RefCell<Box<[u8; 16 * 1024]>> = RefCell::new(Box::new([0; 16 * 1024]));
}

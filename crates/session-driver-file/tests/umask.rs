//! A test alone in its process, for it changes the umask.

use std::os::unix::fs::MetadataExt;

use rustix::fs::Mode;
use session_driver_file::FileDriver;
use session_driver_file::session_driver::{
    NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};

#[test]
fn modes_are_private_and_usable_whatever_the_umask() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, umask) in [
        ("open", 0),
        ("usual", 0o022),
        ("closed", 0o277),
        ("shut", 0o777),
    ] {
        let path = directory.path().join(name);
        let earlier = rustix::process::umask(Mode::from_raw_mode(umask));
        let driver = FileDriver::open(&path).expect("a new store");
        let id = SessionId::parse("a").expect("an id");
        let record = NewRecord {
            payload: b"x",
            expires_at: None,
        };
        driver
            .store(&id, record, Precondition::Absent, Timestamp::MIN)
            .expect("a store");
        rustix::process::umask(earlier);
        assert_modes(&path);
    }
}

fn assert_modes(path: &std::path::Path) {
    let status = std::fs::metadata(path).expect("a file");
    let due = if status.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(status.mode() & 0o7777, due, "{path:?}");
    if status.is_dir() {
        for entry in std::fs::read_dir(path).expect("a directory") {
            assert_modes(&entry.expect("an entry").path());
        }
    }
}

//! A file that can only be read. Root may write everything, so the test runs itself again as
//! somebody else if it must.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use session_driver_sqlite::SqliteDriver;
use session_driver_sqlite::session_driver::{ErrorKind, SessionDriver};

use crate::{NOW, Store, id, kind, put, read};

const PATH_VARIABLE: &str = "SESSION_DRIVER_SQLITE_READ_ONLY";
const NOBODY: u32 = 65_534;

#[test]
fn a_file_that_can_only_be_read_is_read() {
    if let Some(path) = std::env::var_os(PATH_VARIABLE) {
        return is_read_only(path.as_ref());
    }
    let store = Store::new();
    put(&store.driver, &id("a"), b"kept").expect("a store");
    let path = store.path();
    let directory = store.close();
    fs::set_permissions(&path, Permissions::from_mode(0o400)).expect("a mode");
    if !rustix::process::geteuid().is_root() {
        return is_read_only(&path);
    }
    for path in [directory.path(), &path] {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("an owner");
    }
    // Where nobody can run it.
    let program = directory.path().join("program");
    fs::copy(std::env::current_exe().expect("this program"), &program).expect("a copy");
    fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("a mode");
    let ended = Command::new(program)
        .args(["--exact", "read_only::a_file_that_can_only_be_read_is_read"])
        .env(PATH_VARIABLE, &path)
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .expect("a child");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(
        ended.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

fn is_read_only(path: &Path) {
    let driver = SqliteDriver::open(path).expect("a store that can be read");
    let refused = [
        put(&driver, &id("a"), b"lost").map(drop),
        put(&driver, &id("b"), b"lost").map(drop),
        driver.touch(&id("a"), None, NOW).map(drop),
        driver.remove(&id("a"), NOW).map(drop),
        driver.rotate(&id("a"), &id("b"), NOW).map(drop),
    ];
    for outcome in refused {
        assert_eq!(kind(outcome), ErrorKind::PermissionDenied);
    }
    let found = read(&driver, &id("a")).expect("a read");
    assert_eq!(found.as_deref(), Some(&b"kept"[..]));
}

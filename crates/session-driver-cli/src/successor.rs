//! This program started anew, in the same process, when a signal ends it while its threads write to
//! a server: once they are gone, what they wrote can be removed.

use std::env;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use rustix::fs::{MemfdFlags, memfd_create};

/// The variable that tells a process that it is one. What it has to remove comes on its standard
/// input, a line each, for it may hold a password.
const ROLE: &str = "SESSION_DRIVER_SUCCESSOR";

/// How a process ends that was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// Starts this program anew, to remove what these lines name. Returns only when that fails.
pub(crate) fn take_over(remains: &[String]) -> io::Error {
    match prepare(remains) {
        Ok(mut program) => program.exec(),
        Err(error) => error,
    }
}

fn prepare(remains: &[String]) -> io::Result<Command> {
    let mut lines = File::from(memfd_create("session-driver", MemfdFlags::CLOEXEC)?);
    lines.write_all(remains.join("\n").as_bytes())?;
    lines.rewind()?;
    // There also when the file was replaced or removed meanwhile.
    let mut program = Command::new("/proc/self/exe");
    program.env(ROLE, "1").stdin(lines);
    Ok(program)
}

/// Removes what was left to this process, if it is one that was started anew. `remove` says what may
/// still be there.
pub(crate) fn play(remove: impl Fn(&str) -> Result<(), String>) -> Option<ExitCode> {
    env::var_os(ROLE)?;
    say("removing what was written beside the store");
    for line in io::stdin().lines().map_while(Result::ok) {
        if let Err(left) = remove(&line) {
            say(&left);
        }
    }
    Some(ExitCode::from(INTERRUPTED))
}

/// Whether anybody reads it or not, the end comes next.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "session-driver: {text}");
}

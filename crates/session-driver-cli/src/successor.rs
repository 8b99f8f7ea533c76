//! This program, started once more when a signal ends it while its threads write to a server: once
//! they are gone, what they wrote can be removed.

use std::env;
use std::io::{self, Write};
use std::process::{Command, ExitCode};

/// The variable that tells a process that it is one. What it has to remove comes on its standard
/// input, a line each, for it may hold a password.
const ROLE: &str = "SESSION_DRIVER_SUCCESSOR";

/// How a process ends that was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// Starts this program once more, to remove what these lines name. Returns only when that fails.
///
/// On Linux it goes on in the same process, which ends the threads.
#[cfg(target_os = "linux")]
pub(crate) fn take_over(remains: &[String]) -> io::Error {
    use std::os::unix::process::CommandExt as _;

    let lines = match in_memory(&remains.join("\n")) {
        Ok(lines) => lines,
        Err(error) => return error,
    };
    // There also when the file was replaced or removed meanwhile.
    let mut program = Command::new("/proc/self/exe");
    program.env(ROLE, "1").stdin(lines).exec()
}

/// A file that no disk ever sees.
#[cfg(target_os = "linux")]
fn in_memory(text: &str) -> io::Result<std::fs::File> {
    use std::io::Seek as _;

    use rustix::fs::{MemfdFlags, memfd_create};

    let mut file = std::fs::File::from(memfd_create("session-driver", MemfdFlags::CLOEXEC)?);
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

/// Starts this program once more, to remove what these lines name, and ends this process. Returns
/// only when that fails.
///
/// The other process removes nothing before it has read to the end of a pipe, which comes when this
/// process and its threads have ended. The parent of this process does not wait for the other.
#[cfg(not(target_os = "linux"))]
pub(crate) fn take_over(remains: &[String]) -> io::Error {
    match hand_over(&remains.join("\n")) {
        // The pipe is open until then.
        Ok(_open) => std::process::exit(INTERRUPTED.into()),
        Err(error) => error,
    }
}

#[cfg(not(target_os = "linux"))]
fn hand_over(text: &str) -> io::Result<Option<std::process::ChildStdin>> {
    let mut program = Command::new(env::current_exe()?);
    program.env(ROLE, "1").stdin(std::process::Stdio::piped());
    let mut successor = program.spawn()?;
    let mut pipe = successor.stdin.take();
    if let Some(pipe) = &mut pipe
        && let Err(error) = pipe.write_all(text.as_bytes())
    {
        // It must not remove a part while threads still write.
        let _ = successor.kill();
        return Err(error);
    }
    Ok(pipe)
}

/// Removes what was left to this process, if it is one that was started for that. `remove` says
/// what may still be there.
pub(crate) fn play(remove: impl Fn(&str) -> Result<(), String>) -> Option<ExitCode> {
    env::var_os(ROLE)?;
    // To the end, before which the threads may still write.
    let remains: Vec<String> = io::stdin().lines().map_while(Result::ok).collect();
    say("removing what was written beside the store");
    for line in remains {
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

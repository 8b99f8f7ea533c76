//! The process that takes this one's place when a signal ends it while its threads write to a
//! server: once they are gone, what they wrote can be removed.

use std::env;
use std::io::{self, Seek, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// The variable that tells a process that it is one. What it has to remove comes on its standard
/// input, for it may hold a password.
const ROLE: &str = "SESSION_DRIVER_SUCCESSOR";

/// How a process ends that was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// Has another image of this program, in this process, remove what these lines name. Returns only
/// when that fails.
pub(crate) fn take_over(remains: &[String]) -> io::Error {
    fn begin(remains: &[String]) -> io::Result<Command> {
        let mut lines = tempfile::tempfile()?;
        lines.write_all(remains.join("\n").as_bytes())?;
        lines.rewind()?;
        let mut program = Command::new(env::current_exe()?);
        program.env(ROLE, "1").stdin(lines);
        Ok(program)
    }
    match begin(remains) {
        Ok(mut program) => program.exec(),
        Err(error) => error,
    }
}

/// Removes what the process had to leave whose place this one took, if it took one's.
pub(crate) fn play(remove: impl Fn(&str)) -> Option<ExitCode> {
    env::var_os(ROLE)?;
    io::stdin()
        .lines()
        .map_while(Result::ok)
        .for_each(|line| remove(&line));
    Some(ExitCode::from(INTERRUPTED))
}

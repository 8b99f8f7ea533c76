//! The process of a server, which does not outlive ours.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::error::{Error, Result};

/// Becomes the server, after it left a watchdog behind: a shell that waits at the other end of our
/// pipe. When the pipe closes without a word we were killed, or left without dropping the server,
/// and the watchdog ends the server and removes its directory. The signals that a terminal sends
/// to end us must not end the watchdog first. (A death signal of the kernel, as by
/// `setpriv --pdeathsig`, would come when the thread ends that started the server, and exists on
/// Linux only.)
const LAUNCH: &str = r#"
exec 3<&0
(
    trap '' HUP INT QUIT TERM
    server=$$
    while read -r word <&3; do
        case $word in
            dead) server= ;;
            dismissed) exit ;;
        esac
    done
    [ -z "$server" ] || kill -9 "$server"
    rm -rf -- "$1"
) &
shift
exec "$@" </dev/null 3<&-
"#;

/// A server's process and its watchdog.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    watchdog: ChildStdin,
}

impl Process {
    /// Starts a program in a directory that is removed should this process die; what the program
    /// writes goes to the log.
    pub(crate) fn start(
        program: &Path,
        arguments: &[String],
        directory: &Path,
        log: File,
    ) -> Result<Process> {
        let errors = log
            .try_clone()
            .map_err(Error::io("share the server's log"))?;
        let mut child = Command::new("sh")
            .args(["-c", LAUNCH, "redis-test-server"])
            .arg(directory)
            .arg(program)
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(Error::io("start a server"))?;
        let watchdog = child.stdin.take().expect("its standard input is a pipe");
        Ok(Process { child, watchdog })
    }

    /// How the server ended, if it did.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// The server's process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the server at once (SIGKILL) and waits until it is gone; nothing happens when it is
    /// gone already.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill().map_err(Error::io("kill a server"))?;
        // While it is not waited for, no other process can have got its number. A watchdog that is
        // gone needs no message.
        let _ = self.watchdog.write_all(b"dead\n");
        self.child.wait().map_err(Error::io("wait for a server"))?;
        Ok(())
    }

    /// Stops the server where it is, and returns when it has stopped.
    pub(crate) fn pause(&self) -> Result<()> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::STOP)
            .and_then(|()| {
                let states = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                waitid(WaitId::Pid(pid), states)
            })
            .map_err(|error| Error::io("pause a server")(error.into()))?;
        Ok(())
    }

    /// Lets the server go on.
    pub(crate) fn resume(&self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::CONT)
            .map_err(|error| Error::io("resume a server")(error.into()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where this fails the pipe closes next, and the watchdog does it.
        if self.kill().is_ok() {
            let _ = self.watchdog.write_all(b"dismissed\n");
        }
    }
}

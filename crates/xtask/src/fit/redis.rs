//! A private Redis server on a unix socket, for the programs that store a session in it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::fit::program::home;
use crate::redis;
use crate::step::{Steps, Stopped};

/// How long the server may take to listen.
const START_BOUND: Duration = Duration::from_secs(10);

/// A server that ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    socket: PathBuf,
}

impl Server {
    /// Starts a server that keeps nothing on the disk and listens on no port.
    pub(crate) fn start() -> Result<Server, Stopped> {
        redis::server(&mut Steps::default())?;
        let program = redis::program().unwrap_or_else(|| "redis-server".into());
        // The path of a unix socket has at most 107 bytes, so it is not below the workspace.
        let socket = std::env::temp_dir().join(format!("fit-{}.sock", std::process::id()));
        std::fs::create_dir_all(home())
            .map_err(|error| Stopped(format!("{} cannot be made: {error}", home().display())))?;
        let child = Command::new(&program)
            .args(["--port", "0", "--save", "", "--unixsocketperm", "600"])
            .arg("--unixsocket")
            .arg(&socket)
            .current_dir(home())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| Stopped(format!("{program} cannot be started: {error}")))?;
        let server = Server { child, socket };
        let begin = Instant::now();
        while !server.socket.exists() {
            if begin.elapsed() > START_BOUND {
                return Err(Stopped(format!("{program} does not listen after 10 s")));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("unix:{}", self.socket.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has ended by itself needs no signal.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}

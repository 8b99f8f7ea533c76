//! One private server.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::binary::Binary;
use crate::connection::{Connection, Reply};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::poll;
use crate::port;
use crate::process::Process;

/// How long a server may take until it answers, on a machine that is busy with other tests.
const START: Duration = Duration::from_secs(30);

/// How much of a server's log an error quotes.
const LOG_LINES: usize = 20;

/// A running server of this test alone. Dropped, it ends at once and leaves nothing; when this
/// process is killed, or ends without dropping it, a watchdog sees to the same.
#[derive(Debug)]
pub struct Server {
    // Before its directory, which can go when the process is gone.
    process: Process,
    launch: Launch,
}

/// All that it takes to start a server, again too.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) binary: Binary,
    pub(crate) directory: TempDir,
    pub(crate) arguments: Vec<String>,
    pub(crate) port: Option<u16>,
    pub(crate) tls: bool,
    pub(crate) password: Option<String>,
}

impl Server {
    /// Starts a server, and returns when it answers.
    ///
    /// # Errors
    ///
    /// [`Missing`](Error::Missing) when no server is installed; [`NotStarted`](Error::NotStarted)
    /// when it ends at once or does not answer in time, with what it said; [`Io`](Error::Io).
    pub fn start(options: &Options) -> Result<Server> {
        let start = |port| {
            let binary = Binary::find().ok_or(Error::Missing)?;
            let directory = temporary_directory()?;
            Server::launch(Launch {
                arguments: options.arguments(&binary, port, directory.path()),
                binary,
                directory,
                port,
                tls: options.tls.is_some(),
                password: options.password.clone(),
            })
        };
        if options.has_port() {
            port::on_a_free_one(|port| start(Some(port)))
        } else {
            start(None)
        }
    }

    pub(crate) fn launch(launch: Launch) -> Result<Server> {
        let mut server = Server {
            process: launch.process()?,
            launch,
        };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// Where clients find it: `redis://127.0.0.1:PORT`, `rediss://127.0.0.1:PORT` with TLS, and
    /// `unix:///PATH` without a port; with the password, if there is one.
    #[must_use]
    pub fn url(&self) -> String {
        let password = self.password();
        let Some(port) = self.launch.port else {
            let password = password.map_or(String::new(), |word| format!("?pass={word}"));
            return format!("unix://{}{password}", self.socket().display());
        };
        let scheme = if self.launch.tls { "rediss" } else { "redis" };
        let password = password.map_or(String::new(), |word| format!(":{word}@"));
        format!("{scheme}://{password}127.0.0.1:{port}")
    }

    /// The port of 127.0.0.1 where it listens.
    ///
    /// # Panics
    ///
    /// When it was started without one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.launch
            .port
            .expect("the server was started with a port")
    }

    /// The unix socket where it listens, whatever else it does.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        socket(self.launch.directory.path())
    }

    /// The directory of its files, which is removed with the server.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.launch.directory.path()
    }

    /// The process id; after a [`restart`](Server::restart) it is another.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Sends a command on a connection of its own and waits for the answer.
    ///
    /// # Errors
    ///
    /// As [`Connection::command`].
    pub fn command<A: AsRef<[u8]>>(&self, words: &[A]) -> Result<Reply> {
        self.connect()?.command(words)
    }

    /// A connection to its socket, authenticated.
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io) when it does not listen; [`Refused`](Error::Refused) when it does not take
    /// the password that it was started with.
    pub fn connect(&self) -> Result<Connection> {
        let mut connection =
            Connection::unix(&self.socket()).map_err(Error::io("connect to a server"))?;
        if let Some(password) = &self.launch.password {
            connection.command(&["AUTH", password])?;
        }
        Ok(connection)
    }

    /// Ends it as `kill -9` does, and returns when it is gone. Its port and directory are kept.
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io).
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Starts it at the same port and socket again, and returns when it answers; one that runs is
    /// killed first. What it kept in its append-only file is there again, everything else is gone.
    ///
    /// # Errors
    ///
    /// As [`start`](Server::start): also when another program took the port meanwhile.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        self.process = self.launch.process()?;
        self.wait_until_it_answers()
    }

    /// Stops it where it is (SIGSTOP): connections stay open, and nothing is answered.
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io) when it does not run.
    pub fn pause(&self) -> Result<()> {
        self.process.pause()
    }

    /// Lets a paused server go on.
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io) when it does not run.
    pub fn resume(&self) -> Result<()> {
        self.process.resume()
    }

    /// Whether somebody listens at its socket.
    pub(crate) fn is_running(&self) -> bool {
        Connection::unix(&self.socket()).is_ok()
    }

    pub(crate) fn password(&self) -> Option<&str> {
        self.launch.password.as_deref()
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        let verdict = poll::until("an answer of the server", START, || {
            if let Some(status) = self.process.exit_status() {
                return Ok(Some(format!("ended at once ({status})")));
            }
            match self.command(&["PING"]) {
                Ok(_) => Ok(None),
                Err(error) => Err(error.to_string()),
            }
        });
        let verdict = match verdict {
            Ok(None) => return Ok(()),
            Ok(Some(verdict)) => verdict,
            Err(late) => format!("does not answer: {late}"),
        };
        let log = fs::read_to_string(log(self.directory())).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let log = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
        Err(Error::NotStarted { verdict, log })
    }
}

impl Launch {
    fn process(&self) -> Result<Process> {
        let directory = self.directory.path();
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log(directory))
            .map_err(Error::io("make a server's log"))?;
        Process::start(self.binary.path(), &self.arguments, directory, log)
    }
}

/// A new directory that only we may look into.
pub(crate) fn temporary_directory() -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix("redis-test-server-")
        .tempdir()
        .map_err(Error::io("make a server's directory"))
}

/// A server's socket in its directory.
pub(crate) fn socket(directory: &Path) -> PathBuf {
    directory.join("socket")
}

fn log(directory: &Path) -> PathBuf {
    directory.join("log")
}

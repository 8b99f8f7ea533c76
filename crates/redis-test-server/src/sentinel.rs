//! A replicated server that Sentinels watch over.

mod agreement;

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::binary::Binary;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::port;
use crate::server::{Launch, Server, socket, temporary_directory};

/// The name under which the Sentinels know the master.
const SERVICE: &str = "mymaster";

const SENTINELS: usize = 3;

/// After how long without an answer a server is taken for dead: so long that a busy machine causes
/// no failover, which would lose what a test wrote just before.
const PATIENT: Duration = Duration::from_secs(30);

/// The same when a server is dead indeed.
const IMPATIENT: Duration = Duration::from_secs(1);

/// How many of them must agree that a master is down.
const QUORUM: usize = 2;

/// Has a Sentinel look and talk more often than every ten and two seconds, so that tests are short.
/// Known from 7.0; without it everything takes longer and comes to the same.
const HURRY: [&str; 6] = [
    "SENTINEL",
    "DEBUG",
    "INFO-PERIOD",
    "500",
    "PUBLISH-PERIOD",
    "200",
];

/// A running master, its replicas, and three Sentinels of which two must agree.
///
/// What the master has answered reaches the replicas a moment later, and a failover before that
/// loses it: who counts on it sends `WAIT` on the connection that wrote.
#[derive(Debug)]
pub struct Sentinels {
    sentinels: Vec<Server>,
    servers: Vec<Server>,
}

impl Sentinels {
    /// Starts a master with two replicas and three Sentinels, and returns when each of these knows
    /// all the others.
    ///
    /// # Errors
    ///
    /// As [`Server::start`], and [`NotReached`](Error::NotReached).
    pub fn start() -> Result<Sentinels> {
        Sentinels::start_with(2, &Options::new())
    }

    /// Starts a master with so many replicas, one at least, that have these options, a password
    /// not among them.
    ///
    /// # Errors
    ///
    /// As [`start`](Sentinels::start).
    pub fn start_with(replicas: usize, options: &Options) -> Result<Sentinels> {
        // A master waits five seconds for more replicas before it sends its data, if not told.
        let options = options.clone().tcp();
        let options = options.argument("--repl-diskless-sync-delay", &["0"]);
        let mut servers = vec![Server::start(&options)?];
        let replica = options.replica_of(servers[0].port());
        for _ in 0..replicas {
            servers.push(Server::start(&replica)?);
        }
        let master = servers[0].port();
        let sentinels: Result<Vec<Server>> =
            (0..SENTINELS).map(|_| start_sentinel(master)).collect();
        let group = Sentinels {
            sentinels: sentinels?,
            servers,
        };
        group.wait_until_well()?;
        Ok(group)
    }

    /// Where clients find it: `redis-sentinel://127.0.0.1:PORT,…/mymaster`.
    #[must_use]
    pub fn url(&self) -> String {
        let sentinels = self.sentinels.iter();
        let addresses: Vec<String> = sentinels
            .map(|sentinel| format!("127.0.0.1:{}", sentinel.port()))
            .collect();
        format!("redis-sentinel://{}/{SERVICE}", addresses.join(","))
    }

    /// The Sentinels.
    #[must_use]
    pub fn sentinels(&self) -> &[Server] {
        &self.sentinels
    }

    /// The master and its replicas: at the start the master comes first.
    #[must_use]
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Ends the master as `kill -9` does, and gives its number at once: the Sentinels, which are
    /// made [impatient](Sentinels::suspect_after), notice within a few seconds, and make another
    /// (see [`wait_until_promoted`](Sentinels::wait_until_promoted)).
    ///
    /// # Errors
    ///
    /// As [`master`](Sentinels::master).
    pub fn kill_master(&mut self) -> Result<usize> {
        let master = self.master()?;
        self.servers[master].kill()?;
        self.suspect_after(IMPATIENT)?;
        Ok(master)
    }

    /// After how long without an answer the Sentinels take a server for dead: half a minute, but
    /// a second from [`kill_master`](Sentinels::kill_master) until
    /// [`wait_until_promoted`](Sentinels::wait_until_promoted), so that no busy machine causes a
    /// failover that nobody asked for.
    ///
    /// # Errors
    ///
    /// As [`Server::command`].
    pub fn suspect_after(&self, silence: Duration) -> Result<()> {
        let milliseconds = silence.as_millis().to_string();
        let setting = ["down-after-milliseconds", &milliseconds];
        let command = [&["SENTINEL", "SET", SERVICE][..], &setting].concat();
        for sentinel in &self.sentinels {
            sentinel.command(&command)?;
        }
        Ok(())
    }

    /// Starts a killed server again, as what it was at first; the Sentinels then make it a replica
    /// of the master.
    ///
    /// # Errors
    ///
    /// As [`Server::restart`].
    ///
    /// # Panics
    ///
    /// When there is no server of this number.
    pub fn restart(&mut self, server: usize) -> Result<()> {
        self.servers[server].restart()
    }
}

/// Starts a Sentinel that watches over the master at this port.
fn start_sentinel(master: u16) -> Result<Server> {
    let binary = Binary::find().ok_or(Error::Missing)?;
    port::on_a_free_one(|port| {
        let directory = temporary_directory()?;
        // A Sentinel writes what it learns into its configuration, and so wants a file.
        let file = directory.path().join("sentinel.conf");
        fs::write(&file, configuration(directory.path(), port, master))
            .map_err(Error::io("write a Sentinel's configuration"))?;
        let sentinel = Server::launch(Launch {
            arguments: vec![file.to_string_lossy().into(), "--sentinel".into()],
            binary: binary.clone(),
            directory,
            port: Some(port),
            tls: false,
            password: None,
        })?;
        if binary.major() >= 7 {
            sentinel.command(&HURRY)?;
        }
        Ok(sentinel)
    })
}

fn configuration(directory: &Path, port: u16, master: u16) -> String {
    format!(
        "port {port}
bind 127.0.0.1
dir {directory:?}
unixsocket {socket:?}
sentinel monitor {SERVICE} 127.0.0.1 {master} {QUORUM}
sentinel down-after-milliseconds {SERVICE} {patience}
sentinel failover-timeout {SERVICE} 5000
sentinel parallel-syncs {SERVICE} 5
",
        socket = socket(directory),
        patience = PATIENT.as_millis(),
    )
}

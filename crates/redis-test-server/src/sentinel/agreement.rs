//! What the Sentinels and the servers agree on, after a while.

use std::time::Duration;

use crate::connection::Reply;
use crate::error::{Error, Result};
use crate::poll;
use crate::sentinel::{PATIENT, SENTINELS, SERVICE, Sentinels};

/// How long the Sentinels may take to agree on a master, or to make another.
const AGREEMENT: Duration = Duration::from_secs(90);

/// Asks a Sentinel where the master is.
const MASTER: [&str; 3] = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE];

impl Sentinels {
    /// The number of the server that all Sentinels take for the master.
    ///
    /// # Errors
    ///
    /// [`Unexpected`](Error::Unexpected) while they do not agree; as
    /// [`Server::command`](crate::Server::command).
    pub fn master(&self) -> Result<usize> {
        let mut ports = self.master_ports()?;
        ports.dedup();
        let servers = || self.servers().iter();
        let number = match &ports[..] {
            [port] => servers().position(|server| server.port().to_string() == *port),
            _ => None,
        };
        number.ok_or_else(|| Error::Unexpected {
            command: MASTER.join(" "),
            reply: format!("{ports:?}"),
        })
    }

    /// Has the Sentinels make another server the master while the old one runs on, and returns its
    /// number when they have. The old one is made a replica a moment later (see
    /// [`wait_until_well`](Sentinels::wait_until_well)); what it still accepts until then is lost.
    ///
    /// # Errors
    ///
    /// [`NotReached`](Error::NotReached) when that takes longer than a minute and a half; as
    /// [`master`](Sentinels::master).
    pub fn fail_over(&self) -> Result<usize> {
        let old = self.master()?;
        poll::until("a failover that is accepted", AGREEMENT, || {
            let command = ["SENTINEL", "FAILOVER", SERVICE];
            let accepted = self.sentinels()[0].command(&command);
            accepted.map_err(|error| error.to_string())
        })?;
        self.wait_until_promoted(old)
    }

    /// Waits until another server than the one of this number is the master, for all Sentinels and
    /// for itself, and gives its number.
    ///
    /// # Errors
    ///
    /// [`NotReached`](Error::NotReached) when that takes longer than a minute and a half; as
    /// [`suspect_after`](Sentinels::suspect_after).
    pub fn wait_until_promoted(&self, old: usize) -> Result<usize> {
        let port = self.servers()[old].port().to_string();
        poll::until("a Sentinel with another master", AGREEMENT, || {
            let ports = self.master_ports().map_err(|error| error.to_string())?;
            match ports.iter().any(|other| *other != port) {
                true => Ok(()),
                false => Err(format!("{ports:?}")),
            }
        })?;
        // At once: a new master that is slow to answer is not to be replaced too.
        self.suspect_after(PATIENT)?;
        poll::until("another master", AGREEMENT, || {
            let master = self.master().map_err(|error| error.to_string())?;
            let replication = self.replication(master)?;
            match master != old && replication.contains("role:master") {
                true => Ok(master),
                false => Err(replication),
            }
        })
    }

    /// Waits until every server but one runs as a replica of that one, and every Sentinel knows
    /// all of them and the other Sentinels.
    ///
    /// # Errors
    ///
    /// [`NotReached`](Error::NotReached) when that takes longer than a minute and a half, as it
    /// does while a server is dead.
    pub fn wait_until_well(&self) -> Result<()> {
        poll::until("Sentinels and replicas that are well", AGREEMENT, || {
            let master = self.master().map_err(|error| error.to_string())?;
            for replica in (0..self.servers().len()).filter(|number| *number != master) {
                self.see_it_copy(replica, master)?;
            }
            self.see_all_fed(master)?;
            self.see_all_known()
        })
    }

    /// Where each Sentinel says that the master is.
    fn master_ports(&self) -> Result<Vec<String>> {
        let mut ports = Vec::new();
        for sentinel in self.sentinels() {
            let address = sentinel.command(&MASTER)?;
            let port = address.elements().last().and_then(Reply::text);
            ports.push(port.unwrap_or_default());
        }
        Ok(ports)
    }

    /// Whether a replica copies the master; if not, what it says instead.
    fn see_it_copy(&self, replica: usize, master: usize) -> std::result::Result<(), String> {
        let port = self.servers()[master].port();
        let replication = self.replication(replica)?;
        let copies = replication.contains(&format!("master_port:{port}\r\n"))
            && replication.contains("master_link_status:up");
        if copies { Ok(()) } else { Err(replication) }
    }

    /// Whether the master sends what is written to every replica; if not, what it says instead. It
    /// begins a moment after the replica has its data.
    fn see_all_fed(&self, master: usize) -> std::result::Result<(), String> {
        let replication = self.replication(master)?;
        let fed = replication.matches("state=online").count();
        match fed == self.servers().len() - 1 {
            true => Ok(()),
            false => Err(replication),
        }
    }

    /// Whether each Sentinel knows every replica and the other Sentinels, and none of them is
    /// suspected; if not, what it says instead.
    fn see_all_known(&self) -> std::result::Result<(), String> {
        let expected = [
            "flags master".to_owned(),
            format!("num-slaves {}", self.servers().len() - 1),
            format!("num-other-sentinels {}", SENTINELS - 1),
        ];
        self.sentinels().iter().try_for_each(|sentinel| {
            let known = sentinel.command(&["SENTINEL", "MASTER", SERVICE]);
            let known = known.map_err(|error| error.to_string())?;
            let words = known.elements().iter().filter_map(Reply::text);
            let words: Vec<String> = words.collect();
            let pairs: Vec<String> = words.chunks(2).map(|pair| pair.join(" ")).collect();
            match expected.iter().all(|pair| pairs.contains(pair)) {
                true => Ok(()),
                false => Err(pairs.join(", ")),
            }
        })
    }

    /// What a server says of its part in the replication.
    fn replication(&self, server: usize) -> std::result::Result<String, String> {
        let replication = self.servers()[server].command(&["INFO", "replication"]);
        let replication = replication.map_err(|error| error.to_string())?;
        replication.text().ok_or_else(|| "nothing".into())
    }
}

//! A cluster of private servers.

mod reshard;

use std::time::Duration;

use crate::error::Result;
use crate::options::Options;
use crate::poll;
use crate::server::Server;

/// How many slots a cluster has, over all its masters.
const SLOTS: usize = 16_384;

/// How long the nodes may take to agree.
const AGREEMENT: Duration = Duration::from_secs(60);

/// After how long without an answer a master is taken for dead: so long that no busy machine makes
/// a cluster refuse its clients.
const PATIENT: Duration = Duration::from_secs(30);

/// The same while a master is dead indeed.
const IMPATIENT: Duration = Duration::from_secs(1);

/// A running cluster of masters without replicas, which share the slots evenly.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Server>,
}

impl Cluster {
    /// Starts a cluster of so many masters (three at least, which is what it takes to agree on a
    /// failure), and returns when each of them says that all is well.
    ///
    /// # Errors
    ///
    /// As [`Server::start`], and [`NotReached`](crate::Error::NotReached) when the nodes do not agree.
    pub fn start(masters: usize) -> Result<Cluster> {
        Cluster::start_with(masters, &Options::new())
    }

    /// Starts a cluster whose nodes have these options, a password not among them.
    ///
    /// # Errors
    ///
    /// As [`start`](Cluster::start).
    pub fn start_with(masters: usize, options: &Options) -> Result<Cluster> {
        let options = options
            .clone()
            .tcp()
            .argument("--cluster-enabled", &["yes"])
            .argument("--cluster-node-timeout", &[&milliseconds(PATIENT)]);
        let nodes: Result<Vec<Server>> = (0..masters).map(|_| Server::start(&options)).collect();
        let cluster = Cluster { nodes: nodes? };
        cluster.share_out_slots()?;
        cluster.introduce()?;
        cluster.wait_until_ok()?;
        Ok(cluster)
    }

    /// Where clients find it: `redis-cluster://127.0.0.1:PORT,127.0.0.1:PORT,…`.
    #[must_use]
    pub fn url(&self) -> String {
        let nodes = self.nodes.iter();
        let addresses: Vec<String> = nodes
            .map(|node| format!("127.0.0.1:{}", node.port()))
            .collect();
        format!("redis-cluster://{}", addresses.join(","))
    }

    /// The masters.
    #[must_use]
    pub fn nodes(&self) -> &[Server] {
        &self.nodes
    }

    /// Ends a master as `kill -9` does. The others, which are made
    /// [impatient](Cluster::suspect_after), notice within a few seconds.
    ///
    /// # Errors
    ///
    /// As [`Server::kill`] and [`Server::command`].
    ///
    /// # Panics
    ///
    /// When there is no master of this number.
    pub fn kill(&mut self, node: usize) -> Result<()> {
        self.nodes[node].kill()?;
        self.suspect_after(IMPATIENT)
    }

    /// Starts a master again, and returns when all of them agree that all is well.
    ///
    /// # Errors
    ///
    /// As [`Server::restart`] and [`wait_until_ok`](Cluster::wait_until_ok).
    ///
    /// # Panics
    ///
    /// When there is no master of this number.
    pub fn restart(&mut self, node: usize) -> Result<()> {
        self.nodes[node].restart()?;
        // They forgive a master that was dead after twice this time.
        self.suspect_after(IMPATIENT)?;
        self.wait_until_ok()?;
        self.suspect_after(PATIENT)
    }

    /// After how long without an answer the masters that run take one for dead: half a minute, but
    /// a second from [`kill`](Cluster::kill) to the end of [`restart`](Cluster::restart), so that
    /// no busy machine takes the cluster down.
    ///
    /// # Errors
    ///
    /// As [`Server::command`].
    pub fn suspect_after(&self, silence: Duration) -> Result<()> {
        let silence = milliseconds(silence);
        let command = ["CONFIG", "SET", "cluster-node-timeout", &silence];
        for node in self.nodes.iter().filter(|node| node.is_running()) {
            node.command(&command)?;
        }
        Ok(())
    }

    /// Waits until every master says that all slots are served.
    ///
    /// # Errors
    ///
    /// [`NotReached`](crate::Error::NotReached) when that takes longer than a minute, as it does
    /// while a master is dead.
    pub fn wait_until_ok(&self) -> Result<()> {
        let size = format!("cluster_known_nodes:{}\r", self.nodes.len());
        self.wait_until("a cluster that is well", |info| {
            let info = info.ok_or("a master does not answer")?;
            match info.contains("cluster_state:ok") && info.contains(&size) {
                true => Ok(()),
                false => Err(info),
            }
        })
    }

    /// Waits until every master that answers says that slots are missing.
    ///
    /// # Errors
    ///
    /// [`NotReached`](crate::Error::NotReached) when that takes longer than a minute, as it does
    /// while all of them are there.
    pub fn wait_until_down(&self) -> Result<()> {
        self.wait_until("a cluster that misses slots", |info| match info {
            Some(info) if info.contains("cluster_state:ok") => Err(info),
            _ => Ok(()),
        })
    }

    fn share_out_slots(&self) -> Result<()> {
        for (number, node) in self.nodes.iter().enumerate() {
            let masters = self.nodes.len();
            let slots = (SLOTS * number / masters)..(SLOTS * (number + 1) / masters);
            let mut command = vec!["CLUSTER".to_owned(), "ADDSLOTS".to_owned()];
            command.extend(slots.map(|slot| slot.to_string()));
            node.command(&command)?;
            // Different from each other before they meet, so that no two claim the same rank.
            let epoch = (number + 1).to_string();
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch])?;
        }
        Ok(())
    }

    fn introduce(&self) -> Result<()> {
        let (first, others) = self.nodes.split_first().expect("a cluster has a node");
        for other in others {
            let port = other.port().to_string();
            first.command(&["CLUSTER", "MEET", "127.0.0.1", &port])?;
        }
        Ok(())
    }

    /// Waits until what each master says of the cluster, if anything, is as it should be.
    fn wait_until(
        &self,
        state: &'static str,
        look: impl Fn(Option<&str>) -> std::result::Result<(), &str>,
    ) -> Result<()> {
        poll::until(state, AGREEMENT, || {
            self.nodes.iter().try_for_each(|node| {
                let info = node.command(&["CLUSTER", "INFO"]).ok();
                let info = info.and_then(|info| info.text());
                look(info.as_deref()).map_err(String::from)
            })
        })
    }
}

fn milliseconds(duration: Duration) -> String {
    duration.as_millis().to_string()
}

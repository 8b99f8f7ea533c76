//! Moving a slot from one master to another while clients use it.
//!
//! The steps: <https://redis.io/docs/latest/commands/cluster-setslot/>.

use crate::cluster::Cluster;
use crate::connection::Reply;
use crate::error::{Error, Result};
use crate::server::Server;

/// How many keys move at a time: few, so that clients meet a slot that is half moved.
const BATCH: &str = "10";

/// How long the receiving node may take to accept a batch, in milliseconds.
const PATIENCE: &str = "5000";

impl Cluster {
    /// The slot of a key.
    ///
    /// # Errors
    ///
    /// As [`Server::command`].
    pub fn slot_of(&self, key: &str) -> Result<u16> {
        let command = ["CLUSTER", "KEYSLOT", key];
        let reply = self.nodes()[0].command(&command)?;
        let slot = reply.text().and_then(|slot| slot.parse().ok());
        slot.ok_or_else(|| unexpected(&command, &reply))
    }

    /// Which of the masters serves a slot.
    ///
    /// # Errors
    ///
    /// As [`Server::command`]; [`Unexpected`](Error::Unexpected) when no node claims the slot, or
    /// several do.
    pub fn owner_of(&self, slot: u16) -> Result<usize> {
        let mut owners = Vec::new();
        for (number, node) in self.nodes().iter().enumerate() {
            if slots(node)?.any(|range| range.contains(&slot)) {
                owners.push(number);
            }
        }
        match owners[..] {
            [owner] => Ok(owner),
            _ => Err(Error::Unexpected {
                command: format!("who has slot {slot}"),
                reply: format!("{owners:?}"),
            }),
        }
    }

    /// Moves a slot and its keys to a master that has it not yet, some keys at a time, and returns when every node
    /// knows. Clients may use the slot meanwhile: they meet ASK and TRYAGAIN, and MOVED afterwards.
    ///
    /// # Errors
    ///
    /// As [`Server::command`].
    ///
    /// # Panics
    ///
    /// When there is no master of this number.
    pub fn move_slot(&self, slot: u16, to: usize) -> Result<()> {
        self.begin_move(slot, to)?;
        while self.move_some_keys(slot, to)? {}
        self.finish_move(slot, to)
    }

    /// The first step of [`move_slot`](Cluster::move_slot): declares that a slot is about to move
    /// to a master that has it not yet. Its owner answers ASK for keys that it does not have.
    ///
    /// # Errors
    ///
    /// As [`Server::command`].
    ///
    /// # Panics
    ///
    /// When there is no master of this number.
    pub fn begin_move(&self, slot: u16, to: usize) -> Result<()> {
        let (source, target) = (&self.nodes()[self.owner_of(slot)?], &self.nodes()[to]);
        let (from, to) = (node_id(source)?, node_id(target)?);
        let slot = slot.to_string();
        target.command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from])?;
        source.command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to])?;
        Ok(())
    }

    /// The second step, again and again: moves the next few keys of the slot; false when none was
    /// left.
    ///
    /// # Errors
    ///
    /// As [`Server::command`].
    ///
    /// # Panics
    ///
    /// When there is no master of this number.
    pub fn move_some_keys(&self, slot: u16, to: usize) -> Result<bool> {
        let source = &self.nodes()[self.owner_of(slot)?];
        let keys = source.command(&["CLUSTER", "GETKEYSINSLOT", &slot.to_string(), BATCH])?;
        if keys.elements().is_empty() {
            return Ok(false);
        }
        let port = self.nodes()[to].port().to_string();
        let words = ["MIGRATE", "127.0.0.1", &port, "", "0", PATIENCE, "KEYS"];
        let mut command: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        command.extend(keys.elements().iter().filter_map(|key| match key {
            Reply::Bulk(key) => Some(&key[..]),
            _ => None,
        }));
        source.command(&command)?;
        Ok(true)
    }

    /// The last step: tells every node who has the slot now, the new owner first, so that it is
    /// never nobody's.
    ///
    /// # Errors
    ///
    /// As [`Server::command`]; a node that has keys of the slot left refuses.
    ///
    /// # Panics
    ///
    /// When there is no master of this number.
    pub fn finish_move(&self, slot: u16, to: usize) -> Result<()> {
        let owner = node_id(&self.nodes()[to])?;
        let slot = slot.to_string();
        let command = ["CLUSTER", "SETSLOT", &slot, "NODE", &owner];
        self.nodes()[to].command(&command)?;
        for node in self.nodes() {
            node.command(&command)?;
        }
        Ok(())
    }
}

fn node_id(node: &Server) -> Result<String> {
    let command = ["CLUSTER", "MYID"];
    let reply = node.command(&command)?;
    reply.text().ok_or_else(|| unexpected(&command, &reply))
}

/// The ranges of slots that a node says are its own.
fn slots(node: &Server) -> Result<impl Iterator<Item = std::ops::RangeInclusive<u16>>> {
    let reply = node.command(&["CLUSTER", "NODES"])?;
    let nodes = reply.text().unwrap_or_default();
    let own = nodes.lines().find(|line| line.contains("myself"));
    // Eight columns, then the slots: `7`, `0-5460`, or `[7->-NODE]` for one under way.
    let words = own.unwrap_or_default().split(' ').skip(8);
    let ranges = words.filter_map(|word| {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    Ok(ranges.collect::<Vec<_>>().into_iter())
}

fn unexpected(command: &[&str], reply: &Reply) -> Error {
    Error::Unexpected {
        command: command.join(" "),
        reply: format!("{reply:?}"),
    }
}

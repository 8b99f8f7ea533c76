//! Whether the servers are the same as a while ago, and have the same keys to keep.

use std::sync::Arc;

use redis::Value;

use crate::fault::{Attempt, Fault};
use crate::inspection::Info;
use crate::node::Node;
use crate::patience::Patience;
use crate::request::Request;
use crate::servers::Servers;

/// The servers at one instant.
#[derive(Debug)]
pub(crate) struct Survey {
    members: Vec<Member>,
}

/// A server, and what changes when it is started anew or hands slots over.
#[derive(Debug)]
struct Member {
    node: Arc<Node>,
    run: String,
    /// Its name, the configuration epoch and the slots; empty outside of a cluster.
    slots: Vec<String>,
}

impl Servers {
    /// Asks every server that keeps records who it is.
    pub(crate) fn survey(&self) -> Attempt<Survey> {
        let patience = self.patience();
        let masters = self.masters(patience)?.into_iter();
        let members = masters.map(|node| {
            self.identify(&node, patience).inspect_err(|_| {
                self.forget(&node);
            })
        });
        Ok(Survey {
            members: members.collect::<Attempt<_>>()?,
        })
    }

    fn identify(&self, node: &Arc<Node>, patience: Patience) -> Attempt<Member> {
        let run = Info::of(node, patience)?.field("run_id").to_owned();
        let mut slots = vec![];
        if self.is_cluster() {
            let question = Request::read("CLUSTER", &[], &[b"NODES"]);
            let reply = node.call(&question, false, patience);
            let Value::BulkString(nodes) = reply.map_err(|failure| failure.into_fault(true))?
            else {
                return Err(Fault::of_a_strange_reply());
            };
            slots =
                own_line(&String::from_utf8_lossy(&nodes)).ok_or_else(Fault::of_a_strange_reply)?;
        }
        Ok(Member {
            node: Arc::clone(node),
            run,
            slots,
        })
    }
}

/// What a server says of itself in CLUSTER NODES: id, epoch and slots, of
/// `id address flags master ping pong epoch state slot...`.
fn own_line(nodes: &str) -> Option<Vec<String>> {
    nodes.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(' ').collect();
        let is_own = fields.get(2)?.split(',').any(|flag| flag == "myself");
        let stable = [*fields.first()?, *fields.get(6)?];
        let slots = fields.get(8..).unwrap_or_default();
        is_own.then(|| {
            stable
                .iter()
                .chain(slots)
                .map(|field| (*field).to_owned())
                .collect()
        })
    })
}

impl Survey {
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.members.iter().map(|member| &member.node)
    }

    /// Whether no slot is on its way from one server to another.
    pub(crate) fn is_at_rest(&self) -> bool {
        // Those on their way stand in brackets.
        let mut slots = self.members.iter().flat_map(|member| &member.slots);
        !slots.any(|slot| slot.starts_with('['))
    }

    /// Whether the servers are those of another survey, and have the same slots.
    pub(crate) fn is_same_as<'a>(&'a self, other: &'a Survey) -> bool {
        let identities = |survey: &'a Survey| {
            let members = survey.members.iter();
            members.map(|member| (&member.node.address, &member.run, &member.slots))
        };
        identities(self).eq(identities(other))
    }
}

//! Whether the servers are the same as a while ago, and have the same keys to keep.

use std::sync::Arc;

use redis::Value;

use crate::fault::{Attempt, Fault};
use crate::inspection::Info;
use crate::network::{Network, Server};
use crate::patience::Patience;
use crate::request::Request;
use crate::servers::Servers;

/// The servers at one instant.
#[derive(Debug)]
pub(crate) struct Survey<S> {
    members: Vec<Member<S>>,
}

/// A server, and what changes when it is started anew or hands slots over.
#[derive(Debug)]
struct Member<S> {
    node: Arc<S>,
    run: String,
    /// Its name, the configuration epoch and the slots; empty outside of a cluster.
    slots: Vec<String>,
}

impl<N: Network> Servers<N> {
    /// Asks every server that keeps records who it is.
    pub(crate) async fn survey(&self) -> Attempt<Survey<N::Server>> {
        let patience = self.patience();
        let mut members = vec![];
        for node in self.masters(patience).await? {
            match self.identify(&node, patience).await {
                Ok(member) => members.push(member),
                Err(fault) => {
                    self.forget(&node);
                    return Err(fault);
                }
            }
        }
        Ok(Survey { members })
    }

    async fn identify(
        &self,
        node: &Arc<N::Server>,
        patience: Patience,
    ) -> Attempt<Member<N::Server>> {
        let run = Info::of(&**node, patience)
            .await?
            .field("run_id")
            .to_owned();
        let mut slots = vec![];
        if self.is_cluster() {
            let question = Request::read("CLUSTER", &[], &[b"NODES"]);
            let reply = node.call(&question, false, patience).await;
            let Value::BulkString(nodes) =
                reply.map_err(|failure| failure.into_fault(true).at(node.address()))?
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

impl<S: Server> Survey<S> {
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Arc<S>> {
        self.members.iter().map(|member| &member.node)
    }

    /// Whether no slot is on its way from one server to another.
    pub(crate) fn is_at_rest(&self) -> bool {
        // Those on their way stand in brackets.
        let mut slots = self.members.iter().flat_map(|member| &member.slots);
        !slots.any(|slot| slot.starts_with('['))
    }

    /// Whether the servers are those of another survey, and have the same slots.
    pub(crate) fn is_same_as<'a>(&'a self, other: &'a Survey<S>) -> bool {
        let identities = |survey: &'a Survey<S>| {
            let members = survey.members.iter();
            members.map(|member| (member.node.address(), &member.run, &member.slots))
        };
        identities(self).eq(identities(other))
    }
}

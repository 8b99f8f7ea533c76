//! The servers of a URL, and which of them a command goes to.

mod cluster;
mod sentinel;
pub(crate) mod slots;
mod survey;

use std::sync::Arc;
use std::time::Duration;

use redis::{ServerError, Value};
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::network::{Failure, Network, Server as _};
use crate::patience::Patience;
use crate::request::Request;
use crate::servers::cluster::Cluster;
use crate::servers::sentinel::Sentinel;
use crate::url::Topology;

pub(crate) use crate::servers::survey::Survey;

/// How many redirects of a cluster one command follows.
const REDIRECTS: usize = 5;

/// Where commands go.
#[derive(Debug)]
pub(crate) struct Servers<N: Network> {
    pub(crate) network: N,
    topology: Routing<N>,
    patience: Duration,
}

#[derive(Debug)]
enum Routing<N: Network> {
    Standalone(Arc<N::Server>),
    Sentinel(Sentinel<N>),
    Cluster(Cluster<N>),
}

/// The next place for a command whose last one did not do it.
enum Next<S> {
    Again,
    Node(Arc<S>),
    Asking(Arc<S>),
}

impl<N: Network> Servers<N> {
    /// Nothing is asked yet. An operation that fails is tried again for `patience` where that is
    /// safe.
    pub(crate) fn new(topology: Topology, network: N, patience: Duration) -> Servers<N> {
        let own = network.clone();
        let topology = match topology {
            Topology::Standalone(address) => Routing::Standalone(Arc::new(network.server(address))),
            Topology::Sentinel { sentinels, service } => {
                Routing::Sentinel(Sentinel::new(sentinels, service, own))
            }
            Topology::Cluster(seeds) => Routing::Cluster(Cluster::new(seeds, own)),
        };
        Servers {
            network,
            topology,
            patience,
        }
    }

    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self.topology, Routing::Cluster(_))
    }

    /// How many sentinels may be asked before a server is.
    pub(crate) fn sentinels(&self) -> usize {
        match &self.topology {
            Routing::Sentinel(sentinel) => sentinel.count(),
            Routing::Standalone(_) | Routing::Cluster(_) => 0,
        }
    }

    /// How many addresses there are that a cluster's map may be asked from at first.
    pub(crate) fn seeds(&self) -> usize {
        match &self.topology {
            Routing::Cluster(cluster) => cluster.seeds(),
            Routing::Standalone(_) | Routing::Sentinel(_) => 0,
        }
    }

    pub(crate) fn patience(&self) -> Patience {
        Patience::new(self.patience)
    }

    /// Waits a moment for others to be done; false when the time is up.
    pub(crate) async fn wait(&self, patience: Patience) -> bool {
        self.network.sleep(patience.moment()).await;
        !patience.is_over()
    }

    pub(crate) async fn sleep(&self, time: Duration) {
        self.network.sleep(time).await;
    }

    /// Has the right server do what is requested.
    ///
    /// # Errors
    /// Indeterminate for a write that was sent and not answered; it is never sent again (rule
    /// ERR-5). What cannot have happened, or changes nothing, is tried once more when a connection
    /// is lost.
    pub(crate) async fn call(&self, request: &Request<'_>) -> Attempt<Value> {
        let patience = self.patience();
        let (mut node, mut asking) = (self.node_for(request.key(), patience).await?, false);
        let (mut redirects, mut resent, mut request) = (0, false, *request);
        loop {
            let failure = match node.call(&request, asking, patience).await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            if is_of_the_server(&failure) {
                self.forget(&node);
            }
            if patience.is_over() {
                return Err(failure.into_fault(request.is_read).at(node.address()));
            }
            let next = match &failure {
                Failure::Refused(error) if is_redirect(error) && redirects < REDIRECTS => {
                    redirects += 1;
                    self.redirected(&node, error, patience).await?
                }
                // Part of the keys are on another server. A command about two of them has to wait until
                // all are, and a session cannot.
                Failure::Refused(error) if error.code() == "TRYAGAIN" && request.has_claim() => {
                    request = request.without_claim();
                    Some(Next::Again)
                }
                _ if !resent && may_be_sent_again(&failure, &request) => {
                    resent = true;
                    Some(Next::Node(self.node_for(request.key(), patience).await?))
                }
                _ => None,
            };
            (node, asking) = match next {
                Some(Next::Again) => (node, asking),
                Some(Next::Node(node)) => (node, false),
                Some(Next::Asking(node)) => (node, true),
                None => return Err(failure.into_fault(request.is_read).at(node.address())),
            };
        }
    }

    /// All servers that keep records, none twice.
    pub(crate) async fn masters(&self, patience: Patience) -> Attempt<Vec<Arc<N::Server>>> {
        match &self.topology {
            Routing::Standalone(node) => Ok(vec![Arc::clone(node)]),
            Routing::Sentinel(sentinel) => Ok(vec![sentinel.master().await?]),
            Routing::Cluster(cluster) => cluster.masters(patience).await,
        }
    }

    /// To be told of a server that did not do what it was asked for: who is in charge is asked
    /// again the next time.
    pub(crate) fn forget(&self, node: &Arc<N::Server>) {
        match &self.topology {
            Routing::Standalone(_) => {}
            Routing::Sentinel(sentinel) => sentinel.forget(node),
            Routing::Cluster(cluster) => cluster.distrust(),
        }
    }

    async fn node_for(&self, key: &[u8], patience: Patience) -> Attempt<Arc<N::Server>> {
        match &self.topology {
            Routing::Standalone(node) => Ok(Arc::clone(node)),
            Routing::Sentinel(sentinel) => sentinel.master().await,
            Routing::Cluster(cluster) => cluster.node_for(key, patience).await,
        }
    }

    async fn redirected(
        &self,
        node: &Arc<N::Server>,
        error: &ServerError,
        patience: Patience,
    ) -> Attempt<Option<Next<N::Server>>> {
        let Routing::Cluster(cluster) = &self.topology else {
            let reason = "the server belongs to a cluster; its URL begins with redis-cluster://";
            return Err(Fault::new(ErrorKind::Unsupported, reason));
        };
        cluster.redirected(node, error, patience).await.map(Some)
    }
}

fn is_redirect(error: &ServerError) -> bool {
    matches!(error.code(), "MOVED" | "ASK")
}

/// Whether it may be another server that is in charge.
fn is_of_the_server(failure: &Failure) -> bool {
    match failure {
        Failure::Unsent(fault) | Failure::Unanswered(fault) => fault.kind != ErrorKind::Busy,
        Failure::Refused(error) => {
            matches!(
                error.code(),
                "READONLY" | "MASTERDOWN" | "CLUSTERDOWN" | "LOADING"
            )
        }
    }
}

/// Whether it is safe to send the command once more, and may help.
fn may_be_sent_again(failure: &Failure, request: &Request<'_>) -> bool {
    match failure {
        Failure::Unsent(fault) => fault.kind == ErrorKind::Unavailable,
        Failure::Unanswered(fault) => request.is_read && fault.kind == ErrorKind::Unavailable,
        // A master that became a replica meanwhile.
        Failure::Refused(error) => error.code() == "READONLY",
    }
}

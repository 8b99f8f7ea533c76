//! A cluster's masters, each of which serves some of the slots.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use redis::{ServerError, Value};
use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};
use crate::network::{Network, Server as _};
use crate::patience::Patience;
use crate::request::Request;
use crate::servers::Next;
use crate::servers::slots::{SlotMap, slot_of};
use crate::url::Address;

#[derive(Debug)]
pub(crate) struct Cluster<N: Network> {
    seeds: Vec<Arc<N::Server>>,
    network: N,
    map: RwLock<Arc<SlotMap<N::Server>>>,
    /// Whether the map is to be asked for before it is used again.
    is_doubtful: AtomicBool,
    /// How many servers did not tell it: another one is asked first after each, for one that hangs
    /// takes all the patience of an operation.
    silent: AtomicUsize,
}

impl<N: Network> Cluster<N> {
    pub(super) fn new(seeds: Vec<Address>, network: N) -> Cluster<N> {
        Cluster {
            seeds: seeds
                .into_iter()
                .map(|seed| Arc::new(network.server(seed)))
                .collect(),
            network,
            map: RwLock::new(Arc::new(SlotMap::new(vec![]))),
            is_doubtful: AtomicBool::new(true),
            silent: AtomicUsize::new(0),
        }
    }

    pub(super) fn seeds(&self) -> usize {
        self.seeds.len()
    }

    pub(super) async fn node_for(&self, key: &[u8], patience: Patience) -> Attempt<Arc<N::Server>> {
        let owner = self
            .map(patience)
            .await?
            .owner(slot_of(key))
            .map(Arc::clone);
        owner.ok_or_else(|| {
            self.distrust();
            Fault::new(ErrorKind::Unavailable, "nobody serves the key's slot")
        })
    }

    /// # Errors
    /// Unavailable when a slot is served by nobody: what it holds would be missed.
    pub(super) async fn masters(&self, patience: Patience) -> Attempt<Vec<Arc<N::Server>>> {
        self.distrust();
        let map = self.map(patience).await?;
        if map.is_complete() {
            return Ok(map.nodes());
        }
        self.distrust();
        let reason = "some slots of the cluster are served by nobody";
        Err(Fault::new(ErrorKind::Unavailable, reason))
    }

    /// Has the map asked for before it is used again.
    pub(super) fn distrust(&self) {
        self.is_doubtful.store(true, Ordering::Release);
    }

    /// Where `MOVED slot host:port` or `ASK slot host:port`, said by `node`, sends a command.
    pub(super) async fn redirected(
        &self,
        node: &Arc<N::Server>,
        error: &ServerError,
        patience: Patience,
    ) -> Attempt<Next<N::Server>> {
        let address = error
            .details()
            .and_then(|details| details.split(' ').nth(1))
            .and_then(|place| place.rsplit_once(':'))
            .and_then(|(host, port)| Some((host, port.parse().ok()?)))
            .map(|(host, port)| beside(node.address(), host, port))
            .ok_or_else(Fault::of_a_strange_reply)?;
        if error.code() == "ASK" {
            return Ok(Next::Asking(self.at(address)));
        }
        self.distrust();
        // The one that was named may know better than those that the map is asked from.
        let named = self.at(address);
        if let Ok(map) = self.ask(&named, patience).await {
            self.learn(map);
        }
        Ok(Next::Node(named))
    }

    /// The server at an address, with the connections it has already.
    fn at(&self, address: Address) -> Arc<N::Server> {
        let map = self.known();
        let known = map.nodes().into_iter().chain(self.seeds.iter().cloned());
        let mut known = known.filter(|node| *node.address() == address);
        known
            .next()
            .unwrap_or_else(|| Arc::new(self.network.server(address)))
    }

    fn known(&self) -> Arc<SlotMap<N::Server>> {
        Arc::clone(&self.map.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, map: SlotMap<N::Server>) -> Arc<SlotMap<N::Server>> {
        let map = Arc::new(map);
        self.is_doubtful.store(false, Ordering::Release);
        *self.map.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&map);
        map
    }

    /// The map, asked for when it is doubtful.
    async fn map(&self, patience: Patience) -> Attempt<Arc<SlotMap<N::Server>>> {
        let known = self.known();
        if !self.is_doubtful.load(Ordering::Acquire) {
            return Ok(known);
        }
        let (mut nodes, mut failure) = (known.nodes(), None);
        nodes.extend(self.seeds.iter().cloned());
        let first = self.silent.load(Ordering::Relaxed) % nodes.len().max(1);
        nodes.rotate_left(first);
        for node in &nodes {
            if failure.is_some() && patience.is_over() {
                break;
            }
            match self.ask(node, patience).await {
                Ok(map) => return Ok(self.learn(map)),
                Err(fault) => {
                    self.silent.fetch_add(1, Ordering::Relaxed);
                    failure = Some(fault);
                }
            }
        }
        Err(failure.unwrap_or_else(|| Fault::new(ErrorKind::Unsupported, "there is no server")))
    }

    /// Asks a server for the map.
    async fn ask(&self, node: &Arc<N::Server>, patience: Patience) -> Attempt<SlotMap<N::Server>> {
        let question = Request::read("CLUSTER", &[], &[b"SLOTS"]);
        let reply = node
            .call(&question, false, patience)
            .await
            .map_err(|failure| failure.into_fault(true).at(node.address()))?;
        let Value::Array(ranges) = reply else {
            return Err(Fault::of_a_strange_reply());
        };
        let ranges: Option<Vec<_>> = ranges
            .into_iter()
            .map(|range| {
                let (first, last, address) = read_range(range, node.address())?;
                Some((first, last, address))
            })
            .collect();
        let mut map: Vec<(u16, u16, Arc<N::Server>)> = vec![];
        for (first, last, address) in ranges.ok_or_else(Fault::of_a_strange_reply)? {
            let known = map.iter().find(|(.., node)| *node.address() == address);
            let owner = match known {
                Some((.., node)) => Arc::clone(node),
                None => self.at(address),
            };
            map.push((first, last, owner));
        }
        Ok(SlotMap::new(map))
    }
}

/// First slot, last slot, and the master's address: `[first, last, [host, port, ..], ..replicas]`.
fn read_range(range: Value, asked: &Address) -> Option<(u16, u16, Address)> {
    let Value::Array(range) = range else {
        return None;
    };
    let [
        Value::Int(first),
        Value::Int(last),
        Value::Array(master),
        ..,
    ] = &range[..]
    else {
        return None;
    };
    let [host, Value::Int(port), ..] = &master[..] else {
        return None;
    };
    let host = match host {
        Value::BulkString(host) => std::str::from_utf8(host).ok()?,
        // A server that does not know its own name.
        Value::Nil => "",
        _ => return None,
    };
    let port = u16::try_from(*port).ok()?;
    let address = beside(asked, host, port);
    Some((
        u16::try_from(*first).ok()?,
        u16::try_from(*last).ok()?,
        address,
    ))
}

/// An address that a server gave; where it leaves out the host, its own is meant.
fn beside(asked: &Address, host: &str, port: u16) -> Address {
    let host = match asked {
        Address::Tcp { host: own, .. } if host.is_empty() || host == "?" => own.clone(),
        _ => host.to_owned(),
    };
    Address::Tcp { host, port }
}

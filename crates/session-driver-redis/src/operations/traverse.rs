//! Visiting the live ids.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use redis::{Value, cmd};
use session_driver::{ErrorKind, SessionId, Timestamp};
use session_driver_envelope::{HEADER_LEN, Header};

use crate::fault::{Attempt, Fault};
use crate::network::{Network, Server as _};
use crate::servers::Survey;
use crate::store::Store;

/// How many keys the server looks at for one answer.
const PAGE: usize = 1000;

/// Where a scan begins, and what it gives at its end.
const BEGINNING: &[u8] = b"0";

/// How often a traversal begins.
const ROUNDS: usize = 5;

/// How long it waits for servers that hand slots to one another before it looks again.
const PAUSE: Duration = Duration::from_millis(20);

/// A traversal under way; what it holds between two pages is the ids that it has found.
///
/// It scans each server. A cursor is good only as long as its server runs, and a key that moves to
/// another server may be missed on both: if the servers were not the same all the while, all begins
/// again, and what was found is passed over.
pub(crate) struct Traversal<N: Network> {
    now: Timestamp,
    found: HashSet<SessionId>,
    rounds: usize,
    round: Option<Round<N>>,
}

/// One pass over all servers.
struct Round<N: Network> {
    before: Survey<N::Server>,
    /// Those that are yet to be scanned, the present one last.
    nodes: Vec<Arc<N::Server>>,
    cursor: Vec<u8>,
}

impl<N: Network> Traversal<N> {
    pub(crate) fn new(now: Timestamp) -> Traversal<N> {
        Traversal {
            now,
            found: HashSet::new(),
            rounds: 0,
            round: None,
        }
    }

    /// Some live ids that no page before has had; `None` at the end.
    pub(crate) async fn next_page(&mut self, store: &Store<N>) -> Attempt<Option<Vec<SessionId>>> {
        loop {
            let round = match &mut self.round {
                Some(round) => round,
                None if self.rounds == ROUNDS => return Err(restless()),
                None => {
                    self.rounds += 1;
                    self.round.insert(Round::begin(store).await?)
                }
            };
            let Some(node) = round.nodes.last().cloned() else {
                if store.servers.survey().await?.is_same_as(&round.before) {
                    return Ok(None);
                }
                self.round = None;
                continue;
            };
            let (cursor, page) = store.page(&node, &round.cursor).await?;
            let mut ids: Vec<SessionId> = page
                .iter()
                .filter_map(|key| store.keyspace.id(key))
                .filter(|id| !self.found.contains(id))
                .collect();
            let mut are_live = store.are_live(&node, &ids, self.now).await?.into_iter();
            // A page may hold a key twice.
            ids.retain(|id| are_live.next() == Some(true) && self.found.insert(id.clone()));
            if cursor == BEGINNING {
                round.nodes.pop();
            }
            round.cursor = cursor;
            if !ids.is_empty() {
                return Ok(Some(ids));
            }
        }
    }
}

impl<N: Network> Round<N> {
    /// Begins when no slot is on its way from one server to another, which is waited for.
    async fn begin(store: &Store<N>) -> Attempt<Round<N>> {
        let patience = store.servers.patience();
        loop {
            let before = store.servers.survey().await?;
            if before.is_at_rest() {
                return Ok(Round {
                    nodes: before.nodes().map(Arc::clone).collect(),
                    before,
                    cursor: BEGINNING.to_vec(),
                });
            }
            if patience.is_over() {
                return Err(restless());
            }
            store.servers.sleep(PAUSE).await;
        }
    }
}

impl<N: Network> Store<N> {
    async fn page(&self, node: &Arc<N::Server>, cursor: &[u8]) -> Attempt<(Vec<u8>, Vec<Vec<u8>>)> {
        let mut scan = cmd("SCAN");
        scan.arg(cursor)
            .arg("MATCH")
            .arg(self.keyspace.pattern())
            .arg("COUNT")
            .arg(PAGE);
        let mut replies = self.ask(node, scan.get_packed_command(), 1).await?;
        match replies.pop() {
            Some(Value::ServerError(error)) => Err(Fault::from(&error).at(node.address())),
            Some(reply) => redis::from_redis_value(reply).map_err(|_| Fault::of_a_strange_reply()),
            None => Err(Fault::of_a_strange_reply()),
        }
    }

    /// Which of the ids are live, or so damaged that nobody can tell.
    async fn are_live(
        &self,
        node: &Arc<N::Server>,
        ids: &[SessionId],
        now: Timestamp,
    ) -> Attempt<Vec<bool>> {
        let mut packed = vec![];
        for id in ids {
            let mut head = cmd("GETRANGE");
            head.arg(self.keyspace.key(id)).arg(0).arg(HEADER_LEN - 1);
            head.write_packed_command(&mut packed);
        }
        let replies = self.ask(node, packed, ids.len()).await?;
        let mut are_live = Vec::with_capacity(ids.len());
        for (id, reply) in ids.iter().zip(replies) {
            are_live.push(match reply {
                // Gone since it was listed, or a foreign empty string.
                Value::BulkString(head) if head.is_empty() => self.exists(node, id).await?,
                Value::BulkString(head) => {
                    Header::read(&head).map_or(true, |header| header.is_live(now))
                }
                Value::ServerError(error) => match error.code() {
                    "WRONGTYPE" => true,
                    // It is on another server now, which the survey notices.
                    "MOVED" | "ASK" => false,
                    _ => return Err(Fault::from(&error).at(node.address())),
                },
                _ => return Err(Fault::of_a_strange_reply()),
            });
        }
        Ok(are_live)
    }

    async fn exists(&self, node: &Arc<N::Server>, id: &SessionId) -> Attempt<bool> {
        let mut exists = cmd("EXISTS");
        exists.arg(self.keyspace.key(id));
        match self.ask(node, exists.get_packed_command(), 1).await?.pop() {
            Some(Value::Int(count)) => Ok(count == 1),
            Some(Value::ServerError(error)) if matches!(error.code(), "MOVED" | "ASK") => Ok(false),
            Some(Value::ServerError(error)) => Err(Fault::from(&error).at(node.address())),
            _ => Err(Fault::of_a_strange_reply()),
        }
    }

    async fn ask(
        &self,
        node: &Arc<N::Server>,
        packed: Vec<u8>,
        count: usize,
    ) -> Attempt<Vec<Value>> {
        if count == 0 {
            return Ok(vec![]);
        }
        let patience = self.servers.patience();
        node.exchange(packed, count, patience)
            .await
            .map_err(|failure| {
                self.servers.forget(node);
                failure.into_fault(true).at(node.address())
            })
    }
}

fn restless() -> Fault {
    let reason = "the servers were started anew, or handed slots to one another, all the while";
    Fault::new(ErrorKind::Unavailable, reason)
}

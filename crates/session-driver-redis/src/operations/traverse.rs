//! Visiting the live ids.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use redis::{Value, cmd};
use session_driver::{ErrorKind, SessionId, Timestamp};
use session_driver_envelope::{HEADER_LEN, Header};

use crate::driver::RedisDriver;
use crate::fault::{Attempt, Fault};
use crate::node::Node;
use crate::servers::Survey;

/// How many keys the server looks at for one answer.
const PAGE: usize = 1000;

/// How often a traversal begins.
const ROUNDS: usize = 5;

/// How long it waits for servers that hand slots to one another before it looks again.
const PAUSE: Duration = Duration::from_millis(20);

impl RedisDriver {
    /// Scans each server. A cursor is good only as long as its server runs, and a key that moves to
    /// another server may be missed on both: if the servers were not the same all the while, all
    /// begins again, and what was visited is passed over.
    pub(crate) fn try_traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Attempt<()> {
        let mut visited = HashSet::new();
        for _ in 0..ROUNDS {
            let before = self.survey_at_rest()?;
            for node in before.nodes() {
                if self.scan(node, now, &mut visited, visit)?.is_break() {
                    return Ok(());
                }
            }
            if self.servers.survey()?.is_same_as(&before) {
                return Ok(());
            }
        }
        Err(restless())
    }

    /// The servers when no slot is on its way from one to another, which is waited for.
    fn survey_at_rest(&self) -> Attempt<Survey> {
        let patience = self.servers.patience();
        loop {
            let survey = self.servers.survey()?;
            if survey.is_at_rest() {
                return Ok(survey);
            }
            if patience.is_over() {
                return Err(restless());
            }
            thread::sleep(PAUSE);
        }
    }

    fn scan(
        &self,
        node: &Arc<Node>,
        now: Timestamp,
        visited: &mut HashSet<SessionId>,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Attempt<ControlFlow<()>> {
        let pattern = self.keyspace.pattern();
        let mut cursor = b"0".to_vec();
        loop {
            let page;
            (cursor, page) = self.page(node, &cursor, &pattern)?;
            let ids: Vec<SessionId> = page
                .iter()
                .filter_map(|key| self.keyspace.id(key))
                .filter(|id| !visited.contains(id))
                .collect();
            for (id, is_live) in ids.iter().zip(self.are_live(node, &ids, now)?) {
                // A page may hold a key twice.
                if is_live && visited.insert(id.clone()) && visit(id).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            if cursor == b"0" {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    fn page(
        &self,
        node: &Arc<Node>,
        cursor: &[u8],
        pattern: &[u8],
    ) -> Attempt<(Vec<u8>, Vec<Vec<u8>>)> {
        let mut scan = cmd("SCAN");
        scan.arg(cursor)
            .arg("MATCH")
            .arg(pattern)
            .arg("COUNT")
            .arg(PAGE);
        let mut replies = self.ask(node, &scan.get_packed_command(), 1)?;
        match replies.pop() {
            Some(Value::ServerError(error)) => Err(Fault::from(&error)),
            Some(reply) => redis::from_redis_value(reply).map_err(|_| Fault::of_a_strange_reply()),
            None => Err(Fault::of_a_strange_reply()),
        }
    }

    /// Which of the ids are live, or so damaged that nobody can tell.
    fn are_live(&self, node: &Arc<Node>, ids: &[SessionId], now: Timestamp) -> Attempt<Vec<bool>> {
        let mut packed = vec![];
        for id in ids {
            let mut head = cmd("GETRANGE");
            head.arg(self.keyspace.key(id)).arg(0).arg(HEADER_LEN - 1);
            head.write_packed_command(&mut packed);
        }
        let replies = self.ask(node, &packed, ids.len())?;
        let judged = ids.iter().zip(replies).map(|(id, reply)| match reply {
            // Gone since it was listed, or a foreign empty string.
            Value::BulkString(head) if head.is_empty() => self.exists(node, id),
            Value::BulkString(head) => {
                Ok(Header::read(&head).map_or(true, |header| header.is_live(now)))
            }
            Value::ServerError(error) => match error.code() {
                "WRONGTYPE" => Ok(true),
                // It is on another server now, which the survey notices.
                "MOVED" | "ASK" => Ok(false),
                _ => Err(Fault::from(&error)),
            },
            _ => Err(Fault::of_a_strange_reply()),
        });
        judged.collect()
    }

    fn exists(&self, node: &Arc<Node>, id: &SessionId) -> Attempt<bool> {
        let mut exists = cmd("EXISTS");
        exists.arg(self.keyspace.key(id));
        match self.ask(node, &exists.get_packed_command(), 1)?.pop() {
            Some(Value::Int(count)) => Ok(count == 1),
            Some(Value::ServerError(error)) if matches!(error.code(), "MOVED" | "ASK") => Ok(false),
            Some(Value::ServerError(error)) => Err(Fault::from(&error)),
            _ => Err(Fault::of_a_strange_reply()),
        }
    }

    fn ask(&self, node: &Arc<Node>, packed: &[u8], count: usize) -> Attempt<Vec<Value>> {
        if count == 0 {
            return Ok(vec![]);
        }
        let patience = self.servers.patience();
        node.call_all(packed, count, patience).map_err(|failure| {
            self.servers.forget(node);
            failure.into_fault(true)
        })
    }
}

fn restless() -> Fault {
    let reason = "the servers were started anew, or handed slots to one another, all the while";
    Fault::new(ErrorKind::Unavailable, reason)
}

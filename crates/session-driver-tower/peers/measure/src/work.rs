//! What is measured.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::session::Session;
use crate::store::Store;

/// How many tasks fill a store.
const FILLING: usize = 16;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Load,
    Save,
    CreateAndDelete,
}

impl Operation {
    pub(crate) fn parse(word: &str) -> Option<Operation> {
        match word {
            "load" => Some(Operation::Load),
            "save" => Some(Operation::Save),
            "create+delete" => Some(Operation::CreateAndDelete),
            _ => None,
        }
    }
}

pub(crate) struct Measured {
    pub(crate) micros_a_call: f64,
    pub(crate) calls_a_second: f64,
}

/// A store, and the ids of the sessions in it.
pub(crate) struct Work<S> {
    store: S,
    ids: Arc<[i128]>,
}

impl<S: Store> Work<S> {
    pub(crate) fn new(store: S) -> Work<S> {
        Work {
            store,
            ids: Arc::default(),
        }
    }

    /// Creates so many sessions and saves each once.
    pub(crate) async fn fill(&mut self, sessions: usize) {
        let filling: Vec<_> = (0..FILLING)
            .map(|_| tokio::spawn(created(self.store.clone(), sessions / FILLING)))
            .collect();
        let mut ids = Vec::with_capacity(sessions);
        for task in filling {
            ids.extend(task.await.expect("no operation fails"));
        }
        self.ids = ids.into();
    }

    /// Lets so many tasks call the store for so long, one call after the other in each.
    pub(crate) async fn measure(
        &self,
        operation: Operation,
        tasks: usize,
        window: Duration,
    ) -> Measured {
        let begin = Instant::now();
        let end = begin + window;
        let running: Vec<_> = (0..tasks)
            .map(|_| {
                let (store, ids) = (self.store.clone(), Arc::clone(&self.ids));
                tokio::spawn(calls(store, ids, operation, end))
            })
            .collect();
        let mut times = Vec::new();
        for task in running {
            times.extend(task.await.expect("no operation fails"));
        }
        let elapsed = begin.elapsed();
        times.sort_unstable();
        Measured {
            micros_a_call: times[times.len() / 2].as_secs_f64() * 1e6,
            calls_a_second: times.len() as f64 / elapsed.as_secs_f64(),
        }
    }
}

async fn created<S: Store>(store: S, count: usize) -> Vec<i128> {
    let mut ids = Vec::with_capacity(count);
    let mut session = Session::new();
    for _ in 0..count {
        session.change();
        store.create(&mut session).await;
        session.change();
        store.save(&mut session).await;
        assert_eq!(store.load(session.id).await.as_ref(), Some(&session));
        ids.push(session.id);
    }
    ids
}

/// How long each call of one task took, until `end`, and one at the least.
async fn calls<S: Store>(
    store: S,
    ids: Arc<[i128]>,
    operation: Operation,
    end: Instant,
) -> Vec<Duration> {
    let mut session = Session::new();
    let mut times = Vec::new();
    loop {
        session.id = ids[fastrand::usize(..ids.len())];
        session.change();
        let begin = Instant::now();
        match operation {
            Operation::Load => {
                let loaded = store.load(session.id).await.expect("a session");
                assert_eq!(loaded.data.len(), session.data.len());
            }
            Operation::Save => store.save(&mut session).await,
            Operation::CreateAndDelete => {
                store.create(&mut session).await;
                store.delete(session.id).await;
            }
        }
        let now = Instant::now();
        times.push(now - begin);
        if now >= end {
            return times;
        }
    }
}

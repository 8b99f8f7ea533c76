//! Stores over one kind of backend, and how they are measured in turns.

use std::io;
use std::path::Path;

use crate::worker::{Launch, Worker};

const SESSIONS: usize = 10_000;
const ROUNDS: usize = 11;
const MILLIS: usize = 200;

/// How many tasks call at a time.
pub(crate) const TASKS: [usize; 2] = [1, 64];

pub(crate) const OPERATIONS: [&str; 3] = ["load", "save", "create+delete"];

pub(crate) struct Contest {
    title: &'static str,
    /// The first one is what the others are compared with.
    contestants: Vec<Contestant>,
}

struct Contestant {
    name: &'static str,
    launch: Launch,
}

pub(crate) struct Outcome {
    pub(crate) title: &'static str,
    pub(crate) stores: Vec<Measured>,
}

pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// By number of tasks, by operation, by round: µs a call at one task, else calls a second.
    pub(crate) figures: [[Vec<f64>; OPERATIONS.len()]; TASKS.len()],
}

/// All that is compared, in this directory and on the Redis server at this port of the loopback.
pub(crate) fn contests(directory: &Path, port: u16) -> Vec<Contest> {
    let path = |name: &str| directory.join(name).to_string_lossy().into_owned();
    let redis = format!("redis://127.0.0.1:{port}");
    vec![
        Contest {
            title: "SQLite (WAL, synchronous NORMAL; MessagePack)",
            contestants: vec![
                Contestant::here("session-driver-sqlite", "sqlite", &path("ours.db")),
                Contestant {
                    name: "tower-sessions-rusqlite-store 0.15",
                    launch: Launch::elsewhere("rusqlite", &[&path("rusqlite.db")]),
                },
                Contestant {
                    name: "tower-sessions-sqlx-store 0.15, 10 connections",
                    launch: Launch::elsewhere("sqlx", &[&path("sqlx-10.db"), "10"]),
                },
                Contestant {
                    name: "tower-sessions-sqlx-store 0.15, one connection",
                    launch: Launch::elsewhere("sqlx", &[&path("sqlx-1.db"), "1"]),
                },
            ],
        },
        Contest {
            title: "Files (nothing synced; JSON)",
            contestants: vec![
                Contestant::here("session-driver-file", "file", &path("ours")),
                Contestant::here(
                    "tower-sessions-file-store 0.3",
                    "their-file",
                    &path("theirs"),
                ),
            ],
        },
        Contest {
            title: "Redis (one server, nothing kept; MessagePack)",
            contestants: vec![
                Contestant::here("session-driver-redis, async", "redis-async", &redis),
                Contestant::here("session-driver-redis, blocking", "redis", &redis),
                Contestant::here(
                    "tower-sessions-redis-store 0.16, pool of 6",
                    "their-redis",
                    &redis,
                ),
            ],
        },
    ]
}

impl Contestant {
    fn here(name: &'static str, store: &str, place: &str) -> Contestant {
        Contestant {
            name,
            launch: Launch::here(&["serve", store, place]),
        }
    }
}

impl Contest {
    /// Measures every store once a round, one after the other, and every other round backwards.
    pub(crate) fn run(self) -> io::Result<Outcome> {
        let mut stores = Vec::new();
        let mut workers = Vec::new();
        for contestant in self.contestants {
            let mut worker = Worker::start(contestant.launch)?;
            worker.ask(&format!("fill {SESSIONS}"))?;
            workers.push(worker);
            stores.push(Measured {
                name: contestant.name,
                figures: Default::default(),
            });
        }
        for round in 0..ROUNDS {
            for (by_tasks, tasks) in TASKS.into_iter().enumerate() {
                for (by_operation, operation) in OPERATIONS.into_iter().enumerate() {
                    let mut turns: Vec<usize> = (0..workers.len()).collect();
                    if round % 2 == 1 {
                        turns.reverse();
                    }
                    for store in turns {
                        let figure = measure(&mut workers[store], operation, tasks)?;
                        stores[store].figures[by_tasks][by_operation].push(figure);
                    }
                }
            }
        }
        Ok(Outcome {
            title: self.title,
            stores,
        })
    }
}

fn measure(worker: &mut Worker, operation: &str, tasks: usize) -> io::Result<f64> {
    let answer = worker.ask(&format!("measure {operation} {tasks} {MILLIS}"))?;
    let mut figures = answer.split(' ').map(str::parse);
    let figure = if tasks == 1 {
        figures.next()
    } else {
        figures.nth(1)
    };
    figure
        .and_then(Result::ok)
        .ok_or_else(|| io::Error::other(format!("not what was asked for: {answer}")))
}

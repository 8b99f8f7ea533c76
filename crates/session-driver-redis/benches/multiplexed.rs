//! The async driver against bare redis-rs and against the bridged blocking driver, on a server of
//! its own: `cargo bench -p session-driver-redis --features async --bench multiplexed`.
//!
//! The floor is one `redis::aio::MultiplexedConnection` with `GET` and `SET key value PX` of 1 KiB, over
//! the same unix socket or loopback port, from as many tasks, on the same runtime of two threads.
//! Each round measures every way once, one after the other, so that a noisy machine disturbs all
//! alike; what is compared is each way with the other of its round. No payload is ever stored twice.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis_test_server::{Options, Server, installed_or_skip};
use session_driver_async::{AsyncSessionDriver, Blocking};
use session_driver_redis::session_driver::{NewRecord, Precondition, SessionId, Timestamp};
use session_driver_redis::{AsyncRedisDriver, RedisDriver};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

const ROUNDS: usize = 31;

/// Calls of one measurement, shared among its tasks.
const CALLS: usize = 3_200;

const PAYLOAD_BYTES: usize = 1024;
const SESSIONS: usize = 100;

#[derive(Clone, Copy)]
enum Way {
    Driver,
    Bare,
    Bridged,
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Retrieve,
    Overwrite,
}

fn main() {
    if installed_or_skip("the benchmark of the async Redis driver").is_none() {
        return;
    }
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let server = Server::start(&Options::new().tcp()).expect("a server");
    let unix = format!("unix://{}", server.socket().display());
    println!(
        "medians of {ROUNDS} rounds, payloads of 1 KiB, µs a call and what the driver takes of it"
    );
    for (transport, url) in [("loopback TCP", server.url()), ("unix socket", unix)] {
        let field = runtime.block_on(Field::new(&url));
        println!(
            "\n{transport:<28}{:>10}{:>10}{:>10}{:>12}{:>12}",
            "driver", "redis-rs", "Blocking", "/ redis-rs", "/ Blocking"
        );
        for operation in [Operation::Retrieve, Operation::Overwrite] {
            for tasks in [1, 16, 64] {
                measure(&runtime, &field, operation, tasks);
            }
        }
    }
}

fn measure(runtime: &Runtime, field: &Arc<Field>, operation: Operation, tasks: usize) {
    let ways = [Way::Driver, Way::Bare, Way::Bridged];
    let mut times = ways.map(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for (way, times) in ways.into_iter().zip(&mut times) {
            times.push(time(runtime, field, way, operation, tasks));
        }
    }
    let [driver, bare, bridged] = &times;
    let ratio = |other: &[f64]| median(driver.iter().zip(other).map(|(own, other)| own / other));
    let (to_bare, to_bridged) = (ratio(bare), ratio(bridged));
    let [driver, bare, bridged] = times.map(|times| median(times.into_iter()));
    let name = format!("{operation:?}, {tasks} task(s)");
    println!(
        "{name:<28}{driver:>10.2}{bare:>10.2}{bridged:>10.2}{to_bare:>12.2}{to_bridged:>12.2}"
    );
}

/// Microseconds for one call.
fn time(
    runtime: &Runtime,
    field: &Arc<Field>,
    way: Way,
    operation: Operation,
    tasks: usize,
) -> f64 {
    runtime.block_on(async {
        let begin = Instant::now();
        let mut set = JoinSet::new();
        for _ in 0..tasks {
            let field = Arc::clone(field);
            set.spawn(async move {
                for _ in 0..CALLS / tasks {
                    field.call(way, operation).await;
                }
            });
        }
        set.join_all().await;
        begin.elapsed().as_secs_f64() * 1e6 / CALLS as f64
    })
}

fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut samples: Vec<f64> = samples.collect();
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// The same sessions for all ways, those of the bare one under keys of its own.
struct Field {
    driver: AsyncRedisDriver,
    bridged: Blocking<RedisDriver>,
    bare: MultiplexedConnection,
    ids: Vec<SessionId>,
    keys: Vec<String>,
    turn: AtomicUsize,
}

impl Field {
    async fn new(url: &str) -> Arc<Field> {
        let client = redis::Client::open(url).expect("a client");
        let bare = client.get_multiplexed_async_connection().await;
        let blocking = RedisDriver::open(url).expect("an open driver");
        let driver = AsyncRedisDriver::open(url).await;
        let field = Field {
            driver: driver.expect("an open driver"),
            bridged: Blocking::new(blocking),
            bare: bare.expect("a connection"),
            ids: (0..SESSIONS)
                .map(|_| SessionId::generate().expect("an id"))
                .collect(),
            keys: (0..SESSIONS)
                .map(|number| format!("bare:{number:032}"))
                .collect(),
            turn: AtomicUsize::new(0),
        };
        for _ in 0..SESSIONS {
            field.call(Way::Driver, Operation::Overwrite).await;
        }
        for _ in 0..SESSIONS {
            field.call(Way::Bare, Operation::Overwrite).await;
        }
        Arc::new(field)
    }

    async fn call(&self, way: Way, operation: Operation) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let number = turn % SESSIONS;
        let mut payload = [b'.'; PAYLOAD_BYTES];
        payload[..8].copy_from_slice(&turn.to_le_bytes());
        match (way, operation) {
            (Way::Driver, Operation::Retrieve) => retrieve(&self.driver, &self.ids[number]).await,
            (Way::Driver, Operation::Overwrite) => {
                store(&self.driver, &self.ids[number], &payload).await;
            }
            (Way::Bridged, Operation::Retrieve) => retrieve(&self.bridged, &self.ids[number]).await,
            (Way::Bridged, Operation::Overwrite) => {
                store(&self.bridged, &self.ids[number], &payload).await;
            }
            (Way::Bare, Operation::Retrieve) => {
                let mut get = redis::cmd("GET");
                get.arg(&self.keys[number]);
                let value = get.query_async(&mut self.bare.clone()).await;
                black_box::<Vec<u8>>(value.expect("a GET"));
            }
            (Way::Bare, Operation::Overwrite) => {
                let mut set = redis::cmd("SET");
                set.arg(&self.keys[number]).arg(&payload[..]);
                set.arg("PX").arg(3_600_000);
                let done = set.exec_async(&mut self.bare.clone()).await;
                done.expect("a SET");
            }
        }
    }
}

async fn retrieve(driver: &dyn AsyncSessionDriver, id: &SessionId) {
    let record = driver.retrieve(id, Timestamp::now()).await;
    black_box(record.expect("a retrieve").expect("a session"));
}

async fn store(driver: &dyn AsyncSessionDriver, id: &SessionId, payload: &[u8]) {
    let now = Timestamp::now();
    let record = NewRecord {
        payload,
        expires_at: Some(now.saturating_add(Duration::from_secs(3600))),
    };
    let stored = driver.store(id, record, Precondition::Any, now).await;
    stored.expect("a store");
}

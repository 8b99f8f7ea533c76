//! What the bridge adds to a call, and what it leaves of the throughput, on a runtime of two
//! threads: `cargo bench -p session-driver-async --bench bridge`.
//!
//! The floor is the same driver called by the tasks themselves, which keeps a thread of the runtime
//! for the length of the call. Each round measures every way once, one after the other, so that a
//! noisy machine disturbs all alike; what is compared is each way with the floor of its round.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod field;

use std::hint;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use field::{Field, Operation};
use session_driver_async::session_driver::{Durability, MemoryDriver};
use session_driver_file::FileDriver;
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 31;

/// Calls of one measurement, shared among its tasks.
const CALLS: usize = 3_200;

/// What a call through the bridge may cost more than a direct one, in µs, at one task.
const MAX_ADDED: f64 = 15.0;

/// Which share of the direct calls' throughput it is to reach at 64 tasks.
const MIN_SHARE: f64 = 1.0;

/// How a task makes its calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Direct,
    Bridge,
    BridgeInline,
    SpawnBlocking,
    BlockInPlace,
}

const WAYS: [(Way, &str); 5] = [
    (Way::Direct, "direct calls"),
    (Way::Bridge, "Blocking"),
    (Way::BridgeInline, "Blocking, quick ones inline"),
    (Way::SpawnBlocking, "spawn_blocking"),
    (Way::BlockInPlace, "block_in_place"),
];

fn main() {
    let runtime = Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.expect("a runtime");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let open = |name: &str, durability| {
        let builder = FileDriver::builder(directory.path().join(name));
        builder.durability(durability).open().expect("a new store")
    };
    println!("medians of {ROUNDS} rounds, payloads of 1 KiB");
    compare(&runtime, "memory", &Field::new(MemoryDriver::new()));
    let file = Field::new(open("process", Durability::Process));
    compare(&runtime, "file", &file);
    compare_while_busy(&runtime, "file", &file);
    compare(
        &runtime,
        "file, durability power",
        &Field::new(open("power", Durability::Power)),
    );
}

fn compare<D: field::Driver>(runtime: &Runtime, name: &str, field: &Field<D>) {
    for operation in [Operation::Retrieve, Operation::Overwrite] {
        for tasks in [1, 16, 64] {
            println!("\n{name}: {operation:?}, {tasks} task(s)");
            println!("{:<30}{:>10}{:>12}", "", "µs a call", "against");
            let mut times = WAYS.map(|_| Vec::with_capacity(ROUNDS));
            for _ in 0..ROUNDS {
                for ((way, _), times) in WAYS.iter().zip(&mut times) {
                    times.push(time(runtime, field, *way, operation, tasks));
                }
            }
            let direct = times[0].clone();
            for ((way, label), times) in WAYS.iter().zip(&times) {
                print_row(*way, label, times, &direct, tasks);
            }
        }
    }
}

/// At one task what counts is the time added, with more the throughput.
fn print_row(way: Way, label: &str, times: &[f64], direct: &[f64], tasks: usize) {
    let pairs = times.iter().zip(direct);
    let (against, unit, is_kept) = if tasks == 1 {
        let added = median(pairs.map(|(time, direct)| time - direct));
        (added, "µs added", added <= MAX_ADDED)
    } else {
        let share = median(pairs.map(|(time, direct)| direct / time));
        (share, "× direct", share >= MIN_SHARE)
    };
    let verdict = match (way, tasks, is_kept) {
        (Way::Bridge | Way::BridgeInline, 1, true) => "  at most 15: kept",
        (Way::Bridge | Way::BridgeInline, 1, false) => "  at most 15: NOT KEPT",
        (Way::Bridge | Way::BridgeInline, 64, true) => "  at least 1: kept",
        (Way::Bridge | Way::BridgeInline, 64, false) => "  at least 1: NOT KEPT",
        _ => "",
    };
    let time = median(times.iter().copied());
    println!("{label:<30}{time:>10.2}{against:>12.2} {unit}{verdict}");
}

/// Microseconds for one call, all tasks together.
fn time<D: field::Driver>(
    runtime: &Runtime,
    field: &Field<D>,
    way: Way,
    operation: Operation,
    tasks: usize,
) -> f64 {
    let begin = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..tasks)
            .map(|_| tokio::spawn(field.clone().calls(way, operation, CALLS / tasks)))
            .collect();
        for task in tasks {
            task.await.expect("no call fails");
        }
    });
    begin.elapsed().as_secs_f64() * 1e6 / CALLS as f64
}

/// One task's reads while threads of others keep all processors: whoever gives his away then has it
/// back after milliseconds.
fn compare_while_busy<D: field::Driver>(runtime: &Runtime, name: &str, field: &Field<D>) {
    println!("\n{name}: Retrieve, 1 task, no processor idle");
    println!("{:<30}{:>10}{:>12}{:>12}", "µs", "median", "99 %", "99.9 %");
    let processors = thread::available_parallelism().map_or(1, usize::from);
    // Gone when a call fails, too, so that the threads end then.
    let measuring = Arc::new(());
    thread::scope(move |scope| {
        for _ in 0..processors {
            let measuring = Arc::downgrade(&measuring);
            scope.spawn(move || {
                while measuring.strong_count() > 0 {
                    hint::spin_loop();
                }
            });
        }
        for (way, label) in WAYS {
            let mut times = runtime.block_on(async {
                let calls = one_by_one(field.clone(), way);
                tokio::spawn(calls).await.expect("no call fails")
            });
            times.sort_by(f64::total_cmp);
            let at = |per_mille| times[times.len() * per_mille / 1000];
            println!(
                "{label:<30}{:>10.2}{:>12.2}{:>12.2}",
                at(500),
                at(990),
                at(999)
            );
        }
        drop(measuring);
    });
}

/// How many microseconds each of the calls takes.
async fn one_by_one<D: field::Driver>(field: Field<D>, way: Way) -> Vec<f64> {
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let field = field.clone();
        let begin = Instant::now();
        field.calls(way, Operation::Retrieve, 1).await;
        times.push(begin.elapsed().as_secs_f64() * 1e6);
    }
    times
}

fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut samples: Vec<f64> = samples.collect();
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

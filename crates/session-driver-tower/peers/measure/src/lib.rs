//! The work that each store of the comparison is given, and its measuring.
//!
//! Each store is measured in a process of its own, by [`serve`], which does what it reads from its
//! standard input: the stores cannot all be linked into one program.

mod session;
mod store;
mod work;

use std::io::{self, BufRead, Write};
use std::time::Duration;

use tokio::runtime::Builder;

pub use crate::store::{Store, V14, V15};
use crate::work::{Operation, Work};

/// Measures this store as standard input asks, until that ends.
///
/// `fill SESSIONS` is answered with `filled`; `measure OPERATION TASKS MILLISECONDS` with the median
/// time of a call in µs and the number of calls a second.
///
/// # Panics
/// When an operation of the store fails or gives other values than were stored, and at any other
/// input.
pub fn serve<S: Store>(open: impl AsyncFnOnce() -> S) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut work = Work::new(runtime.block_on(open()));
    for line in io::stdin().lock().lines() {
        let line = line.expect("a line");
        let answer = match line.split(' ').collect::<Vec<_>>()[..] {
            ["fill", sessions] => {
                runtime.block_on(work.fill(number(sessions)));
                "filled".to_owned()
            }
            ["measure", operation, tasks, millis] => {
                let operation = Operation::parse(operation).expect("an operation");
                let window = Duration::from_millis(number(millis) as u64);
                let measured = runtime.block_on(work.measure(operation, number(tasks), window));
                format!("{} {}", measured.micros_a_call, measured.calls_a_second)
            }
            _ => panic!("no such command: {line}"),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}").expect("somebody who reads");
    }
}

fn number(word: &str) -> usize {
    word.parse().expect("a number")
}

//! How long operations take.

use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::failure::Failure;
use crate::interrupt;

/// An operation is measured at least so long, if there is a reason to repeat it,
const LONG_ENOUGH: Duration = Duration::from_millis(250);

/// and no longer than this, on each thread.
const TOO_LONG: Duration = Duration::from_secs(1);

/// How long an operation may take at which each of so many items has one turn. A comparison with
/// few of them should be over within a minute, also where each write waits for a slow disk.
pub(super) fn longest_turn(items: usize) -> Duration {
    match items {
        0..=2_000 => Duration::from_secs(4),
        _ => Duration::from_secs(10),
    }
}

/// What an operation costs.
#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) operation: &'static str,
    pub(super) calls: usize,
    pub(super) per_second: f64,
    pub(super) p50_ns: u64,
    pub(super) p99_ns: u64,
}

impl Measured {
    /// From the time that each call spent in the driver, on any of `threads` threads.
    pub(super) fn new(
        operation: &'static str,
        mut times: Vec<Duration>,
        threads: usize,
    ) -> Option<Measured> {
        times.sort_unstable();
        let quantile =
            |hundredths: usize| times.get(times.len().saturating_sub(1) * hundredths / 100);
        let (p50, p99) = (quantile(50)?, quantile(99)?);
        let total: Duration = times.iter().sum();
        Some(Measured {
            operation,
            calls: times.len(),
            per_second: times.len() as f64 * threads as f64 / total.as_secs_f64().max(1e-9),
            p50_ns: nanoseconds(*p50),
            p99_ns: nanoseconds(*p99),
        })
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The result of `call` and how long it took.
pub(super) fn timed<R>(call: impl FnOnce() -> R) -> (Duration, R) {
    let begin = Instant::now();
    let result = call();
    (begin.elapsed(), result)
}

/// How often each item has its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turns {
    /// Once, unless that takes too long.
    One,
    /// Until the times say something.
    Many,
}

/// Gives every item a turn, on so many threads with items of their own. A `step` says how long the
/// driver took.
pub(super) fn each<T: Send>(
    items: &mut [T],
    threads: usize,
    turns: Turns,
    step: impl Fn(&mut T) -> Result<Duration, Failure> + Sync,
) -> Result<Vec<Duration>, Failure> {
    let limit = match turns {
        Turns::One => longest_turn(items.len()),
        Turns::Many => TOO_LONG,
    };
    if threads <= 1 {
        return rounds(items, turns, limit, &step);
    }
    let share = items.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = items
            .chunks_mut(share)
            .map(|items| scope.spawn(|| rounds(items, turns, limit, &step)))
            .collect();
        let mut times = Vec::new();
        for worker in workers {
            let part = worker
                .join()
                .map_err(|_| Failure::failed("the driver panicked"))?;
            times.extend(part?);
        }
        Ok(times)
    })
}

fn rounds<T>(
    items: &mut [T],
    turns: Turns,
    limit: Duration,
    step: &impl Fn(&mut T) -> Result<Duration, Failure>,
) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::with_capacity(items.len());
    let begin = Instant::now();
    loop {
        for item in items.iter_mut() {
            interrupt::check()?;
            times.push(step(item)?);
            if begin.elapsed() > limit {
                return Ok(times);
            }
        }
        if turns == Turns::One || items.is_empty() || begin.elapsed() > LONG_ENOUGH {
            return Ok(times);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted_times() {
        let times = (1..=101).rev().map(Duration::from_micros).collect();
        let measured = Measured::new("test", times, 2).expect("there are times");
        assert_eq!((measured.p50_ns, measured.p99_ns), (51_000, 100_000));
        assert!((measured.per_second - 2.0 * 101.0 / 0.005_151).abs() < 1.0);
        assert!(Measured::new("test", Vec::new(), 1).is_none());
    }

    #[test]
    fn every_item_has_its_turn_on_every_number_of_threads() {
        for threads in [1, 3, 8] {
            let mut items = [0; 5];
            let times = each(&mut items, threads, Turns::One, |item| {
                *item += 1;
                Ok(Duration::ZERO)
            });
            assert_eq!(
                (times.map_err(|_| ()).map(|times| times.len()), items),
                (Ok(5), [1; 5])
            );
        }
    }
}

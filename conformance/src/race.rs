//! Threads that begin together, and threads that disturb.

use std::hint;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};

use session_driver::SessionDriver;

use crate::case::{Driver, Fixture, Stop, Verdict};

/// How often a worker looks for the others before it gives up its core to them.
const SPINS: u32 = 64;

/// The fixture's driver and another instance on the backend; the driver twice where a second one is
/// refused.
pub(crate) fn handles<'a>(
    store: &'a Fixture,
    other: &'a Option<Driver>,
) -> [&'a dyn SessionDriver; 2] {
    [&**store, other.as_deref().unwrap_or(&**store)]
}

/// Runs `act` on as many threads as there are workers, all of which begin together, and gives what
/// each ended with.
pub(crate) fn together<T: Send>(
    workers: usize,
    act: impl Fn(usize) -> Result<T, Stop> + Sync,
) -> Result<Vec<T>, Stop> {
    let (act, start) = (&act, &Start::of(workers));
    thread::scope(|scope| {
        let spawn = |worker| {
            scope.spawn(move || {
                start.meet();
                act(worker)
            })
        };
        let threads: Vec<_> = (0..workers).map(spawn).collect();
        threads.into_iter().map(outcome_of).collect()
    })
}

/// Runs two acts that begin together, and gives what they ended with.
pub(crate) fn both<A: Send, B: Send>(
    one: impl FnOnce() -> Result<A, Stop> + Send,
    two: impl FnOnce() -> Result<B, Stop> + Send,
) -> Result<(A, B), Stop> {
    let start = &Start::of(2);
    thread::scope(|scope| {
        let one = scope.spawn(move || {
            start.meet();
            one()
        });
        let two = scope.spawn(move || {
            start.meet();
            two()
        });
        let (one, two) = (outcome_of(one), outcome_of(two));
        Ok((one?, two?))
    })
}

/// What a thread ended with; its panic goes on in this one.
pub(crate) fn outcome_of<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|cause| panic::resume_unwind(cause))
}

/// A line at which workers wait for each other. They spin, so that none is far behind the others
/// when it goes on.
struct Start {
    workers: usize,
    arrived: AtomicUsize,
}

impl Start {
    fn of(workers: usize) -> Start {
        Start {
            workers,
            arrived: AtomicUsize::new(0),
        }
    }

    fn meet(&self) {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let mut looks = 0_u32;
        while self.arrived.load(Ordering::SeqCst) < self.workers {
            looks = looks.wrapping_add(1);
            if looks.is_multiple_of(SPINS) {
                thread::yield_now();
            }
            hint::spin_loop();
        }
    }
}

/// Runs `act` while as many threads as there are workers repeat `disturb`, which is told its worker
/// and how often that one has run.
pub(crate) fn meanwhile(
    workers: usize,
    disturb: impl Fn(usize, u64) -> Verdict + Sync,
    act: impl FnOnce() -> Verdict,
) -> Verdict {
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let (ended, disturb) = (&ended, &disturb);
        let threads: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || {
                    (0..)
                        .take_while(|_| !ended.load(Ordering::Relaxed))
                        .try_for_each(|turn| disturb(worker, turn))
                })
            })
            .collect();
        let acted = {
            let _ends = EndsOnDrop(ended);
            act()
        };
        threads.into_iter().try_for_each(outcome_of).and(acted)
    })
}

/// Ends the disturbance also when the act panics.
struct EndsOnDrop<'a>(&'a AtomicBool);

impl Drop for EndsOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

//! A task that sweeps from time to time.

use std::fmt;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session_driver::adapter::SWEEP_CHUNK;
use session_driver::{Error, ErrorKind, Timestamp};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, yield_now};
use tokio::time::timeout;

use crate::driver::AsyncSessionDriver;

/// How often, unless said otherwise.
const INTERVAL: Duration = Duration::from_secs(60);

const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// By how much the clocks of hosts that share a backend may differ, unless said otherwise.
const SLACK: Duration = Duration::from_secs(60);

/// After errors in a row the pause doubles up to so many intervals.
const LONGEST_BACKOFF: u32 = 8;

/// Removes what has expired from an async driver, from time to time, in a task of its own.
///
/// ```
/// use std::sync::Arc;
/// use session_driver_async::{Blocking, Sweeper, session_driver::MemoryDriver};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let driver = Arc::new(Blocking::new(MemoryDriver::new()));
/// let sweeping = Sweeper::new(Arc::clone(&driver)).start();
/// // … the service runs …
/// let totals = sweeping.stop().await;
/// assert_eq!(totals.errors, 0);
/// # });
/// ```
///
/// A round sweeps until nothing is left, in small steps between which other tasks run. The first
/// comes within one interval, each further one an interval after the last, a tenth more or less:
/// so hosts that were started together do not sweep together. After an error a round ends, and the
/// pause before the next doubles with each error in a row, up to 8 intervals.
///
/// The driver is given an instant that lies a minute back, so that a host whose clock is fast ends
/// no session that is live by the others' (rule SWP-7). Expired sessions are absent all the same;
/// only their space is given back later.
pub struct Sweeper<A> {
    driver: A,
    interval: Duration,
    slack: Duration,
    chunk: NonZeroUsize,
    clock: fn() -> Timestamp,
    observer: Box<dyn FnMut(&Round) + Send>,
}

/// One round of a [`Sweeper`].
#[derive(Debug)]
pub struct Round {
    /// How many records it removed, also when it failed after some.
    pub removed: u64,
    /// What ended it early.
    pub error: Option<Error>,
}

/// What a [`Sweeper`] has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many records were removed.
    pub removed: u64,
    /// How many rounds there were, those that failed included.
    pub rounds: u64,
    /// How many rounds failed.
    pub errors: u64,
    /// How the last one that failed did.
    pub last_error: Option<ErrorKind>,
}

impl<A: AsyncSessionDriver + 'static> Sweeper<A> {
    /// A sweeper that is yet to be started; an `Arc` of a driver is a driver.
    #[must_use]
    pub fn new(driver: A) -> Sweeper<A> {
        Sweeper {
            driver,
            interval: INTERVAL,
            slack: SLACK,
            chunk: SWEEP_CHUNK,
            clock: Timestamp::now,
            observer: Box::new(|_| ()),
        }
    }

    /// The same, with another interval: a minute if not said, a millisecond at least.
    #[must_use]
    pub fn with_interval(self, interval: Duration) -> Sweeper<A> {
        Sweeper {
            interval: interval.max(SHORTEST_INTERVAL),
            ..self
        }
    }

    /// The same, with another slack: a minute if not said. Only where one clock alone judges the
    /// sessions may it be zero.
    #[must_use]
    pub fn with_slack(self, slack: Duration) -> Sweeper<A> {
        Sweeper { slack, ..self }
    }

    /// The same, with so many records removed in one step at most: 100 if not said.
    #[must_use]
    pub fn with_chunk(self, chunk: NonZeroUsize) -> Sweeper<A> {
        Sweeper { chunk, ..self }
    }

    /// The same, with another clock, for tests.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> Sweeper<A> {
        Sweeper { clock, ..self }
    }

    /// The same, with someone who is told of every round, in the sweeper's task: to log an error,
    /// for example.
    #[must_use]
    pub fn with_observer(self, observer: impl FnMut(&Round) + Send + 'static) -> Sweeper<A> {
        Sweeper {
            observer: Box::new(observer),
            ..self
        }
    }

    /// Starts the task. It runs until the handle is stopped or dropped.
    ///
    /// # Panics
    /// Outside a tokio runtime; the task does, where the runtime has no timer (`enable_time`).
    #[must_use = "the sweeper stops when its handle is dropped"]
    pub fn start(self) -> Sweeping {
        let totals = Arc::new(Mutex::new(Totals::default()));
        let (stop, stopped) = watch::channel(());
        let task = tokio::spawn(self.run(Arc::clone(&totals), stopped));
        Sweeping { stop, task, totals }
    }

    async fn run(mut self, totals: Arc<Mutex<Totals>>, mut stopped: watch::Receiver<()>) {
        let mut pause = share(self.interval, chance());
        let mut errors_in_a_row = 0;
        // Nothing is ever sent: the channel ends when the handle goes.
        while timeout(pause, stopped.changed()).await.is_err() {
            let round = self.round(&stopped).await;
            lock(&totals).add(&round);
            errors_in_a_row = match round.error {
                Some(_) => errors_in_a_row + 1,
                None => 0,
            };
            (self.observer)(&round);
            let intervals = LONGEST_BACKOFF.min(1 << errors_in_a_row.min(31));
            let usual = self.interval.saturating_mul(intervals);
            pause = share(usual, 0.9 + 0.2 * chance());
        }
    }

    async fn round(&mut self, stopped: &watch::Receiver<()>) -> Round {
        let now = (self.clock)().saturating_sub(self.slack);
        let mut removed = 0;
        loop {
            match self.driver.sweep(now, self.chunk).await {
                Ok(swept) => {
                    removed += swept.removed;
                    if !swept.more || stopped.has_changed().is_err() {
                        return Round {
                            removed,
                            error: None,
                        };
                    }
                }
                Err(error) => {
                    return Round {
                        removed,
                        error: Some(error),
                    };
                }
            }
            yield_now().await;
        }
    }
}

fn share(pause: Duration, share: f64) -> Duration {
    Duration::try_from_secs_f64(pause.as_secs_f64() * share).unwrap_or(Duration::MAX)
}

/// A share between 0 and 1. Without randomness the whole.
fn chance() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

/// A [`Sweeper`] at work. Dropping it ends the task after the step it is at, without waiting.
#[derive(Debug)]
pub struct Sweeping {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
    totals: Arc<Mutex<Totals>>,
}

impl Sweeping {
    /// What was done so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        *lock(&self.totals)
    }

    /// Whether the task is there: it ends by itself only when the driver or the observer panics, or
    /// with its runtime.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.task.is_finished()
    }

    /// Lets the step under way finish, ends the task, and tells what was done in all.
    ///
    /// # Panics
    /// With the panic of the driver or the observer that ended the task before.
    pub async fn stop(self) -> Totals {
        let Sweeping { stop, task, totals } = self;
        drop(stop);
        if let Err(Ok(panic)) = task.await.map_err(JoinError::try_into_panic) {
            resume_unwind(panic);
        }
        *lock(&totals)
    }
}

impl Totals {
    fn add(&mut self, round: &Round) {
        self.rounds += 1;
        self.removed += round.removed;
        if let Some(error) = &round.error {
            self.errors += 1;
            self.last_error = Some(error.kind());
        }
    }
}

/// No code that can panic runs under this lock.
fn lock(totals: &Mutex<Totals>) -> MutexGuard<'_, Totals> {
    totals.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<A: fmt::Debug> fmt::Debug for Sweeper<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweeper")
            .field("driver", &self.driver)
            .field("interval", &self.interval)
            .field("slack", &self.slack)
            .field("chunk", &self.chunk)
            .finish_non_exhaustive()
    }
}

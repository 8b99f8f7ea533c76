//! The periodic sweeper, by a clock that tokio's paused time moves.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use session_driver_async::session_driver::{
    Capabilities, Error, ErrorKind, MemoryDriver, NewRecord, Operation, Precondition, Record,
    Result, SessionDriver, SessionId, Swept, Timestamp, Version,
};
use session_driver_async::{AsyncSessionDriver, BoxFuture, BoxStream, Sweeper, Totals};
use tokio::time::{Instant, advance, sleep};

const MINUTE: Duration = Duration::from_secs(60);

thread_local! {
    static BEGIN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Ten minutes after the epoch when a test first asks, and then as tokio's time goes on.
fn now() -> Timestamp {
    let begin = BEGIN.get().unwrap_or_else(Instant::now);
    BEGIN.set(Some(begin));
    Timestamp::MIN.saturating_add(10 * MINUTE + begin.elapsed())
}

/// A driver in memory whose sweeps are told, and fail as they are told to.
#[derive(Clone, Debug, Default)]
struct Fickle {
    memory: MemoryDriver,
    failures: Arc<AtomicUsize>,
    sweeps: Arc<Mutex<Vec<(Timestamp, Timestamp)>>>,
}

impl Fickle {
    fn fill(&self, count: usize, expires_at: Timestamp) {
        for _ in 0..count {
            let id = SessionId::generate().expect("an id");
            let record = NewRecord {
                payload: b"",
                expires_at: Some(expires_at),
            };
            let stored = self
                .memory
                .store(&id, record, Precondition::Absent, Timestamp::MIN);
            stored.expect("stored");
        }
    }

    fn sweeps(&self) -> usize {
        self.sweeps.lock().expect("no test panics here").len()
    }
}

impl AsyncSessionDriver for Fickle {
    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }

    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(async move { self.memory.retrieve(id, now) })
    }

    fn store<'a>(
        &'a self,
        id: &'a SessionId,
        record: NewRecord<'a>,
        when: Precondition,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Version>> {
        Box::pin(async move { self.memory.store(id, record, when, now) })
    }

    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.memory.touch(id, expires_at, now) })
    }

    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { self.memory.remove(id, now) })
    }

    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>> {
        Box::pin(async move { self.memory.rotate(from, to, now) })
    }

    fn traverse(&self, _: Timestamp) -> BoxStream<'_, Result<SessionId>> {
        unimplemented!("a sweeper does not traverse")
    }

    fn sweep(&self, given: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
        Box::pin(async move {
            let mut sweeps = self.sweeps.lock().expect("no test panics here");
            sweeps.push((given, now()));
            drop(sweeps);
            let fails = self
                .failures
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                });
            if fails.is_ok() {
                let kind = ErrorKind::Unavailable;
                return Err(Error::new(kind, Operation::Sweep, "fickle"));
            }
            self.memory.sweep(given, limit)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

fn sweeper(driver: &Fickle) -> Sweeper<Fickle> {
    Sweeper::new(driver.clone()).with_clock(now)
}

#[tokio::test(start_paused = true)]
async fn swp_7_it_passes_now_minus_the_slack() {
    let driver = Fickle::default();
    let tenth = now();
    driver.fill(3, tenth.saturating_sub(2 * MINUTE));
    driver.fill(5, tenth);
    let sweeping = sweeper(&driver).with_slack(3 * MINUTE).start();
    sleep(MINUTE).await;
    assert_eq!(sweeping.totals().removed, 0, "nothing is 3 minutes past");
    sleep(MINUTE + MINUTE / 2).await;
    assert_eq!(sweeping.totals().removed, 3);
    sleep(3 * MINUTE).await;
    assert_eq!(sweeping.stop().await.removed, 8);
    for (given, clock) in &*driver.sweeps.lock().expect("no test panics here") {
        assert_eq!(given.saturating_add(3 * MINUTE), *clock);
    }
}

#[tokio::test(start_paused = true)]
async fn swp_7_it_goes_on_after_errors_less_often_while_they_last() {
    let driver = Fickle::default();
    driver.fill(7, now().saturating_sub(5 * MINUTE));
    driver.failures.store(6, Ordering::SeqCst);
    let told = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&told);
    let sweeping = sweeper(&driver)
        .with_observer(move |round| {
            let mut told = theirs.lock().expect("no test panics here");
            told.push((round.removed, round.error.as_ref().map(Error::kind)));
        })
        .start();
    while sweeping.totals().rounds < 8 {
        sleep(MINUTE).await;
    }
    let totals = sweeping.stop().await;
    let expected = Totals {
        removed: 7,
        rounds: totals.rounds,
        errors: 6,
        last_error: Some(ErrorKind::Unavailable),
    };
    assert_eq!(totals, expected);
    let told = told.lock().expect("no test panics here");
    assert_eq!(told[..6], [(0, Some(ErrorKind::Unavailable)); 6]);
    assert_eq!(told[6..8], [(7, None), (0, None)]);

    let sweeps = driver.sweeps.lock().expect("no test panics here");
    let pauses: Vec<_> = sweeps
        .windows(2)
        .map(|pair| pair[1].1.saturating_duration_since(pair[0].1))
        .collect();
    for (pause, minutes) in pauses.iter().zip([2, 4, 8, 8, 8, 8, 1]) {
        let usual = minutes * MINUTE;
        assert!(
            (usual.mul_f64(0.89)..usual.mul_f64(1.11)).contains(pause),
            "{pauses:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_round_comes_within_an_interval_and_no_two_sweepers_are_in_step() {
    let driver = Fickle::default();
    let begin = now();
    let all: Vec<_> = (0..32).map(|_| sweeper(&driver).start()).collect();
    sleep(MINUTE + Duration::from_millis(2)).await;
    let mut firsts: Vec<_> = driver
        .sweeps
        .lock()
        .expect("no test panics here")
        .iter()
        .map(|(_, clock)| clock.saturating_duration_since(begin))
        .collect();
    assert!(firsts.len() >= all.len(), "each has swept");
    firsts.sort();
    firsts.dedup();
    assert!(firsts.len() > 16, "{firsts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_round_takes_small_steps_and_lets_others_run_in_between() {
    let driver = Fickle::default();
    driver.fill(1_000, now().saturating_sub(5 * MINUTE));
    let ten = NonZeroUsize::new(10).expect("not zero");
    let sweeping = sweeper(&driver).with_chunk(ten).start();
    let theirs = driver.clone();
    // Runs whenever the sweeper yields, and is what ends this test.
    let steps = tokio::spawn(async move {
        let (mut seen, mut last) = (0, 0);
        for _ in 0..10_000_000 {
            if last == 100 {
                break;
            }
            if theirs.sweeps() > last {
                last = theirs.sweeps();
                seen += 1;
            }
            if last == 0 {
                sleep(Duration::from_millis(1)).await;
            } else {
                tokio::task::yield_now().await;
            }
        }
        seen
    });
    assert!(steps.await.expect("no panic") > 50);
    assert_eq!(sweeping.stop().await.removed, 1_000);
}

#[tokio::test(start_paused = true)]
async fn stop_waits_for_the_step_and_not_for_the_round() {
    let driver = Fickle::default();
    driver.fill(1_000, now().saturating_sub(5 * MINUTE));
    let sweeping = sweeper(&driver).with_chunk(NonZeroUsize::MIN).start();
    while driver.sweeps() == 0 {
        advance(Duration::from_secs(1)).await;
    }
    let totals = sweeping.stop().await;
    assert!((1..1_000).contains(&totals.removed), "{totals:?}");
    let sweeps = driver.sweeps();
    sleep(10 * MINUTE).await;
    assert_eq!(driver.sweeps(), sweeps);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_stops_it_too() {
    let driver = Fickle::default();
    let sweeping = sweeper(&driver).start();
    sleep(3 * MINUTE).await;
    assert!(sweeping.is_running());
    drop(sweeping);
    let sweeps = driver.sweeps();
    assert!(sweeps >= 2);
    sleep(10 * MINUTE).await;
    assert_eq!(driver.sweeps(), sweeps);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_observer_is_told_by_stop() {
    let driver = Fickle::default();
    let sweeping = sweeper(&driver)
        .with_observer(|_| panic!("an observer's bug"))
        .start();
    sleep(2 * MINUTE).await;
    assert!(!sweeping.is_running());
    let stopping = tokio::spawn(sweeping.stop());
    assert!(stopping.await.expect_err("it panics").is_panic());
}

//! The threads that call the driver, and the queue before them.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use session_driver::ErrorKind;

use super::call::Job;
use super::moment::comes_in_a_moment;
use super::passage::Passage;

/// So many operations wait at most; each may hold a payload whose request is gone already.
const MAX_WAITING: usize = 16 * 1024;

/// A driver, the threads that call it, and what waits for them.
///
/// Threads are started as they are needed and stay. At most one is on its way to the queue at a
/// time, and it calls the next if it leaves something behind: so a few threads that keep up with
/// the queue are left alone, and operations that wait for a disk are joined by all threads there
/// are. The last one to run out of work looks out for more for a moment before it sleeps.
pub(super) struct Pool<D> {
    state: Mutex<State<D>>,
    work: Condvar,
    /// A thread was called and has not looked at the queue since. Written under the lock of the
    /// state, which is what orders it.
    is_called: AtomicBool,
    max_threads: usize,
    max_traversals: usize,
    /// Threads look out for operations: with one processor alone that would keep it from those who
    /// call.
    look_out: bool,
}

struct State<D> {
    /// `None` once the pool is closed. The threads hold it, too.
    driver: Option<Arc<D>>,
    jobs: VecDeque<Arc<dyn Job<D>>>,
    threads: usize,
    idle: usize,
    /// A thread looks out for the next operation and need not be woken.
    is_watched: bool,
    traversals: Vec<Arc<Passage>>,
    /// Those who wait for a traversal to end, to begin another.
    hopefuls: Vec<Waker>,
    /// How many [`Seat`]s there are.
    seats: usize,
    closers: Vec<Waker>,
}

/// A use of the driver that closing the pool waits for. The fields are dropped in this order, so
/// the driver is gone before it is said to be.
pub(super) struct User<D> {
    pub(super) driver: Arc<D>,
    seat: Seat<D>,
}

struct Seat<D> {
    pool: Arc<Pool<D>>,
}

impl<D: Send + Sync + 'static> Pool<D> {
    pub(super) fn new(driver: D, max_threads: usize, max_traversals: usize) -> Pool<D> {
        Pool {
            state: Mutex::new(State {
                driver: Some(Arc::new(driver)),
                jobs: VecDeque::new(),
                threads: 0,
                idle: 0,
                is_watched: false,
                traversals: Vec::new(),
                hopefuls: Vec::new(),
                seats: 0,
                closers: Vec::new(),
            }),
            work: Condvar::new(),
            is_called: AtomicBool::new(false),
            max_threads,
            max_traversals,
            look_out: thread::available_parallelism().is_ok_and(|count| count.get() > 1),
        }
    }

    /// Lets a thread run the job, whether or not anybody waits for it. Tells whether one is awake
    /// that begins at once.
    pub(super) fn submit(self: &Arc<Self>, job: Arc<dyn Job<D>>) -> Result<bool, ErrorKind> {
        let mut state = self.lock();
        if state.driver.is_none() {
            return Err(ErrorKind::Unavailable);
        }
        if state.jobs.len() == MAX_WAITING {
            return Err(ErrorKind::Busy);
        }
        state.jobs.push_back(job);
        self.call_a_thread(&mut state);
        if state.threads == 0 {
            state.jobs.clear();
            return Err(ErrorKind::Unavailable);
        }
        Ok(state.is_watched)
    }

    /// The driver, for a call on the thread that asks.
    pub(super) fn enter(self: &Arc<Self>) -> Result<User<D>, ErrorKind> {
        self.seat(&mut self.lock()).ok_or(ErrorKind::Unavailable)
    }

    /// Starts a thread of its own for a traversal, which sends to the passage that is returned.
    /// What `run` returns is called when the traversal counts no more, so that whoever learns from
    /// it of the end can begin another.
    ///
    /// When there are as many as there may be, it waits for one that nobody wants any more, which
    /// ends by itself; without such a one, waiting might be for the caller's own.
    pub(super) fn poll_traverse<End: FnOnce(&Passage)>(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        run: impl FnOnce(&D, &Passage) -> End + Send + 'static,
    ) -> Poll<Result<Arc<Passage>, ErrorKind>> {
        let mut state = self.lock();
        if state.driver.is_some() && state.traversals.len() == self.max_traversals {
            if !state.traversals.iter().any(|passage| passage.is_cut()) {
                return Poll::Ready(Err(ErrorKind::Busy));
            }
            state.hopefuls.push(context.waker().clone());
            return Poll::Pending;
        }
        let Some(user) = self.seat(&mut state) else {
            return Poll::Ready(Err(ErrorKind::Unavailable));
        };
        let passage = Arc::new(Passage::new());
        state.traversals.push(Arc::clone(&passage));
        drop(state);
        let theirs = Arc::clone(&passage);
        let started = thread::Builder::new()
            .name("session-traverse".into())
            .spawn(move || {
                let end = run(&user.driver, &theirs);
                user.seat.pool.forget(&theirs);
                end(&theirs);
            });
        Poll::Ready(match started {
            Ok(_) => Ok(passage),
            Err(_) => {
                self.forget(&passage);
                Err(ErrorKind::Unavailable)
            }
        })
    }

    /// Ready when nobody uses the driver any more and it was dropped.
    pub(super) fn poll_closed(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.seats == 0 {
            return Poll::Ready(());
        }
        let waker = context.waker();
        if !state.closers.iter().any(|known| known.will_wake(waker)) {
            state.closers.push(waker.clone());
        }
        Poll::Pending
    }

    /// Wakes or starts a thread, unless one is on its way or there are enough.
    fn call_a_thread(self: &Arc<Self>, state: &mut State<D>) {
        if self.is_called() {
            return;
        }
        if state.is_watched {
            self.set_called(true);
        } else if state.idle > 0 {
            self.set_called(true);
            self.work.notify_one();
        } else if state.threads < self.max_threads {
            let Some(user) = self.seat(state) else {
                return;
            };
            // If the system has no thread to give, those there are go on.
            let started = thread::Builder::new()
                .name("session-driver".into())
                .spawn(move || user.seat.pool.work(&user.driver));
            if started.is_ok() {
                self.set_called(true);
                state.threads += 1;
            }
        }
    }

    /// What a thread does until the pool is closed and the queue is empty.
    fn work(self: &Arc<Self>, driver: &D) {
        let mut state = self.lock();
        loop {
            self.set_called(false);
            while let Some(job) = state.jobs.pop_front() {
                if !state.jobs.is_empty() {
                    self.call_a_thread(&mut state);
                }
                drop(state);
                job.run(driver);
                drop(job);
                state = self.lock();
            }
            if state.driver.is_none() {
                break;
            }
            if self.look_out && !state.is_watched {
                state = self.watch(state);
            }
            state.idle += 1;
            state = self
                .work
                .wait_while(state, |state| !self.is_called() && state.driver.is_some())
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
        state.threads -= 1;
    }

    /// Looks out for a call without going to sleep, for a moment and no longer: a task that calls
    /// again and again finds the thread awake, and pays for no waking.
    fn watch<'a>(&'a self, mut state: MutexGuard<'a, State<D>>) -> MutexGuard<'a, State<D>> {
        state.is_watched = true;
        drop(state);
        comes_in_a_moment(|| self.is_called());
        let mut state = self.lock();
        state.is_watched = false;
        state
    }

    fn is_called(&self) -> bool {
        self.is_called.load(Ordering::Relaxed)
    }

    fn set_called(&self, is_called: bool) {
        self.is_called.store(is_called, Ordering::Relaxed);
    }

    fn seat(self: &Arc<Self>, state: &mut State<D>) -> Option<User<D>> {
        let driver = Arc::clone(state.driver.as_ref()?);
        state.seats += 1;
        Some(User {
            driver,
            seat: Seat {
                pool: Arc::clone(self),
            },
        })
    }

    fn forget(&self, passage: &Arc<Passage>) {
        let mut state = self.lock();
        state
            .traversals
            .retain(|other| !Arc::ptr_eq(other, passage));
        let hopefuls = mem::take(&mut state.hopefuls);
        drop(state);
        hopefuls.into_iter().for_each(Waker::wake);
    }
}

impl<D> Pool<D> {
    /// Takes no more operations; what is queued or under way finishes, and the threads end.
    pub(super) fn close(&self) {
        let (driver, traversals) = {
            let mut state = self.lock();
            (state.driver.take(), state.traversals.clone())
        };
        // Before the threads are told, so that one of them drops it in the end and not this one.
        drop(driver);
        self.work.notify_all();
        for passage in traversals {
            passage.cut();
        }
    }

    /// No code that can panic runs under this lock.
    fn lock(&self) -> MutexGuard<'_, State<D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D> Drop for Seat<D> {
    fn drop(&mut self) {
        let closers = {
            let mut state = self.pool.lock();
            state.seats -= 1;
            if state.seats > 0 {
                return;
            }
            mem::take(&mut state.closers)
        };
        closers.into_iter().for_each(Waker::wake);
    }
}

//! How a driver is put under async tasks.

use std::num::NonZeroUsize;
use std::sync::Arc;

use session_driver::SessionDriver;

use super::Blocking;
use super::pool::Pool;
use super::streak::Streak;
use super::waiting::Waiting;

/// Enough that a driver which writes for many callers at once is given many.
const THREADS: NonZeroUsize = NonZeroUsize::new(32).expect("32 is not zero");

const TRAVERSALS: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not zero");

/// Settings of a [`Blocking`] that is yet to be built.
#[derive(Clone, Debug)]
pub struct BlockingBuilder<D> {
    driver: D,
    threads: NonZeroUsize,
    traversals: NonZeroUsize,
    runs_quick_ones_inline: bool,
}

impl<D: SessionDriver + 'static> BlockingBuilder<D> {
    pub(super) fn new(driver: D) -> BlockingBuilder<D> {
        BlockingBuilder {
            driver,
            threads: THREADS,
            traversals: TRAVERSALS,
            runs_quick_ones_inline: false,
        }
    }

    /// How many operations run at a time at most, each on a thread: 32 if not said. Threads are
    /// started as they are needed; further operations wait.
    #[must_use]
    pub fn threads(self, threads: NonZeroUsize) -> BlockingBuilder<D> {
        BlockingBuilder { threads, ..self }
    }

    /// How many traversals there are at a time at most, each on a thread of its own beside those of
    /// [`threads`](BlockingBuilder::threads): 16 if not said. A further one waits if one of them was
    /// dropped and is about to end, and is Busy if not.
    #[must_use]
    pub fn traversals(self, traversals: NonZeroUsize) -> BlockingBuilder<D> {
        BlockingBuilder { traversals, ..self }
    }

    /// Runs operations on the thread that polls them while their like have been quick.
    ///
    /// Handing a call to a thread and its answer back costs as much as a read from a file where
    /// several tasks call, several times that where the threads sleep between calls, and less where
    /// one task calls again and again. With this a read is run in place once 32 reads took less than
    /// 50 µs, and so with writes (store, touch, remove, rotate); sweeps and traversals never are. One
    /// that takes longer holds up its runtime's thread that once. It is forgiven after 64 quick ones;
    /// if not, as many go to the pool as earn that trust again, 32 at most.
    ///
    /// It is for drivers that hardly ever wait: the memory driver, files on a local disk. It is not
    /// for one that calls a runtime itself, which may not be done on a thread of another
    /// ([`BlockOn`](crate::BlockOn) is one).
    #[must_use]
    pub fn run_quick_ones_inline(self) -> BlockingBuilder<D> {
        BlockingBuilder {
            runs_quick_ones_inline: true,
            ..self
        }
    }

    /// The driver under async tasks. No thread is started yet.
    #[must_use]
    pub fn build(self) -> Blocking<D> {
        let streak = || self.runs_quick_ones_inline.then(Arc::<Streak>::default);
        Blocking {
            capabilities: self.driver.capabilities(),
            reads: streak(),
            writes: streak(),
            waiting: Waiting::default(),
            pool: Arc::new(Pool::new(
                self.driver,
                self.threads.get(),
                self.traversals.get(),
            )),
        }
    }
}

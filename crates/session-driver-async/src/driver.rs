//! The contract, for drivers that do not block.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;
use session_driver::{
    Capabilities, NewRecord, Precondition, Record, Result, SessionId, Swept, Timestamp, Version,
};

/// The future of an operation: boxed, so that the trait is object-safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The stream of a traversal, boxed as [`BoxFuture`] is.
pub type BoxStream<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

/// Keeps the sessions of one namespace in one backend, without blocking the thread that asks.
///
/// The contract is that of [`SessionDriver`](session_driver::SessionDriver), method for method and
/// rule for rule; what is said there is not said again here. The suite proves an async driver
/// through [`BlockOn`](crate::BlockOn).
///
/// # Dropped futures
/// A future does nothing before it is polled. Dropping one that was polled lets the operation
/// happen wholly or not at all, possibly afterwards, and leaves a usable driver (rule CON-4): no
/// answer ever reaches another call. So to the caller a dropped write is what Indeterminate is:
/// read before deciding.
///
/// # Implementing
/// As with the blocking trait there are no default methods, the methods stand in the same order,
/// and `&A`, `Box<A>` and `Arc<A>` are drivers where `A` is, `dyn AsyncSessionDriver` included.
pub trait AsyncSessionDriver: fmt::Debug + Send + Sync {
    /// What this instance promises: as
    /// [`SessionDriver::capabilities`](session_driver::SessionDriver::capabilities).
    fn capabilities(&self) -> Capabilities;

    /// The live record under `id`: as
    /// [`SessionDriver::retrieve`](session_driver::SessionDriver::retrieve).
    ///
    /// # Errors
    /// As there.
    fn retrieve<'a>(
        &'a self,
        id: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Record>>>;

    /// Sets payload and deadline together, if `when` holds: as
    /// [`SessionDriver::store`](session_driver::SessionDriver::store).
    ///
    /// # Errors
    /// As there.
    fn store<'a>(
        &'a self,
        id: &'a SessionId,
        record: NewRecord<'a>,
        when: Precondition,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Version>>;

    /// Moves the deadline of a live record: as
    /// [`SessionDriver::touch`](session_driver::SessionDriver::touch).
    ///
    /// # Errors
    /// As there.
    fn touch<'a>(
        &'a self,
        id: &'a SessionId,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool>>;

    /// Makes `id` absent: as [`SessionDriver::remove`](session_driver::SessionDriver::remove).
    ///
    /// # Errors
    /// As there.
    fn remove<'a>(&'a self, id: &'a SessionId, now: Timestamp) -> BoxFuture<'a, Result<bool>>;

    /// Moves the live record under `from` to the id `to`: as
    /// [`SessionDriver::rotate`](session_driver::SessionDriver::rotate).
    ///
    /// # Errors
    /// As there.
    fn rotate<'a>(
        &'a self,
        from: &'a SessionId,
        to: &'a SessionId,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Version>>>;

    /// Each live id once, in no order: as
    /// [`SessionDriver::traverse`](session_driver::SessionDriver::traverse), with the stream in the
    /// place of the visitor.
    ///
    /// Dropping the stream is what breaking is there. While it waits to be polled no lock is held,
    /// and any operation may be called. Ids may be read ahead of the polls, so one that is yielded
    /// may have gone a moment ago. An error is the last item, and whatever the last item was, a
    /// further poll yields none.
    ///
    /// # Errors
    /// As there, as an item.
    fn traverse(&self, now: Timestamp) -> BoxStream<'_, Result<SessionId>>;

    /// Removes at most `limit` expired records: as
    /// [`SessionDriver::sweep`](session_driver::SessionDriver::sweep).
    ///
    /// # Errors
    /// As there.
    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>>;

    /// Lets what is under way finish, then ends the driver's own threads, tasks and connections and
    /// frees its locks, so that the backend can be opened again (rule HYG-5).
    ///
    /// Every operation that begins afterwards is Unavailable; a driver closed already is closed.
    /// Dropping a driver does the same without waiting for it.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Implements the trait for a pointer to a driver.
macro_rules! forward {
    ($($pointer:ty),+) => {$(
        impl<A: AsyncSessionDriver + ?Sized> AsyncSessionDriver for $pointer {
            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }

            fn retrieve<'a>(
                &'a self,
                id: &'a SessionId,
                now: Timestamp,
            ) -> BoxFuture<'a, Result<Option<Record>>> {
                (**self).retrieve(id, now)
            }

            fn store<'a>(
                &'a self,
                id: &'a SessionId,
                record: NewRecord<'a>,
                when: Precondition,
                now: Timestamp,
            ) -> BoxFuture<'a, Result<Version>> {
                (**self).store(id, record, when, now)
            }

            fn touch<'a>(
                &'a self,
                id: &'a SessionId,
                expires_at: Option<Timestamp>,
                now: Timestamp,
            ) -> BoxFuture<'a, Result<bool>> {
                (**self).touch(id, expires_at, now)
            }

            fn remove<'a>(
                &'a self,
                id: &'a SessionId,
                now: Timestamp,
            ) -> BoxFuture<'a, Result<bool>> {
                (**self).remove(id, now)
            }

            fn rotate<'a>(
                &'a self,
                from: &'a SessionId,
                to: &'a SessionId,
                now: Timestamp,
            ) -> BoxFuture<'a, Result<Option<Version>>> {
                (**self).rotate(from, to, now)
            }

            fn traverse(&self, now: Timestamp) -> BoxStream<'_, Result<SessionId>> {
                (**self).traverse(now)
            }

            fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> BoxFuture<'_, Result<Swept>> {
                (**self).sweep(now, limit)
            }

            fn close(&self) -> BoxFuture<'_, ()> {
                (**self).close()
            }
        }
    )+};
}

forward!(&A, Box<A>, Arc<A>);

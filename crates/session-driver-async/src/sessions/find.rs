//! Operations on all sessions.

use std::fmt;
use std::future::poll_fn;
use std::num::NonZeroUsize;

#[cfg(feature = "messagepack")]
use session_driver::MessagePack;
use session_driver::adapter::{SWEEP_CHUNK, handle::require_readable_ids};
use session_driver::{Codec, Removed, Result, Session, SessionId};

use super::AsyncSessions;
use crate::driver::{AsyncSessionDriver, BoxStream};

impl<T, A: AsyncSessionDriver, C: Codec<T>> AsyncSessions<T, A, C> {
    /// Begins a search of all live sessions, in no order: as
    /// [`Sessions::find`](session_driver::Sessions::find), with [`Found::next`] in the place of the
    /// visitor.
    ///
    /// # Errors
    /// Unsupported when the driver does not keep readable ids (rule TRV-6).
    pub fn find(&self) -> Result<Found<'_, T, A, C>> {
        require_readable_ids(self.driver.capabilities())?;
        Ok(Found {
            sessions: self,
            ids: self.traverse(),
        })
    }

    /// The id of every live session, in no order: see [`AsyncSessionDriver::traverse`].
    ///
    /// Where the driver does not keep readable ids they are digests that no operation knows (rule
    /// TRV-6).
    pub fn traverse(&self) -> BoxStream<'_, Result<SessionId>> {
        self.driver.traverse(self.records.now())
    }

    /// How many sessions are live now: O(n) time. Like
    /// [`Sessions::count`](session_driver::Sessions::count), asynchronously.
    ///
    /// # Errors
    /// Those of [`Sessions::count`](session_driver::Sessions::count).
    pub async fn count(&self) -> Result<u64> {
        let (mut ids, mut count) = (self.traverse(), 0);
        while let Some(id) = next(&mut ids).await {
            id?;
            count += 1;
        }
        Ok(count)
    }

    /// Removes at most `limit` live sessions, in no order, and says whether to call again. Like
    /// [`Sessions::remove_all`](session_driver::Sessions::remove_all), asynchronously; sessions
    /// that others create or rotate meanwhile may be missed.
    ///
    /// When the future is dropped, some sessions may have been removed.
    ///
    /// # Errors
    /// Those of [`Sessions::remove_all`](session_driver::Sessions::remove_all).
    pub async fn remove_all(&self, limit: NonZeroUsize) -> Result<Removed> {
        require_readable_ids(self.driver.capabilities())?;
        let (mut ids, mut visited, mut removed) = (self.traverse(), 0, 0);
        while let Some(id) = next(&mut ids).await {
            let id = id?;
            if visited == limit.get() {
                let more = true;
                return Ok(Removed { removed, more });
            }
            visited += 1;
            removed += u64::from(self.remove(&id).await?);
        }
        let more = false;
        Ok(Removed { removed, more })
    }

    /// Removes what has expired by now and is still stored, in small steps, and answers how much
    /// that was: as [`Sessions::sweep`](session_driver::Sessions::sweep).
    ///
    /// [`Sweeper`](crate::Sweeper) does so from time to time.
    ///
    /// # Errors
    /// As there.
    pub async fn sweep(&self) -> Result<u64> {
        let now = self.records.now();
        let mut removed = 0;
        loop {
            let swept = self.driver.sweep(now, SWEEP_CHUNK).await?;
            removed += swept.removed;
            if !swept.more {
                return Ok(removed);
            }
        }
    }
}

/// The next id of a traversal.
async fn next(ids: &mut BoxStream<'_, Result<SessionId>>) -> Option<Result<SessionId>> {
    poll_fn(|context| ids.as_mut().poll_next(context)).await
}

/// A search of all sessions, from [`AsyncSessions::find`]. Drop it to stop.
pub struct Found<
    'a,
    T,
    A,
    #[cfg(feature = "messagepack")] C = MessagePack,
    #[cfg(not(feature = "messagepack"))] C,
> {
    sessions: &'a AsyncSessions<T, A, C>,
    ids: BoxStream<'a, Result<SessionId>>,
}

impl<T, A: AsyncSessionDriver, C: Codec<T>> Found<'_, T, A, C> {
    /// The next session, or `None` at the end.
    ///
    /// One that cannot be retrieved or decoded comes as its id and its error, and the search goes
    /// on; one that went meanwhile is passed over. Any method of the handle may be called in
    /// between, such as [`remove`](AsyncSessions::remove) of what was found. When this future is
    /// dropped, a session may be passed over.
    ///
    /// # Errors
    /// Those of the traversal; it is then at its end.
    pub async fn next(&mut self) -> Result<Option<(SessionId, Result<Session<T>>)>> {
        while let Some(id) = next(&mut self.ids).await {
            let id = id?;
            if let Some(found) = self.sessions.retrieve(&id).await.transpose() {
                return Ok(Some((id, found)));
            }
        }
        Ok(None)
    }
}

impl<T, A, C> fmt::Debug for Found<'_, T, A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").finish_non_exhaustive()
    }
}

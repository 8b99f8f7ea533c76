//! Locks over ids.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use session_driver::SessionId;

/// Enough that writers rarely meet in one by chance.
const STRIPES: usize = 256;

/// A lock for each group of ids: who holds it is the only one who writes to them. The store is open
/// in no other instance, so locks in memory suffice; reads take none.
pub(crate) struct Stripes {
    locks: Box<[Mutex<()>]>,
    hasher: RandomState,
}

/// The lock of one group, or of two.
pub(crate) struct Held<'a> {
    _locks: (MutexGuard<'a, ()>, Option<MutexGuard<'a, ()>>),
}

impl Stripes {
    pub(crate) fn new() -> Stripes {
        Stripes {
            locks: (0..STRIPES).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    pub(crate) fn lock(&self, id: &SessionId) -> Held<'_> {
        Held {
            _locks: (self.lock_at(self.stripe_of(id)), None),
        }
    }

    /// Locks both, the lower first, so that no two rotates wait for each other.
    pub(crate) fn lock_both(&self, one: &SessionId, other: &SessionId) -> Held<'_> {
        let (one, other) = (self.stripe_of(one), self.stripe_of(other));
        let lower = self.lock_at(one.min(other));
        let higher = (one != other).then(|| self.lock_at(one.max(other)));
        Held {
            _locks: (lower, higher),
        }
    }

    fn lock_at(&self, stripe: usize) -> MutexGuard<'_, ()> {
        // The lock guards nothing in memory that a panic could leave half-way.
        self.locks[stripe]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn stripe_of(&self, id: &SessionId) -> usize {
        self.hasher.hash_one(id.as_bytes()) as usize % STRIPES
    }
}

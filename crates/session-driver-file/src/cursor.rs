//! Where a sweep goes on.

use session_driver::{SessionId, Timestamp};

/// How far sweeps have come around the shards.
///
/// A loop of bounded sweeps must neither list a directory again for every few removals nor claim to
/// be done before it is. So the cursor keeps what was found due in the shard at hand, and counts
/// the shards in a row that were drained as of `as_of`. A sweep given another instant begins to
/// count anew where it stands; the last one of a loop has gone once around.
#[derive(Debug)]
pub(crate) struct Cursor {
    shard: usize,
    due: Vec<SessionId>,
    /// The instant for which `due` was found, once the shard was listed.
    listed_as_of: Option<Timestamp>,
    drained: usize,
    as_of: Timestamp,
}

/// What a sweep does next.
pub(crate) enum Step {
    Remove(SessionId),
    List(usize),
    Done,
}

impl Cursor {
    pub(crate) fn new() -> Cursor {
        Cursor {
            shard: 0,
            due: Vec::new(),
            listed_as_of: None,
            drained: 0,
            as_of: Timestamp::MIN,
        }
    }

    /// Begins or goes on with a sweep as of `now`.
    pub(crate) fn advance_to(&mut self, now: Timestamp) {
        if now != self.as_of {
            self.drained = 0;
        }
        self.as_of = now;
    }

    /// The next step around so many shards.
    pub(crate) fn next(&mut self, shards: usize) -> Step {
        loop {
            if let Some(id) = self.due.pop() {
                return Step::Remove(id);
            }
            if self.listed_as_of.is_none_or(|listed| listed < self.as_of) {
                return Step::List(self.shard);
            }
            self.drained += 1;
            self.shard = (self.shard + 1) % shards;
            self.listed_as_of = None;
            if self.drained >= shards {
                self.drained = 0;
                return Step::Done;
            }
        }
    }

    /// Takes what was found in the shard at hand.
    pub(crate) fn found(&mut self, due: Vec<SessionId>) {
        self.due = due;
        self.listed_as_of = Some(self.as_of);
    }

    /// Leaves the shard at hand, in which something failed, undrained: the next sweep begins with
    /// the others, so that one bad file does not keep it from them.
    pub(crate) fn pass_over(&mut self, shards: usize) {
        self.due.clear();
        self.listed_as_of = None;
        self.drained = 0;
        self.shard = (self.shard + 1) % shards;
    }

    /// Takes back a step that was not carried out.
    pub(crate) fn put_back(&mut self, id: SessionId) {
        self.due.push(id);
    }
}

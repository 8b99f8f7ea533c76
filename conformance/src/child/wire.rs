//! What parent and child say to each other.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::call::{Call, Refusal, Reply};
use crate::child::census::Census;

/// Begins every answer, so that it is found among what a driver may print.
pub(crate) const MARKER: char = '\u{1}';

/// What the parent asks. A lane is a thread of the child, on which requests wait for one another,
/// with a driver of its own or that of lane 0.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) lane: usize,
    pub(crate) wish: Wish,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Wish {
    /// Open the backend at this locator, with durability Power if so; a retryable Busy is tried
    /// again for the bound.
    Open {
        locator: String,
        bound: Duration,
        for_power: bool,
    },
    /// From now on these system calls of this process have this fate.
    Filter(Calls, Fate),
    /// Use the driver of lane 0 on this lane, too.
    Join,
    /// Perform an operation on the open driver.
    Perform(Call),
    /// Use the driver for a while, as many times as said: all operations, refusals, traversals that
    /// are stopped.
    Use { seed: u64, times: u32 },
    /// The same, each time from a new thread.
    UseFromThreads { seed: u64, times: u32 },
    /// End each of these sessions from two threads at once, by a remove and by another one, or by a
    /// touch into the past. Where one is told that nothing is there before the other is told
    /// anything, the process ends itself as if by a kill.
    EndTwice {
        ids: Vec<String>,
        now: i64,
        by_touch: bool,
    },
    /// Drop the driver.
    Close,
    /// Look at the process.
    Count,
}

/// System calls that a filter can take hold of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Calls {
    /// `fsync`, `fdatasync`, `msync`, `sync_file_range`, `syncfs`.
    Syncs,
    /// `read`, `pread64`, `readv`, `preadv`, `preadv2`, but for those of stdin.
    Reads,
    /// `flock`, and what `fcntl` has to do with locks.
    Locks,
}

/// What becomes of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fate {
    /// It fails: syncs and reads with EIO, as on a broken disk, locks with ENOLCK, as on a file
    /// system that keeps none.
    Fail,
    /// It is the last thing that the process does.
    EndTheProcess,
}

/// What the child answers, one for each request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The child listens.
    Ready,
    Opened(Result<(), (Refusal, String)>),
    Performed(Reply),
    Used(Result<(), String>),
    /// So many of the sessions were ended, and now comes the next.
    Ended(usize),
    Closed,
    Counted(Option<Census>),
}

/// An answer, and on which lane.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) lane: usize,
    pub(crate) answer: Answer,
}

impl Request {
    pub(crate) fn perform(lane: usize, call: Call) -> Request {
        let wish = Wish::Perform(call);
        Request { lane, wish }
    }

    pub(crate) fn of(lane: usize, wish: Wish) -> Request {
        Request { lane, wish }
    }
}

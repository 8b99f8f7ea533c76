//! The parts of calls and replies that have names: ids, instants, payloads, versions. What shrinks
//! renames them.

use session_driver::Operation;

use crate::call::{Call, Payload, Reply, When};

impl Call {
    /// The operation's name.
    pub(crate) fn operation(&self) -> Operation {
        match self {
            Call::Retrieve { .. } => Operation::Retrieve,
            Call::Store { .. } => Operation::Store,
            Call::Touch { .. } => Operation::Touch,
            Call::Remove { .. } => Operation::Remove,
            Call::Rotate { .. } => Operation::Rotate,
            Call::Traverse { .. } => Operation::Traverse,
            Call::Sweep { .. } => Operation::Sweep,
        }
    }

    /// The ids it names; none for a traversal or a sweep, which concern all.
    pub(crate) fn ids(&self) -> Vec<&str> {
        match self {
            Call::Retrieve { id, .. }
            | Call::Store { id, .. }
            | Call::Touch { id, .. }
            | Call::Remove { id, .. } => vec![id],
            Call::Rotate { from, to, .. } => vec![from, to],
            Call::Traverse { .. } | Call::Sweep { .. } => vec![],
        }
    }

    pub(crate) fn ids_mut(&mut self) -> Vec<&mut String> {
        match self {
            Call::Retrieve { id, .. }
            | Call::Store { id, .. }
            | Call::Touch { id, .. }
            | Call::Remove { id, .. } => vec![id],
            Call::Rotate { from, to, .. } => vec![from, to],
            Call::Traverse { .. } | Call::Sweep { .. } => vec![],
        }
    }

    pub(crate) fn now(&self) -> i64 {
        match self {
            Call::Retrieve { now, .. }
            | Call::Store { now, .. }
            | Call::Touch { now, .. }
            | Call::Remove { now, .. }
            | Call::Rotate { now, .. }
            | Call::Traverse { now }
            | Call::Sweep { now, .. } => *now,
        }
    }

    pub(crate) fn now_mut(&mut self) -> &mut i64 {
        match self {
            Call::Retrieve { now, .. }
            | Call::Store { now, .. }
            | Call::Touch { now, .. }
            | Call::Remove { now, .. }
            | Call::Rotate { now, .. }
            | Call::Traverse { now }
            | Call::Sweep { now, .. } => now,
        }
    }

    /// The deadline that it sets; `None`: it sets none.
    pub(crate) fn deadline_mut(&mut self) -> Option<&mut Option<i64>> {
        match self {
            Call::Store { expires_at, .. } | Call::Touch { expires_at, .. } => Some(expires_at),
            _ => None,
        }
    }

    pub(crate) fn payload_mut(&mut self) -> Option<&mut Payload> {
        match self {
            Call::Store { payload, .. } => Some(payload),
            _ => None,
        }
    }

    /// The version that it asks for.
    pub(crate) fn version_mut(&mut self) -> Option<&mut u64> {
        match self {
            Call::Store {
                when: When::Version(version),
                ..
            } => Some(version),
            _ => None,
        }
    }
}

impl Reply {
    /// The version that it tells.
    pub(crate) fn version(&self) -> Option<u64> {
        self.clone().version_mut().copied()
    }

    pub(crate) fn version_mut(&mut self) -> Option<&mut u64> {
        match self {
            Reply::Found(Some(seen)) => Some(&mut seen.version),
            Reply::Stored(version) | Reply::Rotated(Some(version)) => Some(version),
            _ => None,
        }
    }

    pub(crate) fn deadline_mut(&mut self) -> Option<&mut i64> {
        match self {
            Reply::Found(Some(seen)) => seen.expires_at.as_mut(),
            _ => None,
        }
    }

    pub(crate) fn payload_mut(&mut self) -> Option<&mut Payload> {
        match self {
            Reply::Found(Some(seen)) => seen.payload.as_mut(),
            _ => None,
        }
    }
}

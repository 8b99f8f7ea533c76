//! A history as text, to be read by people and by [`parse`](super::parse).

use std::fmt;

use crate::call::{Call, Payload, Refusal, Reply, When};
use crate::linearize::history::{Event, History};
use crate::model::Promises;

/// Where a promise is written down.
pub(super) type Place = fn(&mut Promises) -> &mut bool;

/// The names of what a driver promises.
pub(super) const PROMISES: [(&str, Place); 4] = [
    ("atomic_rotate", |all| &mut all.atomic_rotate),
    ("rotate_keeps_version", |all| &mut all.rotate_keeps_version),
    ("readable_ids", |all| &mut all.readable_ids),
    ("native_expiry", |all| &mut all.native_expiry),
];

/// The refusals that a history may hold.
pub(super) const REFUSALS: [(&str, Refusal); 3] = [
    ("already-exists", Refusal::AlreadyExists),
    ("not-found", Refusal::NotFound),
    ("conflict", Refusal::Conflict),
];

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("            promises")?;
        for (name, place) in PROMISES {
            if *place(&mut self.scope.promises.clone()) {
                write!(f, " {name}")?;
            }
        }
        let mut events: Vec<&Event> = self.events().collect();
        events.sort_by_key(|event| event.invoked);
        for event in events {
            let (from, call) = (event.invoked.as_nanos(), &event.call);
            match &event.answered {
                Some((when, reply)) => {
                    let span = format!("{from}..{}", when.as_nanos());
                    write!(
                        f,
                        "\n            {:<3} {span:<8} {call} => {reply}",
                        event.lane
                    )?;
                }
                None => {
                    let span = format!("{from}..");
                    write!(f, "\n            {:<3} {span:<8} {call}", event.lane)?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Call::Retrieve { id, now } => write!(f, "retrieve {id} at {now}"),
            Call::Store {
                id,
                payload,
                expires_at,
                when,
                now,
            } => {
                let (payload, deadline) = (Shown(Some(*payload)), Until(*expires_at));
                write!(f, "store {id} {payload} {deadline} when {when} at {now}")
            }
            Call::Touch {
                id,
                expires_at,
                now,
            } => write!(f, "touch {id} {} at {now}", Until(*expires_at)),
            Call::Remove { id, now } => write!(f, "remove {id} at {now}"),
            Call::Rotate { from, to, now } => write!(f, "rotate {from} {to} at {now}"),
            Call::Traverse { now } => write!(f, "traverse at {now}"),
            Call::Sweep { now, limit: None } => write!(f, "sweep at {now}"),
            Call::Sweep {
                now,
                limit: Some(limit),
            } => write!(f, "sweep at {now} limit {limit}"),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Found(None) => f.write_str("found none"),
            Reply::Found(Some(seen)) => {
                let (payload, deadline) = (Shown(seen.payload), Until(seen.expires_at));
                write!(f, "found {payload} {deadline} version {}", seen.version)
            }
            Reply::Stored(version) => write!(f, "stored {version}"),
            Reply::Was(was) => write!(f, "was {was}"),
            Reply::Rotated(None) => f.write_str("rotated none"),
            Reply::Rotated(Some(version)) => write!(f, "rotated {version}"),
            Reply::Visited(ids) => write!(f, "visited {}", ids.join(" ")),
            Reply::Swept { removed, more } => {
                write!(f, "swept {removed} {}", if *more { "more" } else { "all" })
            }
            Reply::Refused(refusal, text) => {
                match REFUSALS.iter().find(|(_, known)| known == refusal) {
                    Some((name, _)) => write!(f, "refused {name}"),
                    None => write!(f, "refused {text}"),
                }
            }
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Any => f.write_str("any"),
            When::Absent => f.write_str("absent"),
            When::Present => f.write_str("present"),
            When::Version(version) => write!(f, "version {version}"),
        }
    }
}

/// A payload as `mark x length`, or `foreign`, when nobody stored it.
struct Shown(Option<Payload>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Payload { mark, length }) => write!(f, "{mark}x{length}"),
            None => f.write_str("foreign"),
        }
    }
}

/// A deadline.
struct Until(Option<i64>);

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(deadline) => write!(f, "until {deadline}"),
            None => f.write_str("until never"),
        }
    }
}

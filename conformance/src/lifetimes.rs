//! How long a backend keeps records by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use session_driver::{NewRecord, Precondition, SessionDriver, SessionId, Timestamp};

use crate::case::{Context, Stop, Verdict, ensure};
use crate::damage::at_rest;
use crate::place::Place;
use crate::workload::{NOW, at, id, record};

/// A store, closed, with records that came to their deadlines in every way there is.
#[derive(Debug)]
pub(crate) struct Lifetimes {
    pub(crate) place: Arc<Place>,
    /// Records with a deadline: the id, the way, and how long the record has at [`NOW`].
    pub(crate) mortal: Vec<(SessionId, &'static str, Duration)>,
    /// Records without one.
    pub(crate) immortal: Vec<(SessionId, &'static str)>,
    /// When the first of them was written.
    pub(crate) begin: Instant,
}

/// The last operation on a record.
type Way = (
    &'static str,
    fn(&dyn SessionDriver, &SessionId, Option<Timestamp>) -> Verdict,
);

const WAYS: [Way; 5] = [
    ("a create", |store, who, deadline| {
        keep(store, who, deadline, Precondition::Absent)
    }),
    (
        "a store over one without a deadline",
        |store, who, deadline| {
            keep(store, who, None, Precondition::Absent)?;
            keep(store, who, deadline, Precondition::Any)
        },
    ),
    (
        "a store over one with another deadline",
        |store, who, deadline| {
            keep(store, who, Some(at(1_000)), Precondition::Absent)?;
            keep(store, who, deadline, Precondition::Present)
        },
    ),
    ("a touch", |store, who, deadline| {
        let before = match deadline {
            Some(_) => None,
            None => Some(at(1_000)),
        };
        keep(store, who, before, Precondition::Absent)?;
        ensure!(
            store.touch(who, deadline, NOW)?,
            "the touch of a live id answers false"
        );
        Ok(())
    }),
    ("a rotate", |store, who, deadline| {
        let from = id(&format!("{}-from", who.as_str()));
        keep(store, &from, deadline, Precondition::Absent)?;
        ensure!(
            store.rotate(&from, who, NOW)?.is_some(),
            "the rotate of a live id answers None"
        );
        Ok(())
    }),
];

fn keep(
    store: &dyn SessionDriver,
    who: &SessionId,
    expires_at: Option<Timestamp>,
    when: Precondition,
) -> Verdict {
    let new: NewRecord<'_> = record(b"kept", expires_at);
    store.store(who, new, when, NOW)?;
    Ok(())
}

impl Lifetimes {
    /// A new store, and what is in it.
    ///
    /// # Errors
    /// NotApplicable to a driver without native expiry, Unobserved when nothing of the backend can
    /// be seen.
    pub(crate) fn of(context: &Context) -> Result<Lifetimes, Stop> {
        if context.capabilities().native_expiry.is_none() {
            let reason = "the driver does not declare native expiry";
            return Err(Stop::NotApplicable(reason.into()));
        }
        let (store, begin) = (context.fresh()?, Instant::now());
        let (mut mortal, mut immortal) = (vec![], vec![]);
        for (number, (way, take)) in WAYS.into_iter().enumerate() {
            for seconds in [60, 86_400] {
                let who = id(&format!("mortal-{number}-{seconds}"));
                take(&*store, &who, Some(at(seconds * 1_000)))?;
                mortal.push((who, way, Duration::from_secs(seconds.unsigned_abs())));
            }
            let who = id(&format!("immortal-{number}"));
            take(&*store, &who, None)?;
            immortal.push((who, way));
        }
        let place = at_rest(context, store)?;
        Ok(Lifetimes {
            place,
            mortal,
            immortal,
            begin,
        })
    }
}

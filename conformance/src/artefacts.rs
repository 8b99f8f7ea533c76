//! What a backend holds beside its records, counted.

use session_driver::{Precondition, SessionId};

use crate::call::{Call, Payload, When};
use crate::case::{Context, Stop, Verdict, ensure};
use crate::child::Child;
use crate::kill::{Moment, kill_at_work};
use crate::place::Place;
use crate::steps::{UNLIMITED, drained};
use crate::subject::Setup;
use crate::workload::{NOW, at, until};

/// How many files, rows, keys or entries there are; nobody has the store open.
pub(crate) fn count(context: &Context, place: &Place) -> Result<usize, Stop> {
    Ok(context.contents(place)?.len())
}

/// Creates the records of these ids, lets them expire, and sweeps them away.
pub(crate) fn come_and_go(context: &Context, place: &Place, ids: &[SessionId]) -> Verdict {
    let store = context.open(place, &Setup::default())?;
    for who in ids {
        store.store(who, until(b"here today", 1_000), Precondition::Any, NOW)?;
        store.touch(who, Some(at(2_000)), NOW)?;
    }
    drained(&*store, at(3_000), UNLIMITED)?;
    Ok(())
}

/// The kills of one case.
const KILLS: usize = 8;

/// Kills processes that create, replace and remove records, which expire 20 s after
/// [`NOW`] if nobody removed them.
pub(crate) fn killed_at_work(context: &Context, place: &Place, ids: &[SessionId]) -> Verdict {
    let mut rng = context.rng();
    for _ in 0..KILLS {
        let work =
            |rng: &mut fastrand::Rng| -> Vec<Call> { (0..80).map(|_| act(rng, ids)).collect() };
        let lanes = [work(&mut rng), work(&mut rng)];
        kill_at_work(context, place, &lanes, Moment::random(&mut rng, 40))?;
    }
    Ok(())
}

fn act(rng: &mut fastrand::Rng, ids: &[SessionId]) -> Call {
    let (id, now) = (
        ids[rng.usize(..ids.len())].as_str().to_owned(),
        NOW.as_millis(),
    );
    match rng.u8(..4) {
        0 => Call::Remove { id, now },
        _ => Call::Store {
            id,
            payload: Payload::new(rng.u64(1..), rng.usize(8..20_000)),
            expires_at: Some(at(20_000).as_millis()),
            when: When::Any,
            now,
        },
    }
}

/// No more is there than before, but for a file or two that an engine may always have.
pub(crate) fn have_not_grown(before: usize, after: usize, what: &str) -> Verdict {
    const SPARE: usize = 2;
    ensure!(
        after <= before + SPARE,
        "{after} files, rows or entries {what}, and before it {before}"
    );
    Ok(())
}

/// A kill needs a driver that keeps what a killed process had stored.
pub(crate) fn children_can_be_killed(context: &Context) -> Verdict {
    if !context.capabilities().embedded {
        return Err(Stop::NotApplicable(
            "a server holds the data, and survives its clients".into(),
        ));
    }
    drop(Child::spawn(context)?);
    Ok(())
}

//! Random operations by several lanes at once, recorded for the judge.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use session_driver::{Capabilities, SessionDriver};

use crate::call::{Call, Refusal, Reply, perform};
use crate::case::{Context, Stop, Verdict};
use crate::child::Child;
use crate::linearize::{Event, History, Script, check};
use crate::race::together;

/// How long a case makes histories.
const SPAN: Duration = Duration::from_millis(1_000);

/// Makes short histories, each on ids of its own, and judges each. `act` performs a call on a lane.
pub(crate) fn judge_histories(
    context: &Context,
    lanes: usize,
    act: impl Fn(usize, &Call) -> Result<Reply, Stop> + Sync,
) -> Verdict {
    let mut rng = context.rng();
    let begin = Instant::now();
    for number in 0.. {
        if begin.elapsed() >= context.span(SPAN) {
            break;
        }
        let ids = (0..rng.usize(2..=3)).map(|id| format!("history-{number}-{id}"));
        let (ids, lengths): (Vec<String>, _) = (ids.collect(), 3..=6);
        let seeds: Vec<(u64, usize)> = (0..lanes)
            .map(|_| (rng.u64(..), rng.usize(lengths.clone())))
            .collect();
        let history = record(context.capabilities(), &ids, &seeds, &act)?;
        check(&history, &format!("history {number}")).map_err(Stop::Failed)?;
    }
    Ok(())
}

fn record(
    capabilities: &Capabilities,
    ids: &[String],
    seeds: &[(u64, usize)],
    act: &(impl Fn(usize, &Call) -> Result<Reply, Stop> + Sync),
) -> Result<History, Stop> {
    let begin = Instant::now();
    let events = together(seeds.len(), |lane| {
        let (seed, length) = seeds[lane];
        let mut script = Script::new(seed, ids.to_vec(), 1_000 * (1 + lane as u64));
        let mut events = vec![];
        for _ in 0..length {
            let (call, invoked) = (script.next(), begin.elapsed());
            let reply = act(lane, &call)?;
            if let Reply::Refused(Refusal::Fault | Refusal::Locked, text) = reply {
                return Err(Stop::Failed(format!("{call:?} fails: {text}")));
            }
            script.learn(&reply);
            let answered = Some((begin.elapsed(), reply));
            events.push(Event {
                lane,
                call,
                invoked,
                answered,
            });
        }
        Ok(events)
    })?;
    Ok(History::new(
        events.into_iter().flatten().collect(),
        capabilities,
    ))
}

/// Performs the calls of a lane through one of the handles.
pub(crate) fn through<'a>(
    handles: &'a [&'a dyn SessionDriver],
) -> impl Fn(usize, &Call) -> Result<Reply, Stop> + Sync + 'a {
    |lane, call| Ok(perform(handles[lane % handles.len()], call))
}

/// Performs the calls of a lane in a child process of its own. Instants are the parent's: it asks
/// after the one and has the answer before the other, so that an operation lies between them.
pub(crate) fn in_children(
    children: &[Mutex<Child>],
) -> impl Fn(usize, &Call) -> Result<Reply, Stop> + Sync {
    |lane, call| {
        let mut child = children[lane]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        child.perform(call.clone())
    }
}

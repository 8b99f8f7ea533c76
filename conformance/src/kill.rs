//! Processes that are killed at work.

use std::thread;
use std::time::{Duration, Instant};

use crate::call::{Call, Refusal, Reply};
use crate::case::{Context, Stop, ensure};
use crate::child::{Answer, Child, Request, Wish, unexpected};
use crate::linearize::Event;
use crate::place::Place;

/// When to kill: after so many answers, and so many times the mean time of an operation later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) answers: usize,
    pub(crate) later: f64,
}

impl Moment {
    /// Somewhere in the first `answers` operations.
    pub(crate) fn random(rng: &mut fastrand::Rng, answers: usize) -> Moment {
        Moment {
            answers: rng.usize(..answers),
            later: 1.5 * rng.f64(),
        }
    }
}

/// Has a child process open `place` and perform the calls of each lane one after another, all lanes
/// at once, and kills it (SIGKILL) when `moment` has come: in the middle of the next ones. An
/// operation that it had not answered has no answer.
///
/// # Errors
/// Skipped without child processes; Failed when the driver cannot be opened, or a call fails that
/// nothing kept from succeeding.
pub(crate) fn kill_at_work(
    context: &Context,
    place: &Place,
    lanes: &[Vec<Call>],
    moment: Moment,
) -> Result<Vec<Event>, Stop> {
    let mut child = Child::spawn(context)?;
    child.open(0, place)?;
    for lane in 1..lanes.len() {
        child.ask(&Request::of(lane, Wish::Join))?;
    }
    let begin = Instant::now();
    let mut events: Vec<Vec<Event>> = lanes
        .iter()
        .enumerate()
        .map(|(lane, calls)| calls.iter().map(|call| asked(lane, call)).collect())
        .collect();
    // The child reads faster than it works, so that this does not wait for the work.
    child
        .try_send(&in_turns(lanes))
        .map_err(|error| Stop::Failed(format!("a child process is gone: {error}")))?;
    let mut answered = vec![0; lanes.len()];
    let mut take = |when: Instant, lane: usize, answer: Answer| {
        let Answer::Performed(reply) = answer else {
            return Err(unexpected(&answer));
        };
        if let Reply::Refused(Refusal::Fault | Refusal::Locked, text) = &reply {
            return Err(Stop::Failed(format!(
                "an operation fails before the kill: {text}"
            )));
        }
        ensure!(
            lane < lanes.len(),
            "the child process answers on lane {lane}"
        );
        if let Some(event) = events[lane].get_mut(answered[lane]) {
            event.answered = Some((when - begin, reply));
        }
        answered[lane] += 1;
        Ok(())
    };
    for _ in 0..moment.answers {
        let (when, lane, answer) = child.receive()?;
        take(when, lane, answer)?;
    }
    let mean = begin.elapsed() / u32::try_from(moment.answers.max(1)).unwrap_or(u32::MAX);
    thread::sleep(mean.mul_f64(moment.later));
    for (when, late) in child.kill().answers {
        take(when, late.lane, late.answer)?;
    }
    // Of those without an answer the first of a lane may have begun; the others had not, for the
    // child answers before it goes on.
    for (events, answered) in events.iter_mut().zip(answered) {
        events.truncate(answered + 1);
    }
    Ok(events.into_iter().flatten().collect())
}

fn asked(lane: usize, call: &Call) -> Event {
    Event {
        lane,
        call: call.clone(),
        invoked: Duration::ZERO,
        answered: None,
    }
}

/// The calls of all lanes as requests: the first of each, then the second of each.
fn in_turns(lanes: &[Vec<Call>]) -> Vec<Request> {
    let longest = lanes.iter().map(Vec::len).max().unwrap_or(0);
    let turn = |turn: usize| {
        lanes.iter().enumerate().filter_map(move |(lane, calls)| {
            let call = calls.get(turn)?.clone();
            Some(Request::perform(lane, call))
        })
    };
    (0..longest).flat_map(turn).collect()
}

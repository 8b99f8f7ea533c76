//! DUR: what a kill leaves.

use std::time::{Duration, Instant};

use session_driver::{Capabilities, Precondition, SessionDriver};

use crate::call::{Call, Payload, When, perform};
use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::child::{Answer, Child, Request, Wish, unexpected};
use crate::exercise::use_all_operations;
use crate::kill::{Moment, kill_at_work};
use crate::linearize::{Event, History, Script, check};
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, visits};
use crate::subject::Setup;
use crate::workload::{NOW, at, forever, ids};

pub(super) const DUR_2: Rule = Rule {
    id: "DUR-2",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "After an operation succeeded, its effect is there after kill -9, at any moment, of the process that holds the \
           data, for stores, touches, removes and rotates; what a remove or a touch into the past found gone stays gone.",
    intent: "The out-of-memory killer takes a process, and logouts it had confirmed are undone.",
    provenance: &[Provenance::Own(
        "`insert` of sled alone lost acknowledged writes to kill -9 in 7 of 8 runs",
    )],
    needs: &[Need::SurvivesKill],
    proof: cases![
        what_was_acknowledged_survives_a_kill,
        what_a_second_remove_was_told_survives_a_kill,
        what_a_touch_into_the_past_was_told_survives_a_kill
    ],
};

/// The kills of one case.
const KILLS: usize = 6;

/// The operations of a lane, more than it answers before it is killed.
const WORK: usize = 240;

/// NotApplicable to a driver whose data lie in another process than the one that the suite kills.
fn holds_the_data_itself(context: &Context) -> Verdict {
    match context.capabilities().embedded {
        true => Ok(()),
        false => Err(Stop::NotApplicable(
            "a server holds the data, and the suite cannot kill it".into(),
        )),
    }
}

fn what_was_acknowledged_survives_a_kill(context: &Context) -> Verdict {
    holds_the_data_itself(context)?;
    let (place, mut rng) = (context.place()?, context.rng());
    for round in 0..context.rounds(KILLS) {
        let cells: Vec<Vec<String>> = (0..6).map(|cell| cell_of(round, cell)).collect();
        let lanes = [work(&mut rng, &cells[..3]), work(&mut rng, &cells[3..])];
        let moment = Moment::random(&mut rng, WORK);
        let events = kill_at_work(context, &place, &lanes, moment)?;
        let store = context.open(&place, &Setup::default())?;
        for cell in &cells {
            survives(context.capabilities(), &*store, &events, cell)?;
        }
    }
    Ok(())
}

/// Whoever logs out twice is told by the second remove that the session is gone, and the kill comes
/// before the first has been told anything.
fn what_a_second_remove_was_told_survives_a_kill(context: &Context) -> Verdict {
    what_is_told_to_be_gone_survives_a_kill(context, false)
}

/// A touch into the past is a remove, too.
fn what_a_touch_into_the_past_was_told_survives_a_kill(context: &Context) -> Verdict {
    what_is_told_to_be_gone_survives_a_kill(context, true)
}

fn what_is_told_to_be_gone_survives_a_kill(context: &Context, by_touch: bool) -> Verdict {
    holds_the_data_itself(context)?;
    let place = context.place()?;
    for round in 0..context.rounds(KILLS) {
        let gone = ids(&format!("round-{round}-gone"), 40);
        let store = context.open(&place, &Setup::default())?;
        for who in &gone {
            store.store(who, forever(b"logged in"), Precondition::Any, NOW)?;
        }
        drop(store);
        let mut child = Child::spawn(context)?;
        child.open(0, &place)?;
        let wish = Wish::EndTwice {
            ids: gone.iter().map(|who| who.as_str().into()).collect(),
            now: NOW.as_millis(),
            by_touch,
        };
        child.send(&Request::of(0, wish))?;
        let mut ended = 0;
        while let Some(answer) = child.receive_or_end()? {
            match answer {
                Answer::Ended(done) => ended = done,
                Answer::Used(Ok(())) => break,
                other => return Err(unexpected(&other)),
            }
        }
        drop(child);
        let store = context.open(&place, &Setup::default())?;
        for who in &gone[..=ended] {
            ensure!(
                store.retrieve(who, NOW)?.is_none(),
                "one of two who ended a session was told that there is none, and after a kill it is there again"
            );
        }
    }
    Ok(())
}

/// The ids whose operations are judged together.
fn cell_of(round: usize, cell: usize) -> Vec<String> {
    let name = |member| format!("round-{round}-cell-{cell}-{member}");
    ["a", "b", "c"].map(name).into()
}

fn work(rng: &mut fastrand::Rng, cells: &[Vec<String>]) -> Vec<Call> {
    let script = |ids: &Vec<String>| Script::new(rng.u64(..), ids.clone(), rng.u64(..) >> 16);
    let mut scripts: Vec<Script> = cells.iter().map(script).collect();
    let calls = (0..WORK).map(|turn| scripts[turn % cells.len()].next());
    calls
        .filter(|call| !matches!(call, Call::Sweep { .. }))
        .collect()
}

fn survives(
    capabilities: &Capabilities,
    store: &dyn SessionDriver,
    events: &[Event],
    cell: &[String],
) -> Verdict {
    let within = |event: &&Event| {
        event
            .call
            .ids()
            .iter()
            .any(|id| cell.iter().any(|known| known == id))
    };
    let mut events: Vec<Event> = events.iter().filter(within).cloned().collect();
    let answers = events.iter().filter_map(|event| event.answered.as_ref());
    let last = answers.map(|(when, _)| *when).max().unwrap_or_default();
    for (number, id) in cell.iter().enumerate() {
        let (id, now) = (id.clone(), NOW.as_millis());
        let call = Call::Retrieve { id, now };
        let invoked = last + Duration::from_secs(1 + number as u64);
        let answered = Some((invoked, perform(store, &call)));
        let lane = usize::MAX;
        events.push(Event {
            lane,
            call,
            invoked,
            answered,
        });
    }
    let found = "of a kill, after which the last lane looks at what is left";
    check(&History::new(events, capabilities), found).map_err(Stop::Failed)
}

pub(super) const DUR_4: Rule = Rule {
    id: "DUR-4",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "After any crash, also during the first open, the store opens without repair by hand; an unacknowledged or lost \
           operation is there wholly or not at all.",
    intent: "A crash at night, and the service does not start until somebody deletes a lock file.",
    provenance: &[Provenance::Own(
        "lock files and half-made stores of the dead stop the next start",
    )],
    needs: &[],
    proof: cases![
        a_kill_during_the_first_open_leaves_a_store_that_opens,
        a_kill_at_work_leaves_whole_records
    ],
};

fn a_kill_during_the_first_open_leaves_a_store_that_opens(context: &Context) -> Verdict {
    let mut rng = context.rng();
    let mut longest = Duration::ZERO;
    for round in 0..context.rounds(12) {
        let place = context.place()?;
        let mut child = Child::spawn(context)?;
        let begin = Instant::now();
        if round == 0 {
            child.open(0, &place)?;
            longest = begin.elapsed();
        } else {
            let opening = child.opening(0, &place);
            child.send(&opening)?;
            let moment = longest.mul_f64(rng.f64() * 1.2);
            while begin.elapsed() < moment {
                std::hint::spin_loop();
            }
        }
        drop(child.kill());
        let store = context.open(&place, &Setup::default())?;
        use_all_operations(&*store, rng.u64(..), 3)?;
    }
    Ok(())
}

fn a_kill_at_work_leaves_whole_records(context: &Context) -> Verdict {
    let (place, mut rng) = (context.place()?, context.rng());
    let most = context.capabilities().max_payload_bytes.min(60_000);
    for _ in 0..context.rounds(KILLS) {
        let calls: Vec<Call> = (0..120).map(|_| generation(&mut rng, most)).collect();
        let moment = Moment::random(&mut rng, 60);
        kill_at_work(context, &place, &[calls], moment)?;
        let store = context.open(&place, &Setup::default())?;
        for who in ids("whole", 8) {
            let Some(found) = store.retrieve(&who, NOW)? else {
                continue;
            };
            let mark = Payload::of(&found.payload).map(|payload| payload.mark);
            let deadline = mark
                .and_then(|mark| i64::try_from(mark % 10_000).ok())
                .map(|mark| at(1 + mark));
            ensure!(
                mark.is_some() && found.expires_at == deadline,
                "a record of {} bytes is a mixture after a kill: mark {mark:?}, deadline {:?}",
                found.payload.len(),
                found.expires_at
            );
        }
        use_all_operations(&*store, rng.u64(..), 3)?;
        drained(&*store, NOW, UNLIMITED)?;
        let seen = visits(&*store, NOW)?.len();
        ensure!(
            seen <= 8,
            "{seen} ids are visited after a kill of a process that stored 8"
        );
    }
    Ok(())
}

/// A store whose deadline and length follow from its mark.
fn generation(rng: &mut fastrand::Rng, most: usize) -> Call {
    let mark = rng.u64(1..1 << 40);
    let deadline = at(1 + i64::try_from(mark % 10_000).unwrap_or(0));
    Call::Store {
        id: format!("whole-{}", rng.u8(..8)),
        payload: Payload::new(mark, rng.usize(8..=most)),
        expires_at: Some(deadline.as_millis()),
        when: When::Any,
        now: NOW.as_millis(),
    }
}

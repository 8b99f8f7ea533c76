//! The child's side.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use session_driver::{Durability, SessionDriver};

use crate::call::{Call, Reply, perform};
use crate::child::VARIABLE;
use crate::child::census::Census;
use crate::child::filter::filter;
use crate::child::wire::{Answer, Answered, MARKER, Request, Wish};
use crate::exercise::use_all_operations;
use crate::patient::{Patient, patiently};
use crate::place::Place;
use crate::subject::{AnySubject, Setup};

/// Does what the parent asks until it hangs up, or answers `None` at once when this process is
/// nobody's child.
pub(crate) fn run_if_child(subject: &Arc<dyn AnySubject>) -> Option<ExitCode> {
    std::env::var_os(VARIABLE)?;
    say(0, Answer::Ready);
    let mut lanes: HashMap<usize, Sender<Wish>> = HashMap::new();
    let shared = Shared::default();
    for line in io::stdin().lock().lines() {
        let request = line.ok().and_then(|line| serde_json::from_str(&line).ok());
        let Some(Request { lane, wish }) = request else {
            break;
        };
        let sender = lanes
            .entry(lane)
            .or_insert_with(|| start(lane, subject, &shared));
        if sender.send(wish).is_err() {
            return Some(ExitCode::FAILURE); // the lane panicked, and stderr says why
        }
    }
    // Not a return: lanes that are still at work end with the process.
    std::process::exit(0)
}

/// A lane's driver.
type Driver = Arc<Patient<Box<dyn SessionDriver>>>;

/// The driver of lane 0, which other lanes may use, too.
type Shared = Arc<Mutex<Option<Driver>>>;

fn start(lane: usize, subject: &Arc<dyn AnySubject>, shared: &Shared) -> Sender<Wish> {
    let (sender, receiver) = mpsc::channel();
    let (subject, shared) = (Arc::clone(subject), Arc::clone(shared));
    thread::spawn(move || serve(lane, &*subject, &shared, &receiver));
    sender
}

fn serve(lane: usize, subject: &dyn AnySubject, shared: &Shared, wishes: &Receiver<Wish>) {
    let share = |driver: Option<Driver>| {
        if lane == 0 {
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = driver;
        }
    };
    let mut driver: Option<Driver> = None;
    for wish in wishes {
        let answer = match (wish, &driver) {
            (
                Wish::Open {
                    locator,
                    bound,
                    for_power,
                },
                _,
            ) => match open(subject, &locator, bound, for_power) {
                Ok(opened) => {
                    driver = Some(Arc::new(opened));
                    share(driver.clone());
                    Answer::Opened(Ok(()))
                }
                Err(refused) => Answer::Opened(Err(refused)),
            },
            (Wish::Filter(calls, fate), _) => Answer::Used(filter(calls, fate)),
            (Wish::Join, _) => {
                driver = shared
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                Answer::Opened(Ok(()))
            }
            (Wish::Perform(call), Some(driver)) => Answer::Performed(perform(driver, &call)),
            (Wish::Use { seed, times }, Some(driver)) => {
                let used = use_all_operations(driver, seed, times);
                Answer::Used(used.map_err(|stop| stop.to_string()))
            }
            (Wish::UseFromThreads { seed, times }, Some(driver)) => {
                Answer::Used(use_from_threads(driver, seed, times))
            }
            (Wish::EndTwice { ids, now, by_touch }, Some(driver)) => {
                let tell = |done| say(lane, Answer::Ended(done));
                Answer::Used(end_twice(driver, &ids, now, by_touch, tell))
            }
            (Wish::Close, _) => {
                share(None);
                driver = None;
                Answer::Closed
            }
            (Wish::Count, _) => Answer::Counted(Census::take()),
            (wish, None) => Answer::Used(Err(format!("no driver is open for {wish:?}"))),
        };
        say(lane, answer);
    }
}

type Refused = (crate::call::Refusal, String);

fn open(
    subject: &dyn AnySubject,
    locator: &str,
    bound: Duration,
    for_power: bool,
) -> Result<Patient<Box<dyn SessionDriver>>, Refused> {
    let place = Place::borrowed(locator);
    let setup = match for_power {
        true => Setup::with_durability(Durability::Power),
        false => Setup::default(),
    };
    patiently(bound, || subject.open(&place, &setup))
        .map(Patient::new)
        .map_err(|error| (error.kind().into(), format!("{:?}: {error}", error.kind())))
}

fn use_from_threads(driver: &dyn SessionDriver, seed: u64, times: u32) -> Result<(), String> {
    for time in 0..times {
        let seed = seed.wrapping_add(time.into());
        let outcome =
            thread::scope(|scope| scope.spawn(|| use_all_operations(driver, seed, 1)).join());
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(stop)) => return Err(stop.to_string()),
            Err(_) => return Err("it panicked".into()),
        }
    }
    Ok(())
}

fn end_twice(
    driver: &dyn SessionDriver,
    ids: &[String],
    now: i64,
    by_touch: bool,
    tell: impl Fn(usize),
) -> Result<(), String> {
    for (done, id) in ids.iter().enumerate() {
        tell(done);
        let remove = Call::Remove {
            id: id.clone(),
            now,
        };
        let touch = Call::Touch {
            id: id.clone(),
            expires_at: Some(now),
            now,
        };
        let is_first = AtomicBool::new(true);
        let end = |call: &Call| {
            let reply = perform(driver, call);
            if is_first.swap(false, Ordering::Relaxed) && matches!(reply, Reply::Was(false)) {
                // As by a kill, nothing is run or written any more.
                std::process::abort();
            }
            reply
        };
        let replies = thread::scope(|scope| {
            let other = scope.spawn(|| end(if by_touch { &touch } else { &remove }));
            [Ok(end(&remove)), other.join()]
        });
        for reply in replies {
            match reply {
                Ok(Reply::Was(_)) => {}
                Ok(reply) => return Err(format!("the end of a session answers {reply:?}")),
                Err(_) => return Err("it panicked".into()),
            }
        }
    }
    Ok(())
}

/// Writes an answer in one piece.
fn say(lane: usize, answer: Answer) {
    let answered = Answered { lane, answer };
    let Ok(text) = serde_json::to_string(&answered) else {
        return;
    };
    let mut stdout = io::stdout().lock();
    // If the parent has hung up, the end of stdin ends this process.
    let _ = writeln!(stdout, "{MARKER}{text}").and_then(|()| stdout.flush());
}

//! Performs a program on a new backend.

use std::collections::{HashMap, HashSet};
use std::mem::{self, Discriminant};
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::{Duration, Instant};

use session_driver::{ErrorKind, SessionDriver};

use crate::call::{Call, Refusal, Reply, perform};
use crate::case::{Context, Driver, Stop};
use crate::model::{Promises, Scope};
use crate::patient::Patient;
use crate::place::Place;
use crate::sequence::judge::{Allowed, Judge};
use crate::sequence::program::{Act, Hand, Program, Step};
use crate::subject::Setup;

/// Stands for a version that nobody was given: the step that should have given it was refused.
pub(super) const NO_VERSION: u64 = 0x5E55_1013_0D2A_BE11;

/// Where a driver's answer is none that the contract leaves.
#[derive(Clone, Debug)]
pub(super) struct Divergence {
    /// The step's place in the program.
    pub(super) place: usize,
    pub(super) call: Call,
    /// The answers up to this one.
    pub(super) replies: Vec<Option<Reply>>,
    pub(super) allowed: Vec<Allowed>,
    /// Which step gave which version first.
    pub(super) givers: HashMap<u64, u64>,
    /// The labels of the steps that gave one.
    pub(super) versioned: HashSet<u64>,
}

/// What two divergences have in common that may come of one fault: the operation, and the kind of
/// answer.
pub(super) type Symptom = (Discriminant<Call>, Option<Discriminant<Reply>>);

impl Divergence {
    pub(super) fn reply(&self) -> Option<&Reply> {
        self.replies.last().and_then(Option::as_ref)
    }

    pub(super) fn symptom(&self) -> Symptom {
        let reply = self.reply().map(mem::discriminant);
        (mem::discriminant(&self.call), reply)
    }
}

/// Plays the program up to its first divergence; `None` if there is none.
pub(super) fn diverges(context: &Context, program: &Program) -> Result<Option<Divergence>, Stop> {
    let mut play = Play::begin(context, program)?;
    for (place, step) in program.steps.iter().enumerate() {
        if let Some(divergence) = play.step(place, step)? {
            return Ok(Some(divergence));
        }
    }
    Ok(None)
}

/// A program on its way.
pub(super) struct Play<'a> {
    context: &'a Context,
    hands: Hands,
    place: Place,
    judge: Judge,
    /// The versions that steps were given, by label.
    versions: HashMap<u64, u64>,
    replies: Vec<Option<Reply>>,
}

impl Play<'_> {
    pub(super) fn begin<'a>(context: &'a Context, program: &Program) -> Result<Play<'a>, Stop> {
        let place = context.place()?;
        let scope = Scope {
            ids: program.ids(),
            promises: Promises::from(context.capabilities()),
        };
        Ok(Play {
            context,
            hands: Hands::open(context, &place)?,
            place,
            judge: Judge::new(scope),
            versions: HashMap::new(),
            replies: vec![],
        })
    }

    pub(super) fn step(&mut self, place: usize, step: &Step) -> Result<Option<Divergence>, Stop> {
        let Act::Call { by, call } = &step.act else {
            self.replies.push(None);
            self.hands = Hands::default(); // closed before they are opened
            self.hands = Hands::open(self.context, &self.place)?;
            return Ok(None);
        };
        let call = self.resolved(call);
        let reply = patiently_performed(self.hands.of(*by)?, &call);
        self.replies.push(Some(reply.clone()));
        let heard = self.judge.hear(&call, &reply);
        if let Reply::Stored(version) | Reply::Rotated(Some(version)) = reply {
            self.versions.insert(step.label, version);
        }
        Ok(heard
            .err()
            .map(|allowed| self.divergence(place, call, allowed)))
    }

    pub(super) fn last_reply(&self) -> Option<&Reply> {
        self.replies.last().and_then(Option::as_ref)
    }

    /// The call with the version that the named step was given.
    fn resolved(&self, call: &Call) -> Call {
        let mut call = call.clone();
        if let Some(version) = call.version_mut() {
            *version = self.versions.get(version).copied().unwrap_or(NO_VERSION);
        }
        call
    }

    fn divergence(&self, place: usize, call: Call, allowed: Vec<Allowed>) -> Divergence {
        // Of the steps that gave one version, a rotate keeps what a store gave.
        let mut labels: Vec<(&u64, &u64)> = self.versions.iter().collect();
        labels.sort_unstable_by(|a, b| b.cmp(a));
        let givers = labels
            .into_iter()
            .map(|(label, version)| (*version, *label));
        Divergence {
            place,
            call,
            replies: self.replies.clone(),
            allowed,
            givers: givers.collect(),
            versioned: self.versions.keys().copied().collect(),
        }
    }
}

/// Two instances on one backend, if the driver allows two.
#[derive(Default)]
struct Hands {
    first: Option<Driver>,
    other: Option<Driver>,
}

impl Hands {
    fn open(context: &Context, place: &Place) -> Result<Hands, Stop> {
        let first = context.open(place, &Setup::default())?;
        let other: Option<Driver> = match context.open_raw(place, &Setup::default()) {
            Ok(other) => Some(Box::new(Patient::new(other))),
            Err(error) if error.kind() == ErrorKind::Locked => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Hands {
            first: Some(first),
            other,
        })
    }

    fn of(&self, hand: Hand) -> Result<&dyn SessionDriver, Stop> {
        let other = self.other.as_deref().filter(|_| hand == Hand::Other);
        let driver = other.or(self.first.as_deref());
        driver.ok_or_else(|| Stop::Skipped("a program's driver is closed".into()))
    }
}

/// A panic is an answer, too: one that is never due. A traversal that says Busy is begun anew within
/// the declared bound.
fn patiently_performed(driver: &dyn SessionDriver, call: &Call) -> Reply {
    let begin = Instant::now();
    let bound = driver.capabilities().contention_bound;
    loop {
        let reply = panic::catch_unwind(AssertUnwindSafe(|| perform(driver, call)));
        match reply {
            Ok(Reply::Refused(Refusal::Busy, _)) if begin.elapsed() < bound => {
                thread::sleep(Duration::from_micros(200));
            }
            Ok(reply) => return reply,
            Err(_) => return Reply::Refused(Refusal::Fault, "it panicked".into()),
        }
    }
}

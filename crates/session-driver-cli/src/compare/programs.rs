//! The same random programs on all drivers.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::Serialize;
use session_driver_conformance::{Difference, Differential, Subject};

use crate::arguments::Compare;
use crate::failure::Failure;
use crate::interrupt;
use crate::subject::Candidate;

/// How many programs were played, and where the drivers' answers first parted.
#[derive(Debug, Serialize)]
pub(super) struct Programs {
    drivers: usize,
    played: usize,
    difference: Option<String>,
    /// Who answered what the contract does not leave.
    accused: Vec<String>,
}

impl Programs {
    /// What is wrong, in the words of the suite.
    pub(super) fn difference(&self) -> Option<&str> {
        self.difference.as_deref()
    }

    /// One line for the end of the table.
    pub(super) fn verdict(&self, seed: u64) -> String {
        let Programs {
            drivers, played, ..
        } = self;
        match &*self.accused {
            [] => {
                format!("{drivers} drivers answered {played} random programs alike (seed {seed})")
            }
            accused => format!(
                "in {played} random programs (seed {seed}) answers differ: {}",
                accused.join(", ")
            ),
        }
    }
}

/// How many programs are played, and for how long at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) programs: usize,
    time: Option<Duration>,
}

/// How many programs are played if the user does not say, and for how long then.
const USUAL: usize = 40;
const USUAL_TIME: Duration = Duration::from_secs(5);

/// How long a program on a driver should take, for the forecast, which its pace soon corrects.
const PROGRAM: Duration = Duration::from_millis(100);

impl Share {
    /// As the user asks for it.
    pub(super) fn new(arguments: &Compare) -> Share {
        let is_limited = arguments.programs.is_none() && !arguments.prove;
        Share {
            programs: arguments.programs.unwrap_or(USUAL),
            time: is_limited.then_some(USUAL_TIME),
        }
    }

    /// How long it should take on so many drivers.
    pub(super) fn plan(&self, drivers: usize) -> Duration {
        let all = PROGRAM * u32::try_from(drivers * self.programs).unwrap_or(u32::MAX);
        self.time.map_or(all, |time| all.min(time))
    }
}

/// Plays programs of this seed on all these drivers at once, up to the first difference, the end of
/// the time or an interrupt; `watch` is told before each how many were played.
pub(super) fn play(
    targets: &[&Candidate],
    share: Share,
    seed: u64,
    watch: &dyn Fn(usize),
) -> Result<Programs, Failure> {
    let mut drivers = Differential::new(seed).programs(share.programs);
    for target in targets {
        let what = format!("{} cannot be opened for random programs", target.name());
        drivers = drivers
            .with(Candidate::clone(target))
            .map_err(|error| Failure::because(&what, &*error))?;
    }
    let (begin, mut played) = (Instant::now(), share.programs);
    let difference = drivers
        .run_watched(&mut |number| {
            watch(number);
            let is_late = share.time.is_some_and(|time| begin.elapsed() > time);
            if interrupt::is_requested() || is_late {
                played = number;
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })
        .map_err(|error| Failure::because("the random programs cannot be played", &*error))?;
    interrupt::check()?;
    Ok(Programs {
        drivers: targets.len(),
        played,
        difference: difference.as_ref().map(Difference::to_string),
        accused: difference.map_or_else(Vec::new, |difference| difference.accused),
    })
}

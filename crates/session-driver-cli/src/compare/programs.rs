//! The same random programs on all drivers.

use serde::Serialize;
use session_driver_conformance::{Difference, Differential, Subject};

use crate::failure::Failure;
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

/// Plays `programs` programs of this seed on all these drivers at once, up to the first difference.
pub(super) fn play(
    targets: &[&Candidate],
    programs: usize,
    seed: u64,
) -> Result<Programs, Failure> {
    let mut drivers = Differential::new(seed).programs(programs);
    for target in targets {
        let what = format!("{} cannot be opened for random programs", target.name());
        drivers = drivers
            .with(Candidate::clone(target))
            .map_err(|error| Failure::because(&what, &*error))?;
    }
    let difference = drivers
        .run()
        .map_err(|error| Failure::because("the random programs cannot be played", &*error))?;
    Ok(Programs {
        drivers: targets.len(),
        played: programs,
        difference: difference.as_ref().map(Difference::to_string),
        accused: difference.map_or_else(Vec::new, |difference| difference.accused),
    })
}

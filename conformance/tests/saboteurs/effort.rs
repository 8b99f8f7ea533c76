//! How hard the stochastic rules try to catch a saboteur.

use libtest_mimic::Failed;
use session_driver_conformance::Budget;

/// How often a stochastic rule may try again in an ordinary run, each time with another seed.
const SEEDS: u64 = 5;

/// By how much a quick run's tries are shorter.
const QUICK: u64 = 5;

/// The rounds of one try, and the tries that a rule has for a saboteur that it must catch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) budget: Budget,
    pub(crate) seeds: u64,
}

impl Effort {
    /// As `SESSION_DRIVER_BUDGET` says. A quick run tries five times as often where a saboteur must
    /// be caught, so that it has as many rounds for it; a soak is an ordinary run.
    pub(crate) fn from_environment() -> Result<Effort, Failed> {
        Ok(match Budget::from_environment()? {
            Budget::Quick => Effort {
                budget: Budget::Quick,
                seeds: QUICK * SEEDS,
            },
            Budget::Ordinary | Budget::Soak(_) => Effort {
                budget: Budget::Ordinary,
                seeds: SEEDS,
            },
        })
    }
}

//! Tries one saboteur.

use std::ops::ControlFlow;
use std::time::Duration;

use libtest_mimic::Failed;
use session_driver_conformance::{Evidence, Options, rules, run};

use crate::TRIED;
use crate::effort::Effort;
use crate::saboteur::Saboteur;
use crate::verdict::{self, Accusations};

/// A saboteur that deadlocks shall not cost two minutes.
const CASE_LIMIT: Duration = Duration::from_secs(30);

/// How often an undeclared rule that accuses must do so again to count: a child that is being started
/// holds the locks of this process until it runs its program, which on a busy machine takes
/// milliseconds, and says nothing of the rule.
const CONFIRMATIONS: u64 = 4;

/// Tries the rules that ought to accuse it, and the deterministic ones of the families [`TRIED`],
/// which ought not to unless it says so.
pub(crate) fn accuse(saboteur: &'static Saboteur) -> Result<Accusations, Failed> {
    let (effort, mut accusations) = (Effort::from_environment()?, Accusations::new());
    for rule in rules() {
        let named = saboteur.breaks.contains(&rule.id);
        let declared = named || saboteur.sometimes.contains(&rule.id);
        let tried = declared
            || (rule.evidence == Evidence::Deterministic && TRIED.contains(&rule.family()));
        let seeds = match (tried, named) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => effort.seeds,
        };
        for seed in 0..seeds {
            if let Some(seen) = attempt(saboteur, rule.id, seed, effort)? {
                if declared || accuses_again(saboteur, rule.id, effort)? {
                    accusations.insert(rule.id, seen);
                }
                break;
            }
        }
    }
    Ok(accusations)
}

fn accuses_again(saboteur: &'static Saboteur, rule: &str, effort: Effort) -> Result<bool, Failed> {
    for seed in effort.seeds..effort.seeds + CONFIRMATIONS {
        if attempt(saboteur, rule, seed, effort)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn attempt(
    saboteur: &'static Saboteur,
    rule: &str,
    seed: u64,
    effort: Effort,
) -> Result<Option<String>, Failed> {
    let options = Options {
        filter: Some(rule.into()),
        seed: Some(seed),
        budget: effort.budget,
        case_limit: Some(CASE_LIMIT),
        processes: true,
    };
    let report = run(saboteur.subject(), &options, &mut |_| {
        ControlFlow::Continue(())
    })
    .map_err(|error| Failed::from(format!("the suite could not be run: {error}")))?;
    Ok(verdict::accusation(&report, rule))
}

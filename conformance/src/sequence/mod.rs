//! Random programs: one operation after another, judged by the [`model`](crate::model).
//!
//! [`generate`] makes a [`program`]; [`play`] performs it on a new backend, and [`judge`] says at
//! which step, if at any, an answer was not one that the contract leaves; [`shrink`] then makes the
//! program short, and [`paste`] writes it as a test. [`differ`] plays one program on several drivers.
//!
//! A program holds no version: a store that asks for one names the step that gave it. So the same
//! seed makes the same program whatever versions a driver gives, and where a driver's fault depends
//! on nothing but the program, it shrinks to the same one again.
//!
//! # Why not proptest
//! What is shrunk here is a list of steps as data: chunks of it are left out, then its arguments made
//! plain (delta debugging; Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input",
//! 2002). That takes a hundred and fifty lines. `proptest` 1.12 without its default features adds a dozen
//! crates and about a fifth to the processor time in which a driver's author compiles the suite, a
//! second source of randomness beside the run's seed, and a state machine (`proptest-state-machine`)
//! that leaves out one step at a time, from the back.

mod claim;
mod differ;
mod generate;
mod judge;
mod paste;
mod play;
mod program;
mod shrink;

use std::time::{Duration, Instant};

use crate::case::{Context, Stop, Verdict};
use crate::sequence::play::{Divergence, diverges};
use crate::sequence::program::Program;

pub use differ::{Difference, Differential};

/// How many programs a case plays, and for how long at most: a backend that is slow to make, or to
/// traverse, shall not keep its author waiting.
pub(crate) const PROGRAMS: usize = 240;
pub(crate) const SPAN: Duration = Duration::from_secs(4);

/// Plays random programs, and fails with the first that is answered otherwise than the contract
/// says, as short as it can be made.
pub(crate) fn play_programs(context: &Context) -> Verdict {
    let (mut rng, begin) = (context.rng(), Instant::now());
    for number in 0..context.rounds(PROGRAMS) {
        if begin.elapsed() >= context.span(SPAN) {
            break;
        }
        let program = generate::program(rng.u64(..), context.capabilities());
        if let Some(divergence) = diverges(context, &program)? {
            let finding = Finding {
                seed: context.seed(),
                number,
                steps: program.steps.len(),
            };
            return Err(Stop::Failed(finding.told(context, program, divergence)?));
        }
    }
    Ok(())
}

/// Which program of a run diverged.
struct Finding {
    seed: u64,
    number: usize,
    steps: usize,
}

impl Finding {
    /// What a driver's author needs to know of it.
    fn told(
        &self,
        context: &Context,
        program: Program,
        divergence: Divergence,
    ) -> Result<String, Stop> {
        let symptom_of = |candidate: &Program| {
            let divergence = diverges(context, candidate)?;
            Ok(divergence.map(|divergence| divergence.symptom()))
        };
        let short = shrink::shrunk(program.clone(), &divergence.symptom(), symptom_of)?;
        let (program, divergence, caveat) = match diverges(context, &short)? {
            Some(again) => (short, again, ""),
            None => (program, divergence, "; played again it went well"),
        };
        let Finding {
            seed,
            number,
            steps,
        } = self;
        let said = divergence.reply().map_or(String::new(), claim::said);
        Ok(format!(
            "step {place} of a random program, a {operation}, ends with {said}; due: {due}. Look at {rules}. (Program \
             {number} of seed {seed}, shrunk from {steps} steps to {left}{caveat}.) To paste into a test:\n\n{rust}\n",
            place = 1 + divergence.place,
            operation = divergence.call.operation(),
            due = claim::in_words(&divergence.allowed),
            rules = claim::rules_of(&divergence.call),
            left = program.steps.len(),
            rust = paste::as_rust(&program, &divergence),
        ))
    }
}

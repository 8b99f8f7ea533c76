//! One program on several drivers.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use session_driver::Capabilities;

use crate::case::{Context, Stop};
use crate::runner::context;
use crate::sequence::play::{Divergence, Play, Symptom};
use crate::sequence::program::Program;
use crate::sequence::{PROGRAMS, claim, generate, paste, shrink};
use crate::subject::{BoxError, Subject};

/// Plays the same random programs on several drivers and looks for the first step at which they
/// differ in what the contract does not leave open.
///
/// What it leaves open is no difference: whether an expired record has been discarded, whether a
/// rotated one keeps its version, how much a sweep does at a time. Each driver is judged by what it
/// declares; programs ask for no more than all of them declare.
///
/// ```
/// use session_driver_conformance::{Differential, MemorySubject};
///
/// let drivers = Differential::new(7).with(MemorySubject::default())?.with(MemorySubject::default())?;
/// assert!(drivers.programs(20).run()?.is_none());
/// # Ok::<(), session_driver_conformance::BoxError>(())
/// ```
#[derive(Debug)]
pub struct Differential {
    seed: u64,
    programs: usize,
    contexts: Vec<Context>,
}

impl Differential {
    /// No drivers yet; the programs are those of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Differential {
        Differential {
            seed,
            programs: PROGRAMS,
            contexts: vec![],
        }
    }

    /// Adds a driver.
    ///
    /// # Errors
    /// When it cannot be opened to see what it declares.
    pub fn with(mut self, subject: impl Subject) -> Result<Differential, BoxError> {
        let context = context(Arc::new(subject), self.seed, false)?;
        self.contexts.push(context);
        Ok(self)
    }

    /// Plays so many programs, and not as many as a case of the suite.
    #[must_use]
    pub fn programs(self, programs: usize) -> Differential {
        Differential { programs, ..self }
    }

    /// Plays the programs. The first difference ends it, and is given with a program as short as it
    /// can be made; `None` when there was none.
    ///
    /// # Errors
    /// When a subject or a driver fails to make or open a backend.
    pub fn run(&self) -> Result<Option<Difference>, BoxError> {
        self.run_watched(&mut |_| ControlFlow::Continue(()))
    }

    /// Like [`run`](Differential::run), but tells `watch` before each program how many have been
    /// played. When it answers [`Break`](ControlFlow::Break) no further program is played, and the
    /// result is `None`.
    ///
    /// # Errors
    /// When a subject or a driver fails to make or open a backend.
    pub fn run_watched(
        &self,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Difference>, BoxError> {
        let capabilities = self.declared_by_all();
        let mut rng = fastrand::Rng::with_seed(self.seed);
        for number in 0..self.programs {
            if watch(number).is_break() {
                break;
            }
            let program = generate::program(rng.u64(..), &capabilities);
            let difference = self.difference(number, program);
            match difference.map_err(|stop| stop.to_string())? {
                None => {}
                some => return Ok(some),
            }
        }
        Ok(None)
    }

    fn declared_by_all(&self) -> Capabilities {
        let all = || self.contexts.iter().map(Context::capabilities);
        let least = Capabilities::MINIMAL.max_payload_bytes;
        Capabilities {
            persistent: all().all(|declared| declared.persistent),
            max_payload_bytes: all().fold(least, |bytes, declared| {
                bytes.min(declared.max_payload_bytes)
            }),
            ..Capabilities::MINIMAL
        }
    }

    fn difference(&self, number: usize, program: Program) -> Result<Option<Difference>, Stop> {
        let Some(played) = self.play(&program)? else {
            return Ok(None);
        };
        let steps = program.steps.len();
        let symptoms_of =
            |candidate: &Program| Ok(self.play(candidate)?.map(|played| symptoms(&played)));
        let short = shrink::shrunk(program.clone(), &symptoms(&played), symptoms_of)?;
        let (program, played) = match self.play(&short)? {
            Some(again) => (short, again),
            None => (program, played),
        };
        Ok(Some(Difference::new(self, number, steps, &program, played)))
    }

    /// What each driver made of the step at which the first of them diverges.
    fn play(&self, program: &Program) -> Result<Option<Vec<Played>>, Stop> {
        let begun = self
            .contexts
            .iter()
            .map(|context| Play::begin(context, program));
        let mut plays = begun.collect::<Result<Vec<Play<'_>>, Stop>>()?;
        for (place, step) in program.steps.iter().enumerate() {
            let mut played = vec![];
            for play in &mut plays {
                let divergence = play.step(place, step)?;
                let said = play.last_reply().map_or(String::new(), claim::said);
                played.push(Played { said, divergence });
            }
            if played.iter().any(|played| played.divergence.is_some()) {
                return Ok(Some(played));
            }
        }
        Ok(None)
    }
}

/// What one driver made of the last step.
struct Played {
    said: String,
    divergence: Option<Divergence>,
}

fn symptoms(played: &[Played]) -> Vec<Option<Symptom>> {
    let divergences = played.iter().map(|played| played.divergence.as_ref());
    divergences
        .map(|divergence| divergence.map(Divergence::symptom))
        .collect()
}

/// The first step at which drivers differ in what the contract does not leave open.
///
/// `Display` says who answered what and what was due, and ends with the program as Rust to paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The names of the drivers whose answer the contract does not leave.
    pub accused: Vec<String>,
    text: String,
}

impl Difference {
    fn new(
        drivers: &Differential,
        number: usize,
        steps: usize,
        program: &Program,
        played: Vec<Played>,
    ) -> Difference {
        let (mut accused, mut answers, mut rust) = (vec![], String::new(), String::new());
        let mut step = String::new();
        for (context, Played { said, divergence }) in drivers.contexts.iter().zip(played) {
            let name = context.subject.name();
            answers.push_str(&format!("\n    {name}: {said}"));
            let Some(divergence) = divergence else {
                continue;
            };
            let due = claim::in_words(&divergence.allowed);
            answers.push_str(&format!("   <- due: {due}"));
            step = format!(
                "step {}, a {}",
                1 + divergence.place,
                divergence.call.operation()
            );
            rust = paste::as_rust(program, &divergence);
            accused.push(name);
        }
        let (seed, left) = (drivers.seed, program.steps.len());
        let text = format!(
            "{step}, of program {number} of seed {seed} (shrunk from {steps} steps to {left}):{answers}\n\n{rust}"
        );
        Difference { accused, text }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

//! Makes a program that diverges short, and its arguments plain.

use crate::call::{Call, Payload, When};
use crate::case::Stop;
use crate::sequence::program::{Act, Hand, Program, Step};
use crate::workload::NOW;

/// How many candidates are tried at most.
const TRIES: u32 = 1_500;

/// The shortest program found that still has the symptom. `symptom_of` plays a candidate.
pub(super) fn shrunk<S: PartialEq>(
    program: Program,
    symptom: &S,
    symptom_of: impl Fn(&Program) -> Result<Option<S>, Stop>,
) -> Result<Program, Stop> {
    let mut search = Search {
        best: program,
        tries: 0,
        diverges: |candidate: &Program| Ok(symptom_of(candidate)?.as_ref() == Some(symptom)),
    };
    loop {
        let before = search.best.clone();
        search.leave_out_chunks()?;
        search.simplify()?;
        if search.best == before || search.tries >= TRIES {
            return Ok(search.best.relabelled());
        }
    }
}

struct Search<F> {
    best: Program,
    tries: u32,
    diverges: F,
}

impl<F: Fn(&Program) -> Result<bool, Stop>> Search<F> {
    /// Takes the candidate if it still diverges.
    fn try_out(&mut self, candidate: Program) -> Result<bool, Stop> {
        if candidate == self.best || self.tries >= TRIES {
            return Ok(false);
        }
        self.tries += 1;
        let diverges = (self.diverges)(&candidate)?;
        if diverges {
            self.best = candidate;
        }
        Ok(diverges)
    }

    /// Halves, quarters, and so on to single steps, the last first: what comes after the divergence
    /// goes at once.
    fn leave_out_chunks(&mut self) -> Result<(), Stop> {
        let mut length = self.best.steps.len().div_ceil(2);
        while length > 0 {
            let mut end = self.best.steps.len();
            while end > 0 {
                let start = end.saturating_sub(length);
                let mut fewer = self.best.clone();
                fewer.steps.drain(start..end);
                self.try_out(fewer)?;
                end = start;
            }
            length /= 2;
        }
        Ok(())
    }

    fn simplify(&mut self) -> Result<(), Stop> {
        self.try_out(with_plain_names(&self.best))?;
        for place in 0..self.best.steps.len() {
            for argument in ARGUMENTS {
                for plainer in *argument {
                    let mut candidate = self.best.clone();
                    plainer(&mut candidate.steps[place]);
                    // What is as plain as that already need not become less so.
                    if candidate == self.best || self.try_out(candidate)? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The program with its ids and payloads numbered.
fn with_plain_names(program: &Program) -> Program {
    let ids = program.ids();
    let mut renamed = program.clone();
    for (place, step) in renamed.steps.iter_mut().enumerate() {
        let Some(call) = step.call_mut() else {
            continue;
        };
        for named in call.ids_mut() {
            let number = ids.iter().position(|id| id == named).unwrap_or(0);
            *named = format!("id-{}", 1 + number);
        }
        if let Some(payload) = call.payload_mut() {
            *payload = Payload::new(1 + place as u64, payload.length);
        }
    }
    renamed
}

/// What may make an argument of a step plainer, the boldest first.
const ARGUMENTS: &[&[fn(&mut Step)]] = &[
    &[by_first_hand],
    &[|step| set_now(step, 0), |step| set_now(step, 1)],
    &[
        |step| set_deadline(step, None),
        |step| set_deadline(step, Some(0)),
        |step| set_deadline(step, Some(1)),
    ],
    &[|step| set_length(step, 8), |step| set_length(step, 64)],
    &[any_precondition],
    &[no_limit],
];

fn by_first_hand(step: &mut Step) {
    if let Act::Call { by, .. } = &mut step.act {
        *by = Hand::First;
    }
}

fn set_now(step: &mut Step, millis: i64) {
    if let Some(call) = step.call_mut() {
        *call.now_mut() = NOW.as_millis() + millis;
    }
}

fn set_deadline(step: &mut Step, millis: Option<i64>) {
    if let Some(expires_at) = step.call_mut().and_then(Call::deadline_mut) {
        *expires_at = millis.map(|millis| NOW.as_millis() + millis);
    }
}

/// Makes a payload shorter; an empty one is no plainer than one of eight bytes.
fn set_length(step: &mut Step, length: usize) {
    if let Some(payload) = step.call_mut().and_then(Call::payload_mut)
        && payload.length > length
    {
        *payload = Payload::new(payload.mark, length);
    }
}

fn any_precondition(step: &mut Step) {
    if let Some(Call::Store { when, .. }) = step.call_mut() {
        *when = When::Any;
    }
}

fn no_limit(step: &mut Step) {
    if let Some(Call::Sweep { limit, .. }) = step.call_mut() {
        *limit = None;
    }
}

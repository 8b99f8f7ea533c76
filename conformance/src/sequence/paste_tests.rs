//! What is pasted compiles, and passes for an honest driver: `paste_samples.rs` holds, as the suite
//! prints them, programs with every kind of step and of due answer.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use session_driver::{
    Capabilities, Error, ErrorKind, MemoryDriver, NewRecord, Operation, Precondition, Record,
    Result, SessionDriver, SessionId, Swept, Timestamp, Version,
};

use super::*;
use crate::place::Place;
use crate::runner::context;
use crate::sequence::play::diverges;
use crate::subject::{BoxError, Setup, Subject};

#[allow(clippy::unwrap_used, reason = "it is what the suite prints")]
mod samples {
    include!("paste_samples.rs");
}

/// The memory driver, whose last operation fails: it ends every program with a divergence.
#[derive(Clone, Debug, Default)]
struct Liar {
    driver: MemoryDriver,
    left: Arc<AtomicUsize>,
}

impl Liar {
    fn answer<T>(&self, answer: impl FnOnce() -> Result<T>) -> Result<T> {
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            1 => Err(Error::new(ErrorKind::Other, Operation::Open, "liar")),
            _ => answer(),
        }
    }
}

impl SessionDriver for Liar {
    fn capabilities(&self) -> Capabilities {
        self.driver.capabilities()
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.answer(|| self.driver.retrieve(id, now))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        self.answer(|| self.driver.store(id, record, when, now))
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        self.answer(|| self.driver.touch(id, expires_at, now))
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.answer(|| self.driver.remove(id, now))
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        self.answer(|| self.driver.rotate(from, to, now))
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.answer(|| self.driver.traverse(now, visit))
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.answer(|| self.driver.sweep(now, limit))
    }
}

impl Subject for Liar {
    type Driver = Liar;

    fn name(&self) -> String {
        "liar".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        Ok(Place::borrowed("here"))
    }

    fn open(&self, _: &Place, _: &Setup) -> Result<Liar> {
        Ok(self.clone())
    }
}

fn now(millis: i64) -> i64 {
    NOW.as_millis() + millis
}

fn store(id: &str, length: usize, expires_at: Option<i64>, when: When) -> Call {
    Call::Store {
        id: id.into(),
        payload: Payload::new(length as u64 + 1, length),
        expires_at: expires_at.map(now),
        when,
        now: now(0),
    }
}

fn rotate(from: &str, to: &str) -> Call {
    let (from, to) = (from.into(), to.into());
    Call::Rotate {
        from,
        to,
        now: now(0),
    }
}

fn retrieve(id: &str, millis: i64) -> Call {
    let (id, now) = (id.into(), now(millis));
    Call::Retrieve { id, now }
}

fn sweep(millis: i64, limit: usize) -> Call {
    Call::Sweep {
        now: now(millis),
        limit: NonZeroUsize::new(limit),
    }
}

/// Steps of every kind, that leave `a"b` and `c` live.
fn begin() -> Vec<Act> {
    let by = |by: Hand, call: Call| Act::Call { by, call };
    vec![
        by(Hand::First, store("a\"b", 8, Some(5), When::Absent)),
        by(Hand::Other, store("a\"b", 0, None, When::Version(1))),
        by(Hand::Other, store("gone", 64, None, When::Version(99))),
        Act::Reopen,
        by(Hand::First, store("gone", 64, Some(9), When::Any)),
        by(Hand::First, rotate("gone", "c")),
        by(Hand::First, store("c", 64, Some(9), When::Version(6))),
        by(Hand::Other, store("dead", 8, Some(2), When::Any)),
        by(Hand::Other, sweep(1, 0)),
        by(Hand::First, Call::Traverse { now: now(1) }),
        by(
            Hand::First,
            Call::Touch {
                id: "c".into(),
                expires_at: Some(now(8)),
                now: now(0),
            },
        ),
        by(
            Hand::First,
            Call::Remove {
                id: "none".into(),
                now: now(0),
            },
        ),
    ]
}

/// One last step for each kind of due answer.
fn ends() -> Vec<Call> {
    vec![
        retrieve("none", 0),
        retrieve("c", 0),
        retrieve("dead", 2),
        store("none", 8, None, When::Absent),
        store("c", 8, None, When::Version(1)),
        store("none", 8, None, When::Present),
        Call::Touch {
            id: "c".into(),
            expires_at: None,
            now: now(9),
        },
        Call::Remove {
            id: "c".into(),
            now: now(0),
        },
        rotate("none", "c"),
        rotate("c", "none"),
        rotate("c", "a\"b"),
        Call::Traverse { now: now(2) },
        sweep(7, 1),
        sweep(8, 0),
    ]
}

/// The program with this end, as the suite prints it when the end fails.
fn sample(number: usize, end: Call) -> String {
    let mut acts = begin();
    acts.push(Act::Call {
        by: Hand::First,
        call: end,
    });
    let calls = acts
        .iter()
        .filter(|act| matches!(act, Act::Call { .. }))
        .count();
    let liar = Liar::default();
    liar.left.store(calls, Ordering::SeqCst);
    let labelled = acts.into_iter().enumerate();
    let steps = labelled.map(|(place, act)| Step {
        label: 1 + place as u64,
        act,
    });
    let program = Program {
        steps: steps.collect(),
    };
    let context = context(Arc::new(liar), 0, false).expect("it opens");
    let divergence = diverges(&context, &program).expect("it can be played");
    let rust = as_rust(&program, &divergence.expect("the last step fails"));
    format!(
        "pub(super) mod sample_{number} {{\n{}\n}}\n",
        rust.replace("\nfn replay", "\npub(in super::super) fn replay")
    )
}

#[test]
fn every_kind_of_step_and_of_due_answer_is_written_as_rust_that_compiles() {
    let samples = ends().into_iter().enumerate();
    let text: String = samples.map(|(number, end)| sample(number, end)).collect();
    assert!(
        text == include_str!("paste_samples.rs"),
        "paste_samples.rs is not this:\n{text}"
    );
}

/// A pasted program.
type Replay = fn(&dyn Fn() -> Box<dyn SessionDriver>);

#[test]
fn an_honest_driver_passes_what_is_pasted() {
    let replays: [Replay; 14] = [
        samples::sample_0::replay,
        samples::sample_1::replay,
        samples::sample_2::replay,
        samples::sample_3::replay,
        samples::sample_4::replay,
        samples::sample_5::replay,
        samples::sample_6::replay,
        samples::sample_7::replay,
        samples::sample_8::replay,
        samples::sample_9::replay,
        samples::sample_10::replay,
        samples::sample_11::replay,
        samples::sample_12::replay,
        samples::sample_13::replay,
    ];
    for replay in replays {
        let driver = MemoryDriver::new();
        replay(&|| Box::new(driver.clone()));
    }
}

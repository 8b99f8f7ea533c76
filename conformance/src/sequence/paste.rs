//! A program as Rust to paste.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::call::{Call, Payload, Reply, When};
use crate::sequence::claim;
use crate::sequence::judge::Allowed;
use crate::sequence::play::{Divergence, NO_VERSION};
use crate::sequence::program::{Act, Hand, Program, Step};
use crate::workload::NOW;

/// What every pasted program begins with.
const HEAD: &str = r#"/// `open` opens the driver, each time on the same backend, which is empty at first.
fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
"#;

/// The program up to its divergence as a function that panics against a driver with the fault. It is
/// whole, needs no more than `session_driver`, and names neither the driver nor the seed, so that one
/// fault has one text.
pub(super) fn as_rust(program: &Program, divergence: &Divergence) -> String {
    let writer = Writer {
        divergence,
        named: named(program, divergence),
        other: program.steps.iter().any(Step::is_by_other),
    };
    let mut text = String::from(HEAD);
    for line in writer.open() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "    {line}");
    }
    for (place, step) in program.steps.iter().enumerate().take(1 + divergence.place) {
        for line in writer.step(place, step) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text.push('}');
    text
}

/// The labels of the steps whose versions are named later on.
fn named(program: &Program, divergence: &Divergence) -> HashSet<u64> {
    let due = divergence.allowed.iter().filter_map(Allowed::version);
    let repeated = match divergence.reply() {
        Some(Reply::Stored(version)) => Some(*version),
        _ => None,
    };
    let versions = due.chain(repeated);
    let givers = versions.filter_map(|version| divergence.givers.get(&version).copied());
    program.asked_for().chain(givers).collect()
}

struct Writer<'a> {
    divergence: &'a Divergence,
    named: HashSet<u64>,
    /// Whether the other instance is used.
    other: bool,
}

impl Writer<'_> {
    fn open(&self) -> Vec<String> {
        let mut lines = vec!["let driver = open();".into()];
        lines.extend(self.other.then(|| "let other = open();".into()));
        lines
    }

    fn step(&self, place: usize, step: &Step) -> Vec<String> {
        let Act::Call { by, call } = &step.act else {
            let mut lines: Vec<String> = vec!["drop(driver);".into()];
            lines.extend(self.other.then(|| "drop(other);".into()));
            lines.extend(self.open());
            return lines;
        };
        let driver = match by {
            Hand::First => "driver",
            Hand::Other => "other",
        };
        let diverges = place == self.divergence.place;
        let written = format!("{driver}.{}", self.call(call, diverges));
        if diverges {
            let claim = claim::in_rust(self.divergence);
            let visited = matches!(call, Call::Traverse { .. });
            let mut lines: Vec<String> = vec![];
            lines.extend(visited.then(|| "let mut visited: Vec<String> = vec![];".into()));
            lines.push(format!("let seen = {written};"));
            lines.push(format!("assert!({claim}, \"{{seen:?}}\");"));
            return lines;
        }
        let named = self.named.contains(&step.label);
        let line = match &self.divergence.replies[place] {
            Some(Reply::Refused(..)) => format!("{written}.unwrap_err();"),
            Some(Reply::Stored(_)) if named => format!("let v{} = {written}.unwrap();", step.label),
            Some(Reply::Rotated(Some(_))) if named => {
                format!("let v{} = {written}.unwrap().unwrap();", step.label)
            }
            _ => format!("{written}.unwrap();"),
        };
        vec![line]
    }

    /// The call; of a traversal `visits` are wanted, or not.
    fn call(&self, call: &Call, visits: bool) -> String {
        match call {
            Call::Retrieve { id, now } => format!("retrieve(&id({id:?}), {})", at(*now)),
            Call::Store {
                id,
                payload,
                expires_at,
                when,
                now,
            } => {
                let (payload, expires_at) = (bytes(*payload), deadline(*expires_at));
                let record =
                    format!("NewRecord {{ payload: &{payload}, expires_at: {expires_at} }}");
                let (when, now) = (self.when(*when), at(*now));
                format!("store(&id({id:?}), {record}, {when}, {now})")
            }
            Call::Touch {
                id,
                expires_at,
                now,
            } => format!(
                "touch(&id({id:?}), {}, {})",
                deadline(*expires_at),
                at(*now)
            ),
            Call::Remove { id, now } => format!("remove(&id({id:?}), {})", at(*now)),
            Call::Rotate { from, to, now } => {
                format!("rotate(&id({from:?}), &id({to:?}), {})", at(*now))
            }
            Call::Traverse { now } => {
                let visit = match visits {
                    true => {
                        "|id| { visited.push(id.as_str().into()); std::ops::ControlFlow::Continue(()) }"
                    }
                    false => "|_| std::ops::ControlFlow::Continue(())",
                };
                format!("traverse({}, &mut {visit})", at(*now))
            }
            Call::Sweep { now, limit } => {
                let limit = match limit {
                    Some(limit) => format!("NonZeroUsize::new({limit}).unwrap()"),
                    None => "NonZeroUsize::MAX".into(),
                };
                format!("sweep({}, std::num::{limit})", at(*now))
            }
        }
    }

    fn when(&self, when: When) -> String {
        match when {
            When::Any => "Precondition::Any".into(),
            When::Absent => "Precondition::Absent".into(),
            When::Present => "Precondition::Present".into(),
            When::Version(label) if self.divergence.versioned.contains(&label) => {
                format!("Precondition::Version(v{label})")
            }
            When::Version(_) => {
                format!("Precondition::Version(Version::from_bits({NO_VERSION:#x}))")
            }
        }
    }
}

/// An instant, as `at` makes it.
pub(super) fn at(millis: i64) -> String {
    format!("at({})", millis - NOW.as_millis())
}

/// A deadline, which may be never.
pub(super) fn deadline(expires_at: Option<i64>) -> String {
    expires_at.map_or("None".into(), |millis| format!("Some({})", at(millis)))
}

/// A payload: eight bytes that repeat.
pub(super) fn bytes(Payload { mark, length }: Payload) -> String {
    match length {
        0 => "[]".into(),
        8 => format!("{mark}_u64.to_le_bytes()"),
        _ => format!("{mark}_u64.to_le_bytes().repeat({})", length / 8),
    }
}

#[cfg(test)]
#[path = "paste_tests.rs"]
mod tests;

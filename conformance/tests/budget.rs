//! A soak finds what one run in many shows, and says with which seed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use session_driver::MemoryDriver;
use session_driver_conformance::{
    BoxError, Budget, MemorySubject, Options, Outcome, Place, Setup, Step, Subject, run,
};

/// A subject that has so many places and no more, so that a case fails in the round after them.
struct Wearing {
    memory: MemorySubject,
    places: AtomicU32,
}

impl Subject for Wearing {
    type Driver = MemoryDriver;

    fn name(&self) -> String {
        "wearing".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        match self.places.fetch_sub(1, Ordering::Relaxed) {
            1.. => self.memory.place(),
            0 => Err("it is worn out".into()),
        }
    }

    fn open(&self, place: &Place, setup: &Setup) -> session_driver::Result<MemoryDriver> {
        self.memory.open(place, setup)
    }
}

/// One place to read the capabilities, and one for each round of the one case of REM-4. The soak
/// ends when nothing is left that passes, long before its time.
#[test]
fn a_soak_repeats_with_other_seeds_until_it_finds_something() {
    let subject = Wearing {
        memory: MemorySubject::default(),
        places: AtomicU32::new(4),
    };
    let options = Options {
        filter: Some("REM-4".into()),
        seed: Some(7),
        budget: Budget::Soak(Duration::from_secs(3_600)),
        ..Options::default()
    };
    let mut seeds = Vec::new();
    let report = run(subject, &options, &mut |step| {
        if let Step::Ended(case) = step {
            seeds.push(case.seed);
        }
        ControlFlow::Continue(())
    })
    .expect("a run");
    assert_eq!((report.rounds, report.seed, report.failed()), (4, 7, 1));
    assert_eq!(seeds.len(), 4);
    assert_eq!(seeds.iter().collect::<BTreeSet<_>>().len(), 4, "{seeds:?}");
    let case = &report.rules[0].cases[0];
    assert_eq!(case.seed, seeds[3], "the report has the seed that failed");
    assert!(matches!(&case.outcome, Outcome::Failed(seen) if seen.contains("worn out")));
}

#[test]
fn what_is_deterministic_is_not_repeated() {
    let options = Options {
        filter: Some("RET-1".into()),
        budget: Budget::Soak(Duration::from_secs(3_600)),
        ..Options::default()
    };
    let mut tried = 0;
    let report = run(MemorySubject::default(), &options, &mut |step| {
        tried += usize::from(matches!(step, Step::Ended(_)));
        ControlFlow::Continue(())
    })
    .expect("a run");
    assert_eq!((report.rounds, report.rules[0].cases.len()), (1, tried));
}

//! What a random program finds is found again: the same seed gives the same short program, and the
//! program that is printed, pasted into a test, fails for the driver with the fault and passes for
//! one without.

mod forgetful;

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};

use session_driver::{MemoryDriver, SessionDriver};
use session_driver_conformance::{
    Differential, MemorySubject, Options, Outcome, Report, Subject, run,
};

use crate::forgetful::{Forgetful, ForgetfulSubject};

#[path = "../dump_driver/mod.rs"]
#[allow(
    dead_code,
    reason = "the seams of the driver are for the saboteurs beside it"
)]
mod dump_driver;

#[allow(clippy::unwrap_used, reason = "it is what the suite prints")]
mod pasted {
    include!("pasted.rs");

    pub(crate) fn replay_on(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
        replay(open);
    }
}

/// What `pasted.rs` holds: the program of the failure that [`SEED`] finds.
const PASTED: &str = include_str!("pasted.rs");
const SEED: u64 = 7;

/// What CON-1 says of a driver after some runs of one case.
fn failure(subject: impl Subject, seed: u64) -> Option<String> {
    let options = Options {
        filter: Some("CON-1".into()),
        seed: Some(seed),
        ..Options::default()
    };
    let report: Report =
        run(subject, &options, &mut |_| ControlFlow::Continue(())).expect("the suite can begin");
    let mut cases = report.rules.into_iter().flat_map(|rule| rule.cases);
    let case = cases.find(|case| case.case == "random_programs_keep_the_contract");
    match case.expect("CON-1 has the case").outcome {
        Outcome::Failed(seen) => Some(seen),
        _ => None,
    }
}

#[test]
fn a_seeded_violation_replays_to_the_same_shrunk_program() {
    let first = failure(ForgetfulSubject::default(), SEED).expect("the fault is found");
    let second = failure(ForgetfulSubject::default(), SEED).expect("the fault is found again");
    assert_eq!(first, second);
    assert!(first.ends_with(&format!("\n\n{PASTED}")), "{first}");
}

#[test]
fn every_seed_shrinks_the_fault_to_a_few_steps() {
    for seed in 0..20 {
        let drivers = Differential::new(seed).with(ForgetfulSubject::default());
        let difference = drivers.and_then(|drivers| drivers.run());
        let difference = difference
            .expect("they can be played")
            .expect("the fault is found");
        let text = difference.to_string();
        let few = [4, 5].map(|steps| format!("step {steps}, a touch,"));
        assert!(few.iter().any(|few| text.starts_with(few)), "{text}");
    }
}

#[test]
fn the_pasted_program_fails_for_the_driver_with_the_fault_alone() {
    let honest = MemoryDriver::new();
    pasted::replay_on(&|| Box::new(honest.clone()));
    let forgetful = Forgetful::default();
    let open = || -> Box<dyn SessionDriver> { Box::new(forgetful.clone()) };
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| pasted::replay_on(&open)));
    assert!(outcome.is_err(), "the pasted program lets the fault pass");
}

#[test]
fn drivers_without_a_fault_do_not_differ() {
    let dump = dump_driver::DumpSubject {
        name: "dump",
        conduct: &dump_driver::HONEST,
    };
    let drivers = Differential::new(SEED).with(MemorySubject::default());
    let drivers = drivers
        .and_then(|drivers| drivers.with(dump))
        .expect("both can be opened");
    assert_eq!(
        drivers.programs(40).run().expect("they can be played"),
        None
    );
}

#[test]
fn the_driver_that_differs_is_named_with_what_it_said() {
    let drivers = Differential::new(SEED).with(MemorySubject::default());
    let drivers = drivers.and_then(|drivers| drivers.with(ForgetfulSubject::default()));
    let difference = drivers
        .and_then(|drivers| drivers.run())
        .expect("they can be played");
    let difference = difference.expect("the fault is found");
    assert_eq!(difference.accused, ["forgetful"]);
    let text = difference.to_string();
    assert!(text.contains("memory: true\n"), "{text}");
    assert!(text.contains("forgetful: false   <- due: true"), "{text}");
}

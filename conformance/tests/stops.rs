//! A run that its caller stops: what was tried stays, and nothing is left of the rest.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use session_driver::MemoryDriver;
use session_driver_conformance::{
    BoxError, Budget, Differential, MemorySubject, Options, Place, Report, Setup, Step, Subject,
    rules, run,
};

/// Counts the places that there are.
#[derive(Default)]
struct Counting {
    memory: MemorySubject,
    places: Arc<AtomicUsize>,
}

struct Counted {
    places: Arc<AtomicUsize>,
    _place: Place,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.places.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Subject for Counting {
    type Driver = MemoryDriver;

    fn name(&self) -> String {
        "counting".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        self.places.fetch_add(1, Ordering::Relaxed);
        let place = self.memory.place()?;
        let locator = place.locator().to_owned();
        let counted = Counted {
            places: Arc::clone(&self.places),
            _place: place,
        };
        Ok(Place::new(locator, counted))
    }

    fn open(&self, place: &Place, setup: &Setup) -> session_driver::Result<MemoryDriver> {
        self.memory.open(place, setup)
    }
}

/// Stops at the first step that `is_last` picks.
fn stopped_at(budget: Budget, is_last: impl Fn(&Step<'_>) -> bool) -> (Report, Vec<&'static str>) {
    let subject = Counting::default();
    let places = Arc::clone(&subject.places);
    let options = Options {
        filter: Some("RE".into()),
        seed: Some(7),
        budget,
        ..Options::default()
    };
    let mut begun = Vec::new();
    let report = run(subject, &options, &mut |step| {
        if is_last(&step) {
            return ControlFlow::Break(());
        }
        if let Step::Begins { rule, .. } = step {
            begun.push(rule);
        }
        ControlFlow::Continue(())
    });
    assert_eq!(places.load(Ordering::Relaxed), 0, "a place is left");
    (report.expect("the memory driver opens"), begun)
}

fn tried(report: &Report) -> Vec<&'static str> {
    report.rules.iter().map(|rule| rule.rule).collect()
}

#[test]
fn a_run_stopped_before_a_case_lacks_its_rule_and_those_after_it() {
    let at = |step: &Step<'_>| matches!(step, Step::Begins { rule: "RET-3", .. });
    let (report, begun) = stopped_at(Budget::Quick, at);
    assert_eq!(tried(&report), ["RET-1", "RET-2"]);
    assert!(begun.iter().all(|rule| ["RET-1", "RET-2"].contains(rule)));
    assert!(report.stopped && report.is_clean() && !report.is_conforming());
}

#[test]
fn what_ended_last_is_not_counted() {
    let at = |step: &Step<'_>| matches!(step, Step::Ended(case) if case.rule == "RET-2");
    let (report, begun) = stopped_at(Budget::Quick, at);
    assert_eq!(
        (tried(&report), begun.last()),
        (vec!["RET-1"], Some(&"RET-2"))
    );
    assert!(report.stopped);
}

#[test]
fn a_run_that_nobody_stops_is_whole() {
    let (report, _) = stopped_at(Budget::Quick, |_| false);
    assert!(!report.stopped && report.is_conforming());
    let wanted = rules().map(|rule| rule.id);
    let wanted: Vec<_> = wanted.filter(|id| id.starts_with("RE")).collect();
    assert_eq!(tried(&report), wanted);
}

#[test]
fn a_soak_can_be_stopped() {
    let first = std::sync::OnceLock::new();
    let at = |step: &Step<'_>| match step {
        Step::Ended(case) => *first.get_or_init(|| case.seed) != case.seed,
        _ => false,
    };
    let (report, _) = stopped_at(Budget::Soak(Duration::from_secs(3_600)), at);
    assert!(report.stopped && report.rounds == 1);
}

#[test]
fn random_programs_can_be_stopped() {
    let drivers = Differential::new(7).with(MemorySubject::default());
    let drivers = drivers.and_then(|drivers| drivers.with(MemorySubject::default()));
    let drivers = drivers.expect("both can be opened").programs(40);
    let mut played = Vec::new();
    let difference = drivers.run_watched(&mut |number| {
        played.push(number);
        match number {
            3 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    assert_eq!(difference.expect("they can be played"), None);
    assert_eq!(played, [0, 1, 2, 3]);
}

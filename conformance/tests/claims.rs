//! CAP-3, a rule for the suite itself: what it skips it names with a reason, and what it does not
//! prove it does not count as passed.

use std::collections::BTreeSet;

use session_driver::{Error, ErrorKind, MemoryDriver, Operation};
use session_driver_conformance::{
    BoxError, MemorySubject, Options, Outcome, Place, Proof, Report, Setup, Subject, rules, run,
};

/// A run of the deterministic part of the families that this file looks at.
fn report(filter: &str) -> Report {
    let options = Options {
        filter: Some(filter.into()),
        seed: Some(7),
        ..Options::default()
    };
    run(MemorySubject::default(), &options, &mut |_| ()).expect("the memory driver opens")
}

#[test]
fn a_skipped_rule_is_named_with_its_reason() {
    for family in ["DUR", "CON-2", "HYG-7"] {
        let report = report(family);
        let left_out = report.skipped() + report.not_applicable();
        assert!(left_out > 0, "{family}: the memory driver has none of it");
        for rule in &report.rules {
            if let Outcome::Skipped(reason)
            | Outcome::Unobserved(reason)
            | Outcome::NotApplicable(reason)
            | Outcome::Untested(reason) = &rule.outcome
            {
                assert!(reason.len() > 10, "{}: {reason:?} is no reason", rule.rule);
            }
        }
    }
}

#[test]
fn a_capability_that_is_not_declared_is_the_reason() {
    let report = report("DUR-1");
    let due = Outcome::NotApplicable("the driver does not declare persistent".into());
    assert_eq!(report.rules[0].outcome, due);
}

#[test]
fn what_is_not_proven_is_not_counted_as_passed() {
    let report = report("ERR");
    let counted = report.passed()
        + report.failed()
        + report.skipped()
        + report.unobserved()
        + report.not_applicable()
        + report.untested();
    assert_eq!(counted, report.rules.len());
    for rule in &report.rules {
        let proven = rule
            .cases
            .iter()
            .any(|case| case.outcome == Outcome::Passed);
        assert_eq!(rule.outcome == Outcome::Passed, proven, "{}", rule.rule);
    }
}

/// A subject that opens one namespace alone, so that ISO-1 cannot be tried.
struct Rigid(MemorySubject);

impl Subject for Rigid {
    type Driver = MemoryDriver;

    fn name(&self) -> String {
        "rigid".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        self.0.place()
    }

    fn open(&self, place: &Place, setup: &Setup) -> session_driver::Result<MemoryDriver> {
        match setup.namespace {
            Some(_) => Err(Error::new(ErrorKind::Unsupported, Operation::Open, "rigid")),
            None => self.0.open(place, setup),
        }
    }
}

#[test]
fn who_skips_a_rule_that_binds_is_not_called_conforming() {
    let options = Options {
        filter: Some("ISO-1".into()),
        ..Options::default()
    };
    let rigid = run(Rigid(MemorySubject::default()), &options, &mut |_| ()).expect("a run");
    assert!(
        rigid.is_clean() && !rigid.is_conforming(),
        "{:?}",
        rigid.rules
    );
    assert!(report("ISO-1").is_conforming());
    // By the capability's leave: the memory driver is not persistent.
    assert!(report("DUR-1").is_conforming());
}

#[test]
fn a_rule_without_its_hook_is_unobserved_and_stands_in_nobodys_way() {
    let report = report("ERR-8");
    let hookless = Options {
        filter: Some("ISO-3".into()),
        ..Options::default()
    };
    let rigid = run(Rigid(MemorySubject::default()), &hookless, &mut |_| ()).expect("a run");
    let Outcome::Unobserved(reason) = &rigid.rules[0].outcome else {
        panic!("ISO-3 needs a hook: {:?}", rigid.rules[0].outcome);
    };
    assert!(reason.len() > 10, "{reason:?} is no reason");
    assert_eq!((rigid.unobserved(), rigid.passed()), (1, 0));
    assert!(rigid.is_conforming());
    // What does not bind the driver is not unobserved.
    assert_eq!((report.unobserved(), report.not_applicable()), (0, 1));
}

#[test]
fn without_child_processes_their_cases_say_so() {
    let report = report("HYG-6");
    let Outcome::Skipped(reason) = &report.rules[0].outcome else {
        panic!("HYG-6 needs a child process: {:?}", report.rules[0].outcome);
    };
    assert!(
        reason.contains("session_driver_conformance::main!"),
        "{reason}"
    );
}

#[test]
fn rules_and_cases_have_names_of_their_own() {
    let mut names = BTreeSet::new();
    for rule in rules() {
        assert!(
            names.insert(rule.id.to_owned()),
            "{} is used twice",
            rule.id
        );
        if let Proof::Untested(reason) = rule.proof {
            assert!(reason.len() > 10, "{}: {reason:?} is no reason", rule.id);
        }
        for case in rule.cases() {
            let name = format!("{} {}", rule.id, case.name);
            assert!(
                names.insert(name),
                "{} {} is used twice",
                rule.id,
                case.name
            );
        }
    }
}

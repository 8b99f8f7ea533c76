//! The rules that only a hook can show, tried in one process: lawful drivers that must pass them,
//! and saboteurs that must not.

mod hashed;
mod kept;
mod lifetimes;

use std::ops::ControlFlow;

use session_driver_conformance::{Options, Outcome, Report, run};

use crate::kept::{Kept, Traits};

/// What the rules whose ids begin with `filter` say of a driver with these traits.
fn report(traits: Traits, filter: &str) -> Report {
    let options = Options {
        filter: Some(filter.into()),
        seed: Some(11),
        ..Options::default()
    };
    run(Kept::new(traits), &options, &mut |_| {
        ControlFlow::Continue(())
    })
    .expect("the driver opens")
}

fn outcome(traits: Traits, rule: &str) -> Outcome {
    report(traits, rule).rules.remove(0).outcome
}

/// What the rule saw that accuses a driver with these traits.
///
/// # Panics
/// When it does not accuse it.
fn accusation(traits: Traits, rule: &str) -> String {
    match outcome(traits, rule) {
        Outcome::Failed(seen) => seen,
        other => panic!("{rule} lets it pass: {other:?}"),
    }
}

/// No rule has anything against a driver with these traits.
fn is_lawful(traits: Traits) {
    for family in [
        "RET", "STO", "CAS-1", "RES-1", "REM", "ROT-1", "TRV-1", "TRV-6", "EXP", "SWP-6", "ID",
    ] {
        let report = report(traits, family);
        for rule in &report.rules {
            assert!(
                !matches!(rule.outcome, Outcome::Failed(_)),
                "{}: {:?}",
                rule.rule,
                rule.outcome
            );
        }
    }
}

#[test]
fn a_rule_without_its_hook_is_unobserved_and_stands_in_nobodys_way() {
    let report = report(Traits::default(), "ISO-3");
    let Outcome::Unobserved(reason) = &report.rules[0].outcome else {
        panic!("ISO-3 needs a hook: {:?}", report.rules[0].outcome);
    };
    assert!(reason.len() > 10, "{reason:?} is no reason");
    assert_eq!((report.unobserved(), report.passed()), (1, 0));
    assert!(report.is_conforming());
}

//! SWP-6 and EXP-8 where the backend expires records itself.

use session_driver_conformance::Outcome;

use crate::kept::{Expires, Traits};
use crate::{accusation, is_lawful, outcome};

fn expiring(how: Expires) -> Traits {
    Traits {
        expires: Some(how),
        ..Traits::default()
    }
}

#[test]
fn a_driver_whose_backend_lets_go_after_the_slack_passes() {
    let lawful = expiring(Expires::Duly);
    for rule in ["SWP-6", "EXP-8"] {
        assert_eq!(outcome(lawful, rule), Outcome::Passed, "{rule}");
    }
    is_lawful(lawful);
}

#[test]
fn records_that_the_backend_keeps_for_ever_are_found() {
    for (how, way) in [
        (Expires::NotByTouch, "a touch"),
        (Expires::NotByRotate, "a rotate"),
    ] {
        let seen = accusation(expiring(how), "SWP-6");
        assert!(seen.contains(way), "{seen}");
    }
}

#[test]
fn records_that_the_backend_drops_too_early_are_found() {
    let seen = accusation(expiring(Expires::WithoutSlack), "EXP-8");
    assert!(seen.contains("slack"), "{seen}");
    // The time to live of an earlier deadline ends a session that has none any more.
    let seen = accusation(expiring(Expires::ThoughFreed), "EXP-8");
    assert!(seen.contains("without a deadline"), "{seen}");
}

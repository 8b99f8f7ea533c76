//! CAP: what a driver claims.

mod given;

use std::time::Duration;

use session_driver::{Capabilities, Durability};

use self::given::CAP_4;
use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::exercise::use_all_operations;
use crate::race::together;
use crate::rule::{Evidence, Level, Proof, Provenance, Rule, Test};

pub(super) const RULES: &[Rule] = &[CAP_1, CAP_2, CAP_3, CAP_4];

const CAP_1: Rule = Rule {
    id: "CAP-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "The descriptor stays the same for an instance's life and holds every capability and bound the rules name.",
    intent: "A layer that asked once, at the start, relies on what is no longer so.",
    provenance: &[Provenance::Own("whoever wraps a driver asks it once")],
    needs: &[],
    proof: cases![
        the_descriptor_stays_the_same,
        the_descriptor_is_the_same_for_every_thread_and_instance,
        the_declared_bounds_make_sense
    ],
};

fn the_descriptor_stays_the_same(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let first = store.capabilities();
    for time in 0..20 {
        use_all_operations(&*store, context.seed().wrapping_add(time), 1)?;
        ensure_eq!(
            store.capabilities(),
            first,
            "the descriptor after {} rounds of use",
            time + 1
        );
    }
    Ok(())
}

fn the_descriptor_is_the_same_for_every_thread_and_instance(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let first = store.capabilities();
    if let Some(other) = store.another()? {
        ensure_eq!(
            other.capabilities(),
            first,
            "the descriptor of another instance"
        );
        ensure_eq!(
            store.capabilities(),
            first,
            "the descriptor beside another instance"
        );
    }
    for seen in together(4, |_| Ok(store.capabilities()))? {
        ensure_eq!(seen, first, "the descriptor on another thread");
    }
    let store = store.reopen()?;
    ensure_eq!(
        store.capabilities(),
        first,
        "the descriptor after reopening with the same setup"
    );
    Ok(())
}

fn the_declared_bounds_make_sense(context: &Context) -> Verdict {
    let declared = context.fresh()?.capabilities();
    ensure!(
        declared.max_payload_bytes >= 64 * 1024,
        "max_payload_bytes is {}, less than the 64 KiB of rule PAY-1",
        declared.max_payload_bytes
    );
    let slack = declared.native_expiry.unwrap_or(Duration::MAX);
    ensure!(
        slack >= Duration::from_secs(60),
        "native_expiry has {slack:?} of slack, less than the 60 s of rule EXP-8"
    );
    ensure!(
        declared.space_factor >= 1,
        "space_factor is 0: the live volume itself takes more"
    );
    for (name, bound) in [
        ("contention_bound", declared.contention_bound),
        ("outage_bound", declared.outage_bound),
    ] {
        ensure!(
            bound <= Duration::from_secs(600),
            "{name} is {bound:?}, which bounds nothing"
        );
    }
    agrees_with_itself(&declared)
}

fn agrees_with_itself(declared: &Capabilities) -> Verdict {
    ensure!(
        declared.persistent || declared.durability == Durability::None,
        "durability is {:?} of a driver that is not persistent",
        declared.durability
    );
    ensure!(
        !(declared.readable_ids && declared.hashed_ids),
        "ids are readable in a traversal and cannot be found in the backend's bytes"
    );
    Ok(())
}

const CAP_2: Rule = Rule {
    id: "CAP-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Every layer and bridge passes the suite around a conforming driver, under its own descriptor.",
    intent: "A layer that forgets to forward one precondition takes the guarantee from all it wraps.",
    provenance: &[Provenance::Own(
        "a layer that does not forward a precondition takes the guarantee from all it wraps",
    )],
    needs: &[],
    proof: Proof::Elsewhere(
        "layers and bridges",
        &[
            Test {
                file: "crates/session-driver-async/tests/conformance_file.rs",
                name: "Bridged",
            },
            Test {
                file: "crates/session-driver-async/tests/conformance_memory.rs",
                name: "Bridged",
            },
            Test {
                file: "crates/session-driver-layers/tests/conformance.rs",
                name: "all",
            },
            Test {
                file: "crates/session-driver-layers/tests/conformance_async.rs",
                name: "all",
            },
            Test {
                file: "conformance/tests/claims.rs",
                name: "every_layer_and_bridge_is_a_subject_of_the_suite",
            },
        ],
    ),
};

const CAP_3: Rule = Rule {
    id: "CAP-3",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A skipped rule is named with its reason; a driver that skips a MUST without the capability's leave is not called \
           conforming.",
    intent: "Unset variables skip every test, and the run is green.",
    provenance: &[Provenance::Own("a run that skipped every test is green")],
    needs: &[],
    proof: Proof::Elsewhere(
        "the suite",
        &[
            Test {
                file: "conformance/tests/claims.rs",
                name: "a_skipped_rule_is_named_with_its_reason",
            },
            Test {
                file: "conformance/tests/claims.rs",
                name: "who_skips_a_rule_that_binds_is_not_called_conforming",
            },
        ],
    ),
};

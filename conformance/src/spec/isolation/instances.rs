//! ISO: several instances on one namespace.

use session_driver::{ErrorKind, Precondition, SessionDriver, Timestamp};

use crate::case::{Context, Verdict, cases, ensure, ensure_eq};
use crate::expect::{absent, payload, record, refused};
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, stored};
use crate::workload::{NOW, at, forever, id, until};

pub(super) const ISO_4: Rule = Rule {
    id: "ISO-4",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Several driver instances on one backend and namespace in one process act as one store, or the second open \
           fails with Locked.",
    intent: "Two parts of a program that open the same store each see half of the sessions.",
    provenance: &[Provenance::Own(
        "an application opens the same store in two places",
    )],
    needs: &[],
    proof: cases![
        two_instances_act_as_one_store,
        an_instance_survives_the_end_of_another
    ],
};

fn two_instances_act_as_one_store(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let Some(other) = store.another()? else {
        return Ok(()); // Locked, as the rule allows
    };
    acts_on_what_the_other_left(&*store, &*other, "a")?;
    acts_on_what_the_other_left(&*other, &*store, "b")
}

fn acts_on_what_the_other_left(
    one: &dyn SessionDriver,
    other: &dyn SessionDriver,
    name: &str,
) -> Verdict {
    let (who, moved) = (id(name), id(&format!("{name}-moved")));
    let first = stored(one, &who, until(b"first", 5_000), Precondition::Absent, NOW)?;
    record(
        other,
        &who,
        NOW,
        &first,
        "through another instance after a store",
    )?;
    let again = other.store(&who, forever(b"x"), Precondition::Absent, NOW);
    refused(
        again,
        ErrorKind::AlreadyExists,
        "an Absent store through another instance",
    )?;
    let version = Precondition::Version(first.version);
    let second = stored(other, &who, until(b"second, longer", 6_000), version, NOW)?;
    record(
        one,
        &who,
        NOW,
        &second,
        "through the first instance after a store through another",
    )?;
    let stale = one.store(&who, forever(b"x"), version, NOW);
    refused(
        stale,
        ErrorKind::Conflict,
        "a store at the version before another instance's store",
    )?;
    ensure!(
        one.touch(&who, Some(at(7_000)), NOW)?,
        "the touch of a live id answers false"
    );
    let touched = other
        .retrieve(&who, NOW)?
        .and_then(|found| found.expires_at);
    ensure_eq!(
        touched,
        Some(at(7_000)),
        "the deadline through another instance after a touch"
    );
    ensure!(
        other.rotate(&who, &moved, NOW)?.is_some(),
        "the rotate of a live id answers None"
    );
    absent(one, &who, NOW, "after a rotate through another instance")?;
    payload(
        one,
        &moved,
        b"second, longer",
        "after a rotate through another instance",
    )?;
    ensure!(
        one.remove(&moved, NOW)?,
        "the remove of a live id answers false"
    );
    absent(
        other,
        &moved,
        Timestamp::MIN,
        "after a remove through another instance",
    )?;
    one.store(&who, until(b"due", 100), Precondition::Any, NOW)?;
    drained(other, at(200), UNLIMITED)?;
    let swept = one.capabilities().native_expiry.is_none();
    ensure!(
        !swept || one.retrieve(&who, Timestamp::MIN)?.is_none(),
        "an expired record is there after another instance swept it"
    );
    other.remove(&who, Timestamp::MIN)?;
    Ok(())
}

fn an_instance_survives_the_end_of_another(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("survivor");
    for generation in 0..3 {
        let Some(other) = store.another()? else {
            return Ok(());
        };
        other.store(&who, forever(&[generation]), Precondition::Any, NOW)?;
        drop(other);
        payload(
            &*store,
            &who,
            &[generation],
            "after another instance was closed",
        )?;
        store.store(&who, forever(b"own"), Precondition::Any, NOW)?;
    }
    payload(&*store, &who, b"own", "after other instances were closed")
}

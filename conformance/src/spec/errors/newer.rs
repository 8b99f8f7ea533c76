//! ERR: what a newer release wrote.

use session_driver::{ErrorKind, Precondition};

use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::damage::at_rest;
use crate::expect::{gone, payload, refused};
use crate::hook::Planted;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, drained};
use crate::subject::Setup;
use crate::workload::{NOW, at, forever, id, until};

pub(super) const ERR_6: Rule = Rule {
    id: "ERR-6",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A record or store of a newer format is Incompatible and stays byte for byte, Any included; only remove may \
           remove it.",
    intent: "A rollback to the release of yesterday destroys what the release of today wrote.",
    provenance: &[Provenance::Own(
        "a rollback of a deploy meets what the newer release wrote",
    )],
    needs: &[],
    proof: cases![
        a_record_of_a_newer_format_stays_byte_for_byte,
        a_record_of_a_newer_format_can_be_removed,
        a_store_of_a_newer_format_is_not_opened
    ],
};

fn a_record_of_a_newer_format_stays_byte_for_byte(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let [newer, beside, free] = ["newer", "beside", "free"].map(id);
    let version = store.store(&newer, until(b"of tomorrow", 1_000), Precondition::Any, NOW)?;
    store.store(&beside, forever(b"of today"), Precondition::Any, NOW)?;
    let place = at_rest(context, store)?;
    context.plant(&place, &newer, Planted::NewerFormat)?;
    let planted = context.raw(&place, &newer)?;
    let store = context.open(&place, &Setup::default())?;
    let incompatible = |answer, what: &str| {
        let what = format!("{what} on a record of a newer format");
        refused(answer, ErrorKind::Incompatible, &what)
    };
    incompatible(store.retrieve(&newer, NOW).map(drop), "a retrieve")?;
    incompatible(
        store.touch(&newer, Some(at(5_000)), NOW).map(drop),
        "a touch",
    )?;
    incompatible(store.rotate(&newer, &free, NOW).map(drop), "a rotate")?;
    incompatible(
        store.rotate(&beside, &newer, NOW).map(drop),
        "a rotate onto it",
    )?;
    for when in [
        Precondition::Any,
        Precondition::Absent,
        Precondition::Present,
        Precondition::Version(version),
    ] {
        for new in [forever(b"of today"), until(b"", 0)] {
            let answer = store.store(&newer, new, when, NOW).map(drop);
            incompatible(answer, &format!("a store ({when:?})"))?;
        }
    }
    drained(&*store, at(2_000), UNLIMITED)?;
    payload(
        &*store,
        &beside,
        b"of today",
        "beside one of a newer format",
    )?;
    drop(store);
    let left = context.raw(&place, &newer)?;
    ensure!(
        left == planted,
        "the bytes of a record of a newer format are changed"
    );
    Ok(())
}

fn a_record_of_a_newer_format_can_be_removed(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let newer = id("newer");
    store.store(&newer, forever(b"of tomorrow"), Precondition::Any, NOW)?;
    let place = at_rest(context, store)?;
    context.plant(&place, &newer, Planted::NewerFormat)?;
    let store = context.open(&place, &Setup::default())?;
    // A driver may refuse, and then leaves it; what it says it removed is gone.
    match store.remove(&newer, NOW) {
        Ok(removed) => {
            ensure!(
                removed,
                "the remove of a record of a newer format answers false"
            );
            gone(&*store, &newer, "after a remove")
        }
        Err(error) => {
            ensure_eq!(
                error.kind(),
                ErrorKind::Incompatible,
                "the kind of a refused remove of a record of a newer format"
            );
            Ok(())
        }
    }
}

fn a_store_of_a_newer_format_is_not_opened(context: &Context) -> Verdict {
    let store = context.fresh()?;
    store.store(&id("kept"), forever(b"kept"), Precondition::Any, NOW)?;
    let place = at_rest(context, store)?;
    context.make_newer(&place)?;
    let before = context.contents(&place);
    match context.open_raw(&place, &Setup::default()) {
        Ok(_) => return Err(Stop::Failed("a store of a newer format is opened".into())),
        Err(error) => ensure_eq!(
            error.kind(),
            ErrorKind::Incompatible,
            "the kind of a refused open of a store of a newer format"
        ),
    }
    if let Ok(before) = before {
        let left = context.contents(&place)?;
        ensure!(
            left == before,
            "the bytes of a store of a newer format are changed by a refused open"
        );
    }
    Ok(())
}

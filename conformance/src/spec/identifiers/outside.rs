//! ID: the handle, and ids from outside.

use session_driver::{ErrorKind, Json, SessionDriver, Sessions, Timestamp};

use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::visits;
use crate::workload::{NOW, id};

pub(super) const ID_7: Rule = Rule {
    id: "ID-7",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "The handle creates a record under an id that came from outside in `create_at` alone, whose caller vouches for the id; retrieve, update, save, touch, remove and rotate create none.",
    intent: "An attacker gives a victim an id that the attacker knows, and shares the session after the login.",
    provenance: &[Provenance::Known(
        "session fixation: CWE-384, and the OWASP Session Management Cheat Sheet",
    )],
    needs: &[],
    proof: cases![
        the_handle_creates_nothing_under_an_unknown_id,
        the_handle_saves_nothing_under_the_id_of_another_store
    ],
};

type Counters<'a> = Sessions<u32, &'a dyn SessionDriver, Json>;

fn counters(driver: &dyn SessionDriver) -> Counters<'_> {
    Sessions::new_with_codec(driver, Json).with_clock(|| NOW)
}

fn the_handle_creates_nothing_under_an_unknown_id(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let (sessions, outside) = (counters(&*store), id("chosen-by-an-attacker"));
    ensure!(
        sessions.retrieve(&outside)?.is_none(),
        "the handle finds a session under an id that was never stored"
    );
    let updated = sessions.update(&outside, |count| *count += 1)?;
    ensure_eq!(updated, None, "the handle's update of an unknown id");
    ensure!(
        !sessions.touch(&outside)?,
        "the handle's touch of an unknown id answers true"
    );
    ensure!(
        !sessions.remove(&outside)?,
        "the handle's remove of an unknown id answers true"
    );
    holds_nothing(&*store)
}

/// A session of another store stands for any id that somebody brings along.
fn the_handle_saves_nothing_under_the_id_of_another_store(context: &Context) -> Verdict {
    let (elsewhere, store) = (context.fresh()?, context.fresh()?);
    let mut foreign = counters(&*elsewhere).create(7)?;
    let sessions = counters(&*store);
    for (what, outcome) in [
        ("save", sessions.save(&mut foreign)),
        ("rotate", sessions.rotate(&mut foreign)),
    ] {
        let kind = outcome.map_err(|error| error.kind());
        ensure_eq!(
            kind,
            Err(ErrorKind::NotFound),
            "the handle's {what} of a session of another store"
        );
    }
    holds_nothing(&*store)
}

fn holds_nothing(store: &dyn SessionDriver) -> Result<(), Stop> {
    for now in [NOW, Timestamp::MIN] {
        let visited = visits(store, now)?.len();
        ensure_eq!(
            visited,
            0,
            "records that the handle made under ids from outside"
        );
    }
    Ok(())
}

//! ROT: what a kill leaves of a rotate.

use std::thread;
use std::time::{Duration, Instant};

use session_driver::{Precondition, SessionDriver};

use crate::artefacts::children_can_be_killed;
use crate::call::Call;
use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::expect;
use crate::kill::{Moment, kill_at_work};
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::steps::stored;
use crate::subject::Setup;
use crate::workload::{NOW, id, marked, until};

pub(super) const ROT_5: Rule = Rule {
    id: "ROT-5",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A rotate that is cut short leaves `from` or `to` whole; without atomic_rotate possibly both, for at most the declared bound \
           where the backend can bound it.",
    intent: "A crash during the login loses the session, or leaves two.",
    provenance: &[Provenance::Own(
        "follows from DUR-4 for an operation of two steps",
    )],
    needs: &[Need::SurvivesKill],
    proof: cases![a_killed_rotate_leaves_one_of_the_ids_whole],
};

/// The kills of one case. Of some the moment comes between two rotates.
const KILLS: usize = 12;

/// The longest that a case waits for an overlap to end.
const PATIENCE: Duration = Duration::from_secs(30);

fn a_killed_rotate_leaves_one_of_the_ids_whole(context: &Context) -> Verdict {
    children_can_be_killed(context)?;
    let (place, mut rng) = (context.place()?, context.rng());
    for round in 0..KILLS {
        let names = ["from", "to"].map(|name| format!("{name}-{round}"));
        let [one, other] = [id(&names[0]), id(&names[1])];
        let payload = marked(rng.u64(..), rng.usize(100..40_000));
        let store = context.open(&place, &Setup::default())?;
        let mut due = stored(
            &*store,
            &one,
            until(&payload, 20_000),
            Precondition::Any,
            NOW,
        )?;
        drop(store);
        let rotates: Vec<Call> = (0..200).map(|turn| rotate(&names, turn)).collect();
        kill_at_work(context, &place, &[rotates], Moment::random(&mut rng, 60))?;
        let store = context.open(&place, &Setup::default())?;
        let killed = Instant::now();
        loop {
            let mut live = vec![];
            for who in [&one, &other] {
                if let Some(found) = store.retrieve(who, NOW)? {
                    // Where the descriptor says that a rotate gives a new version it is nobody's guess.
                    if !context.capabilities().rotate_keeps_version {
                        due.version = found.version;
                    }
                    expect::record(&*store, who, NOW, &due, "after a rotate that was cut short")?;
                    live.push(who);
                }
            }
            match live.len() {
                1 => break,
                2 if may_still_overlap(context, killed)? => {
                    thread::sleep(Duration::from_millis(20));
                }
                2 if context.capabilities().rotate_overlap.is_none() => break,
                count => {
                    return Err(Stop::Failed(format!(
                        "{count} of the two ids are live after a rotate that was cut short"
                    )));
                }
            }
        }
        goes_on(&*store, &names)?;
    }
    Ok(())
}

fn rotate(names: &[String; 2], turn: usize) -> Call {
    let (from, to) = (names[turn % 2].clone(), names[(turn + 1) % 2].clone());
    let now = NOW.as_millis();
    Call::Rotate { from, to, now }
}

/// Whether two live ids are still within what the descriptor declares.
fn may_still_overlap(context: &Context, killed: Instant) -> Result<bool, Stop> {
    let capabilities = context.capabilities();
    ensure!(
        !capabilities.atomic_rotate,
        "both ids are live after an atomic rotate that was cut short"
    );
    let Some(bound) = capabilities.rotate_overlap else {
        return Ok(false);
    };
    if bound > PATIENCE {
        let reason = format!(
            "both ids may be live for {} s, and the suite does not wait so long",
            bound.as_secs()
        );
        return Err(Stop::Unobserved(reason));
    }
    Ok(killed.elapsed() <= bound)
}

/// What the kill left is a record, or two, as any other.
fn goes_on(store: &dyn SessionDriver, names: &[String; 2]) -> Verdict {
    for who in names.iter().map(|name| id(name)) {
        let live = store.retrieve(&who, NOW)?.is_some();
        ensure!(
            store.remove(&who, NOW)? == live,
            "the remove of what a cut rotate left does not answer {live}"
        );
        expect::gone(store, &who, "after a remove of what a cut rotate left")?;
    }
    Ok(())
}

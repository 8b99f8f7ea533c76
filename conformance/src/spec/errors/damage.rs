//! ERR: damage, and what a driver may answer to it.

use session_driver::{ErrorKind, Precondition, SessionDriver, SessionId};

use crate::call::{Call, Reply};
use crate::case::{Context, Driver, Stop, Verdict, cases, ensure, ensure_eq};
use crate::child::{Calls, Child};
use crate::damage::{Hurt, at_rest, blemishes};
use crate::expect::{absent, payload, refused};
use crate::hook::Planted;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, stored, visits};
use crate::subject::Setup;
use crate::workload::{NOW, at, forever, id, ids, marked, until};

pub(super) const ERR_2: Rule = Rule {
    id: "ERR-2",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "No content or fault of the backend makes a driver panic, loop, abort, report success wrongly, or answer None, \
           false, zero or an empty traversal in place of an error.",
    intent: "A disk error that reads as `no session` logs everybody out, and a save after it destroys what was there.",
    provenance: &[Provenance::Fault(
        "published stores that answer a disk error with `no session`",
    )],
    needs: &[],
    proof: cases![
        no_blemish_is_taken_for_no_session_or_for_another,
        damage_is_an_error_and_no_answer,
        a_failed_read_is_an_error_and_no_answer
    ],
};

fn no_blemish_is_taken_for_no_session_or_for_another(context: &Context) -> Verdict {
    let (store, mut rng) = (context.fresh()?, context.rng());
    let all = ids("blemished", 64);
    let mut due = vec![];
    for who in &all {
        let (first, second) = (marked(rng.u64(..), 300), marked(rng.u64(..), 300));
        store.store(who, forever(&first), Precondition::Any, NOW)?;
        due.push(stored(
            &*store,
            who,
            forever(&second),
            Precondition::Any,
            NOW,
        )?);
    }
    let place = at_rest(context, store)?;
    let sample = context.raw(&place, &all[0])?;
    let count = blemishes(&sample, &mut rng).len().min(all.len());
    let mut done = vec![];
    for (number, who) in all.iter().enumerate().take(count) {
        let sound = context.raw(&place, who)?;
        let Some((what, bytes)) = blemishes(&sound, &mut rng).into_iter().nth(number) else {
            continue;
        };
        context.plant(&place, who, Planted::Bytes(&bytes))?;
        done.push((who, what, &due[number]));
    }
    let store = context.open(&place, &Setup::default())?;
    for (who, what, due) in done {
        let found = match store.retrieve(who, NOW) {
            Err(error) => {
                is_of_the_record(error.kind(), &what)?;
                // Whatever a touch answers, it does not say that there is no session.
                ensure!(
                    store.touch(who, None, NOW).unwrap_or(true),
                    "a record {what} is taken for no session by a touch"
                );
                continue;
            }
            Ok(found) => found,
        };
        let Some(found) = found else {
            return Err(Stop::Failed(format!(
                "a record {what} is taken for no session"
            )));
        };
        ensure!(
            found == *due,
            "a record {what} is given out as another, of {} bytes",
            found.payload.len()
        );
    }
    Ok(())
}

fn is_of_the_record(kind: ErrorKind, what: &str) -> Verdict {
    ensure!(
        matches!(kind, ErrorKind::Corrupt | ErrorKind::Incompatible),
        "a record {what} is {kind:?}, not Corrupt"
    );
    Ok(())
}

fn damage_is_an_error_and_no_answer(context: &Context) -> Verdict {
    let hurt = Hurt::new(context)?;
    let store = hurt.open(context)?;
    for damaged in &hurt.damaged {
        let (who, free, what) = (&damaged.id, id("free"), damaged.damage);
        let answers = [
            ("a retrieve", store.retrieve(who, NOW).map(drop)),
            ("a touch", store.touch(who, Some(at(9_000)), NOW).map(drop)),
            ("a rotate", store.rotate(who, &free, NOW).map(drop)),
        ];
        for (operation, answer) in answers {
            ensure!(
                answer.is_err(),
                "{operation} answers success on a record that is damaged ({what:?})"
            );
        }
    }
    let seen = visits(&*store, NOW)?.len();
    let all = hurt.damaged.len() + hurt.sound.len();
    ensure_eq!(seen, all, "the ids visited, of which some are damaged");
    Ok(())
}

/// What an engine holds in memory it may give; what it has to read it cannot.
fn a_failed_read_is_an_error_and_no_answer(context: &Context) -> Verdict {
    if !context.capabilities().embedded {
        let reason = "a server reads its data, and the suite cannot have that fail";
        return Err(Stop::NotApplicable(reason.into()));
    }
    let store = context.fresh()?;
    let all = ids("on-a-bad-disk", 8);
    for who in &all {
        store.store(who, until(&marked(7, 300), 9_000), Precondition::Any, NOW)?;
    }
    let place = at_rest(context, store)?;
    let mut child = Child::spawn(context)?;
    child.open(0, &place)?;
    child.fail(Calls::Reads)?;
    let now = NOW.as_millis();
    let (from, to) = (all[6].as_str().to_owned(), "elsewhere".to_owned());
    let mut calls = vec![
        Call::Touch {
            id: all[5].as_str().into(),
            expires_at: None,
            now,
        },
        Call::Rotate { from, to, now },
        Call::Remove {
            id: all[7].as_str().into(),
            now,
        },
    ];
    calls.extend(all[..5].iter().map(|who| Call::Retrieve {
        id: who.as_str().into(),
        now,
    }));
    for call in calls {
        let reply = child.perform(call.clone())?;
        ensure!(
            !matches!(
                reply,
                Reply::Found(None) | Reply::Was(false) | Reply::Rotated(None)
            ),
            "{call:?} answers that there is no session where its reads fail"
        );
    }
    Ok(())
}

pub(super) const ERR_3: Rule = Rule {
    id: "ERR-3",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "A record whose own bytes are damaged affects its own id only: retrieve, touch, rotate and conditional stores say \
           Corrupt and leave it, Any replaces it, remove removes it, traverse visits it, sweep leaves it, \
           at least until its deadline.",
    intent: "One bad sector stops every sweep and every listing.",
    provenance: &[Provenance::Own(
        "one bad record is no reason to stop a sweep",
    )],
    needs: &[],
    proof: cases![
        operations_on_a_damaged_record_say_corrupt_and_leave_it,
        traversals_and_sweeps_pass_a_damaged_record,
        any_replaces_a_damaged_record,
        other_records_are_as_they_were
    ],
};

fn operations_on_a_damaged_record_say_corrupt_and_leave_it(context: &Context) -> Verdict {
    let hurt = Hurt::new(context)?;
    let store = hurt.open(context)?;
    let (free, sound) = (id("free"), &hurt.sound[0].0);
    for damaged in &hurt.damaged {
        let (who, what) = (&damaged.id, damaged.damage);
        let corrupt = |answer, operation: &str| {
            refused(
                answer,
                ErrorKind::Corrupt,
                &format!("{operation} on a damaged record ({what:?})"),
            )
        };
        let try_store = |when| store.store(who, until(b"new", 9_000), when, NOW).map(drop);
        corrupt(store.retrieve(who, NOW).map(drop), "a retrieve")?;
        corrupt(store.touch(who, None, NOW).map(drop), "a touch")?;
        corrupt(store.rotate(who, &free, NOW).map(drop), "a rotate")?;
        absent(&*store, &free, NOW, "after a rotate from a damaged record")?;
        corrupt(store.rotate(sound, who, NOW).map(drop), "a rotate onto it")?;
        for when in [
            Precondition::Absent,
            Precondition::Present,
            Precondition::Version(damaged.before.version),
        ] {
            corrupt(try_store(when), &format!("a store ({when:?})"))?;
        }
    }
    hurt.leaves_others(&store, "beside operations on damaged ones")?;
    drop(store);
    hurt.is_left_as_it_was(context, "by operations that said Corrupt")
}

fn traversals_and_sweeps_pass_a_damaged_record(context: &Context) -> Verdict {
    let hurt = Hurt::new(context)?;
    let store = hurt.open(context)?;
    let due = ids("due", 5);
    for who in &due {
        store.store(who, until(b"due", 1_000), Precondition::Any, NOW)?;
    }
    let removed = drained(&*store, at(2_000), UNLIMITED)?;
    let native = context.capabilities().native_expiry.is_some();
    ensure!(
        removed == 5 || (native && removed < 5),
        "a sweep among damaged records removes {removed}, not 5"
    );
    visits_all(context, &store, &hurt, "after a sweep")?;
    drop(store);
    hurt.is_left_as_it_was(context, "by a sweep")
}

fn visits_all(context: &Context, store: &Driver, hurt: &Hurt, when: &str) -> Verdict {
    let visited = visits(&**store, at(2_000))?;
    let sound = hurt.sound.iter().map(|(id, _)| id);
    let due: Vec<&SessionId> = hurt
        .damaged
        .iter()
        .map(|damaged| &damaged.id)
        .chain(sound)
        .collect();
    ensure_eq!(
        visited.len(),
        due.len(),
        "the ids visited {when}, of which some are damaged"
    );
    if context.capabilities().readable_ids {
        let missing = due.iter().filter(|id| !visited.contains(id)).count();
        ensure_eq!(
            missing,
            0,
            "ids that are not visited {when}, of which some are damaged"
        );
    }
    Ok(())
}

fn any_replaces_a_damaged_record(context: &Context) -> Verdict {
    let hurt = Hurt::new(context)?;
    let store = hurt.open(context)?;
    for damaged in &hurt.damaged {
        let (who, what) = (&damaged.id, damaged.damage);
        store
            .store(who, until(b"mended", 9_000), Precondition::Any, NOW)
            .map_err(|error| {
                Stop::Failed(format!(
                    "Any on a damaged record ({what:?}): {:?}",
                    error.kind()
                ))
            })?;
        payload(&*store, who, b"mended", "that replaced a damaged one")?;
        mended(&*store, who)?;
    }
    hurt.leaves_others(&store, "beside damaged ones that were replaced")
}

/// A record that was damaged and was replaced is one as any other.
fn mended(store: &dyn SessionDriver, who: &SessionId) -> Verdict {
    ensure!(
        store.touch(who, Some(at(5_000)), NOW)?,
        "the touch of a mended record answers false"
    );
    store.store(who, forever(b"stored again"), Precondition::Present, NOW)?;
    payload(store, who, b"stored again", "of a mended id")
}

fn other_records_are_as_they_were(context: &Context) -> Verdict {
    let hurt = Hurt::new(context)?;
    let store = hurt.open(context)?;
    hurt.leaves_others(&store, "beside damaged ones")?;
    for (who, _) in &hurt.sound {
        mended(&*store, who)?;
        ensure!(
            store.remove(who, NOW)?,
            "the remove of a sound record answers false"
        );
    }
    Ok(())
}

//! RET: retrieve.

use session_driver::{NewRecord, Precondition, Timestamp};

use crate::case::{Context, Verdict, cases, ensure, ensure_eq, live_record};
use crate::expect;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{stored, visits};
use crate::workload::{NOW, at, forever, id, marked, until};

pub(super) const RULES: &[Rule] = &[RET_1, RET_2, RET_3, RET_4];

const RET_1: Rule = Rule {
    id: "RET-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Retrieving an id that was never stored returns None, never an error.",
    intent: "Every visitor without a session would see an error page.",
    provenance: &[Provenance::Ancestor(
        "`retrieve` of CGI::Session::Driver and `get_session_data` of Catalyst::Plugin::Session::Store",
    )],
    needs: &[],
    proof: cases![
        an_unknown_id_is_none_in_an_empty_store,
        an_unknown_id_is_none_beside_others
    ],
};

fn an_unknown_id_is_none_in_an_empty_store(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for now in [Timestamp::MIN, NOW, Timestamp::MAX] {
        ensure_eq!(
            store.retrieve(&id("nobody"), now)?,
            None,
            "an id of an empty store at {now:?}"
        );
    }
    Ok(())
}

fn an_unknown_id_is_none_beside_others(context: &Context) -> Verdict {
    let store = context.fresh()?;
    store.store(&id("somebody"), forever(b"x"), Precondition::Any, NOW)?;
    for other in ["s", "somebod", "somebody2", "SOMEBODY"] {
        ensure_eq!(
            store.retrieve(&id(other), NOW)?,
            None,
            "the id {other:?} beside `somebody`"
        );
    }
    Ok(())
}

const RET_2: Rule = Rule {
    id: "RET-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Retrieving a live record returns exactly the payload, expires_at and version of the last successful store, \
           and the expires_at of the last touch after it.",
    intent: "A driver that keeps the old deadline logs people out, or never does.",
    provenance: &[Provenance::Ancestor(
        "`retrieve` of CGI::Session::Driver and `get_session_data` of Catalyst::Plugin::Session::Store",
    )],
    needs: &[],
    proof: cases![
        returns_the_last_of_three_generations,
        reports_the_deadline_of_the_last_touch
    ],
};

fn returns_the_last_of_three_generations(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("generations");
    for (generation, deadline) in [(1, Some(at(5_000))), (2, None), (3, Some(at(9_000)))] {
        let payload = marked(generation, 100 * generation as usize);
        let record = NewRecord {
            payload: &payload,
            expires_at: deadline,
        };
        let version = store.store(&who, record, Precondition::Any, NOW)?;
        let found = live_record(&*store, &who, NOW)?;
        ensure!(
            found.payload == payload,
            "the payload is not that of generation {generation}"
        );
        ensure_eq!(
            found.expires_at,
            deadline,
            "the deadline of generation {generation}"
        );
        ensure_eq!(
            found.version,
            version,
            "the version of generation {generation}"
        );
    }
    Ok(())
}

fn reports_the_deadline_of_the_last_touch(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("touched");
    let version = store.store(&who, until(b"payload", 5_000), Precondition::Any, NOW)?;
    for deadline in [Some(at(7_000)), None, Some(at(3_000))] {
        ensure!(
            store.touch(&who, deadline, NOW)?,
            "the touch of a live id answers false"
        );
        let found = live_record(&*store, &who, NOW)?;
        ensure_eq!(
            (found.payload.as_slice(), found.version),
            (b"payload".as_slice(), version),
            "payload and version"
        );
        ensure_eq!(found.expires_at, deadline, "the deadline of the last touch");
    }
    Ok(())
}

const RET_3: Rule = Rule {
    id: "RET-3",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A retrieve does not create a record or change any record's payload, expires_at or version.",
    intent: "Requests with made-up cookies would fill the store (Django CVE-2015-5143), or reads would prolong sessions.",
    provenance: &[Provenance::Fault(
        "Django CVE-2015-5143: to look up an unknown key made a record of it",
    )],
    needs: &[],
    proof: cases![
        a_retrieve_creates_nothing,
        a_retrieve_changes_nothing,
        a_retrieve_past_the_deadline_revives_nothing
    ],
};

fn a_retrieve_creates_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("made-up");
    store.retrieve(&who, NOW)?;
    expect::gone(&*store, &who, "after a retrieve")?;
    ensure_eq!(
        visits(&*store, Timestamp::MIN)?.len(),
        0,
        "visits after a retrieve"
    );
    ensure!(
        !store.touch(&who, None, NOW)?,
        "a touch finds a record after a retrieve"
    );
    ensure!(
        !store.remove(&who, NOW)?,
        "a remove finds a record after a retrieve"
    );
    Ok(())
}

fn a_retrieve_changes_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("read-often");
    let due = stored(
        &*store,
        &who,
        until(b"payload", 5_000),
        Precondition::Any,
        NOW,
    )?;
    for now in [at(1), at(4_999), Timestamp::MIN, at(3_000), NOW] {
        expect::record(&*store, &who, now, &due, "after more retrieves")?;
    }
    ensure_eq!(visits(&*store, NOW)?.len(), 1, "visits after retrieves");
    let when = Precondition::Version(due.version);
    store.store(&who, forever(b"saved"), when, NOW)?;
    Ok(())
}

fn a_retrieve_past_the_deadline_revives_nothing(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let who = id("read-too-late");
    let due = stored(
        &*store,
        &who,
        until(b"payload", 5_000),
        Precondition::Any,
        NOW,
    )?;
    for now in [at(5_000), at(6_000), at(5_000)] {
        expect::absent(&*store, &who, now, "for it has expired")?;
    }
    if let Some(remains) = store.retrieve(&who, NOW)? {
        ensure_eq!(remains, due, "what an earlier `now` shows");
    }
    expect::absent(&*store, &who, at(5_000), "for it has expired")
}

const RET_4: Rule = Rule {
    id: "RET-4",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A record whose payload is empty, `0`, or all NUL is told apart from an absent one.",
    intent: "CGI::Session's drivers answer an absent session with `\"\"` or `0`, and so lose an empty one.",
    provenance: &[Provenance::Fault(
        "CGI::Session, to which a payload that is empty or `0` is as false as an absent one",
    )],
    needs: &[],
    proof: cases![nothing_like_payloads_are_records],
};

fn nothing_like_payloads_are_records(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for (number, payload) in [b"".as_slice(), b"0", b"\0", &[0; 64], &[0; 4096]]
        .into_iter()
        .enumerate()
    {
        let who = id(&format!("nothing-{number}"));
        let version = store.store(&who, forever(payload), Precondition::Absent, NOW)?;
        let found = store
            .retrieve(&who, NOW)?
            .map(|record| (record.payload, record.version));
        ensure_eq!(
            found,
            Some((payload.to_vec(), version)),
            "a record of {} such bytes",
            payload.len()
        );
        ensure!(
            store.remove(&who, NOW)?,
            "such a record counts as absent in remove"
        );
    }
    Ok(())
}

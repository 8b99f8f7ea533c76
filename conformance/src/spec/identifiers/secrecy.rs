//! ID: identifiers, and that they are secrets.

use std::ops::ControlFlow;

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER};
use session_driver::{Error, Precondition, Timestamp};

use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::subject::Setup;
use crate::workload::{NOW, forever, id, record};

pub(super) const ID_4: Rule = Rule {
    id: "ID-4",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Ids and payloads do not appear in Debug or Display output, anywhere in an error's source chain, in logs, metrics labels or \
           temp-file names.",
    intent: "Who reads the log of one bad day can take over the sessions in it.",
    provenance: &[Provenance::Known(
        "OWASP Logging Cheat Sheet: session ids are not logged",
    )],
    needs: &[],
    proof: cases![
        debug_of_a_driver_shows_no_id_and_no_payload,
        errors_show_no_id_and_no_payload
    ],
};

const SECRET_ID: &str = "Secret-Id/of.a*Session-0123456789";
const OTHER_ID: &str = "Other-Secret/of.a*Session-9876543210";
const SECRET_PAYLOAD: &[u8] = b"Secret-Payload:of/a.Session-0123456789";

/// Whether a text shows the secret as it is or in a form that anybody can read back. Case and white
/// space do not hide it.
fn shows(text: &str, secret: &[u8]) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(char::is_whitespace, "");
    let text = plain(text);
    let forms = [
        String::from_utf8_lossy(secret).into_owned(),
        HEXLOWER.encode(secret),
        BASE32_NOPAD.encode(secret),
        BASE64.encode(&secret[..secret.len() / 3 * 3]),
        format!("{secret:?}").trim_matches(['[', ']']).to_owned(),
    ];
    forms.iter().any(|form| text.contains(&plain(form)))
}

fn shows_no_secret(text: &str, what: &str) -> Verdict {
    for secret in [SECRET_ID.as_bytes(), OTHER_ID.as_bytes()] {
        ensure!(!shows(text, secret), "an id stands in {what}");
    }
    ensure!(!shows(text, SECRET_PAYLOAD), "a payload stands in {what}");
    Ok(())
}

fn debug_of_a_driver_shows_no_id_and_no_payload(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let (who, other) = (id(SECRET_ID), id(OTHER_ID));
    let show = |when: &str| {
        shows_no_secret(
            &format!("{:?} {:#?}", &*store, &*store),
            &format!("the driver's Debug {when}"),
        )
    };
    store.store(&who, forever(SECRET_PAYLOAD), Precondition::Any, NOW)?;
    show("after a store")?;
    let record = store.retrieve(&who, NOW)?;
    shows_no_secret(&format!("{record:?} {record:#?}"), "the Debug of a record")?;
    show("after a retrieve")?;
    store.rotate(&who, &other, NOW)?;
    show("after a rotate")?;
    store.traverse(NOW, &mut |_| ControlFlow::Continue(()))?;
    show("after a traversal")?;
    store.remove(&other, NOW)?;
    show("after a remove")
}

fn errors_show_no_id_and_no_payload(context: &Context) -> Verdict {
    let lowered = Setup::with_max_payload_bytes(1_000);
    let store = match context.fresh_with(&lowered) {
        Err(Stop::Skipped(_)) => context.fresh()?,
        opened => opened?,
    };
    let (who, other, absent) = (
        id(SECRET_ID),
        id(OTHER_ID),
        id(&format!("{OTHER_ID}-absent")),
    );
    let secret = forever(SECRET_PAYLOAD);
    let stale = Precondition::Version(store.store(&who, secret, Precondition::Any, NOW)?);
    store.store(&who, secret, Precondition::Any, NOW)?;
    store.store(&other, secret, Precondition::Any, NOW)?;
    let over = SECRET_PAYLOAD.repeat(if store.capabilities().max_payload_bytes > 1_000 {
        1
    } else {
        40
    });
    let outcomes = [
        store.rotate(&who, &other, NOW).err(),
        store.store(&who, secret, Precondition::Absent, NOW).err(),
        store.store(&who, secret, stale, NOW).err(),
        store
            .store(&absent, secret, Precondition::Present, NOW)
            .err(),
        store.store(&absent, secret, stale, NOW).err(),
        store
            .store(&who, forever(&over), Precondition::Any, NOW)
            .err(),
        store
            .store(
                &who,
                record(SECRET_PAYLOAD, Some(Timestamp::MAX)),
                Precondition::Any,
                NOW,
            )
            .err(),
    ];
    for error in outcomes.into_iter().flatten() {
        let what = format!("an error of the kind {:?}", error.kind());
        shows_no_secret(&everything_in(&error), &what)?;
    }
    Ok(())
}

fn everything_in(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(&format!(" {next} {next:?} {next:#?}"));
        cause = next.source();
    }
    text
}

//! The answers that were due, in words and in Rust.

use crate::call::{Call, Reply};
use crate::sequence::judge::Allowed;
use crate::sequence::paste::{at, bytes, deadline};
use crate::sequence::play::Divergence;

/// A condition on `seen`, a divergent step's answer, that only a due answer meets.
pub(super) fn in_rust(divergence: &Divergence) -> String {
    let claims = divergence
        .allowed
        .iter()
        .map(|allowed| one(divergence, allowed));
    claims.collect::<Vec<String>>().join(" || ")
}

fn one(divergence: &Divergence, allowed: &Allowed) -> String {
    let name = |version: u64| {
        divergence
            .givers
            .get(&version)
            .map(|label| format!("v{label}"))
    };
    match allowed {
        Allowed::Found(None) | Allowed::Rotated(None) => "matches!(seen, Ok(None))".into(),
        Allowed::Found(Some(kept)) => {
            let (payload, expires_at) = (bytes(kept.payload), deadline(kept.expires_at));
            let version = kept.version.and_then(name);
            let version = version.map_or(String::new(), |version| {
                format!(" && record.version == {version}")
            });
            format!(
                "matches!(&seen, Ok(Some(record)) if record.payload == {payload} && record.expires_at == {expires_at}{version})"
            )
        }
        Allowed::Stored => match divergence.reply().and_then(Reply::version).and_then(name) {
            Some(repeated) => format!("matches!(seen, Ok(version) if version != {repeated})"),
            None => "seen.is_ok()".into(),
        },
        Allowed::Was(was) => format!("matches!(seen, Ok({was}))"),
        Allowed::Rotated(Some(version)) => match version.and_then(name) {
            Some(version) => format!("matches!(seen, Ok(Some(version)) if version == {version})"),
            None => "matches!(seen, Ok(Some(_)))".into(),
        },
        Allowed::Refused(refusal) => {
            format!("matches!(&seen, Err(error) if error.kind() == ErrorKind::{refusal:?})")
        }
        Allowed::Visited(ids) => {
            format!(
                "seen.is_ok() && {{ visited.sort(); visited == {ids:?} as [&str; {}] }}",
                ids.len()
            )
        }
        Allowed::Digests(count) => format!("seen.is_ok() && visited.len() == {count}"),
        Allowed::Swept { expired, may_leave } => {
            let most = match &divergence.call {
                Call::Sweep {
                    limit: Some(limit), ..
                } => limit.get().min(*expired),
                _ => *expired,
            };
            let all = match may_leave {
                true => String::new(),
                false => format!(" && (swept.more || swept.removed == {expired})"),
            };
            format!("matches!(seen, Ok(swept) if swept.removed <= {most}{all})")
        }
    }
}

/// The due answers in words.
pub(super) fn in_words(allowed: &[Allowed]) -> String {
    let words = allowed.iter().map(|allowed| match allowed {
        Allowed::Found(None) => "no record".into(),
        Allowed::Found(Some(kept)) => record(Some(kept.payload.length), kept.expires_at),
        Allowed::Stored => "success with a new version".into(),
        Allowed::Was(was) => was.to_string(),
        Allowed::Rotated(None) => "None".into(),
        Allowed::Rotated(Some(_)) => "the version of the moved record".into(),
        Allowed::Refused(refusal) => format!("{refusal:?}"),
        Allowed::Visited(ids) => format!("{ids:?}"),
        Allowed::Digests(count) => format!("{count} ids"),
        Allowed::Swept { expired, .. } => {
            format!("{expired} removed, or fewer and more: true")
        }
    });
    words.collect::<Vec<String>>().join(", or ")
}

/// An answer in words.
pub(super) fn said(reply: &Reply) -> String {
    match reply {
        Reply::Found(None) => "no record".into(),
        Reply::Found(Some(seen)) => {
            record(seen.payload.map(|payload| payload.length), seen.expires_at)
        }
        Reply::Stored(_) => "success".into(),
        Reply::Was(was) => was.to_string(),
        Reply::Rotated(None) => "None".into(),
        Reply::Rotated(Some(_)) => "a version".into(),
        Reply::Visited(ids) => format!("{ids:?}"),
        Reply::Swept { removed, more } => format!("{removed} removed, and more: {more}"),
        Reply::Refused(_, text) => text.clone(),
    }
}

fn record(length: Option<usize>, expires_at: Option<i64>) -> String {
    let payload = length.map_or("bytes that nobody stored".into(), |length| {
        format!("{length} bytes")
    });
    let deadline = expires_at.map_or("that never expires".into(), |millis| {
        format!("that expires {}", at(millis))
    });
    format!("a record of {payload} {deadline}")
}

/// The rules that say what an operation answers.
pub(super) fn rules_of(call: &Call) -> &'static str {
    match call {
        Call::Retrieve { .. } => "RET-2, RES-1, RES-3, EXP-1 to EXP-5 and EXP-9",
        Call::Store { .. } => "STO-2 to STO-7, CAS-1, CAS-2 and EXP-3",
        Call::Touch { .. } => "EXP-1, EXP-3, EXP-6 and EXP-7",
        Call::Remove { .. } => "REM-1 and REM-2",
        Call::Rotate { .. } => "ROT-1 and ROT-2",
        Call::Traverse { .. } => "TRV-1 and EXP-1",
        Call::Sweep { .. } => "SWP-1 and SWP-2",
    }
}

//! ID: identifiers.

mod outside;
mod secrecy;

use std::fs;
use std::path::Path;

use session_driver::{MAX_ID_LEN, Precondition, Record, SessionDriver, SessionId};

use self::outside::ID_7;
use self::secrecy::ID_4;
use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::damage::at_rest;
use crate::expect;
use crate::hostile::{ALIKE, hostile_ids};
use crate::rule::{Evidence, Level, Need, Proof, Provenance, Rule, Test};
use crate::steps::{stored, visits};
use crate::workload::{NOW, at, forever, id, random_id, until};

pub(super) const RULES: &[Rule] = &[ID_1, ID_2, ID_3, ID_4, ID_5, ID_6, ID_7];

/// A payload that names its id's place in a list.
fn numbered(number: usize) -> Vec<u8> {
    format!("payload of {number}").into_bytes()
}

/// Creates a record under each id.
fn stored_under(driver: &dyn SessionDriver, ids: &[SessionId]) -> Result<Vec<Record>, Stop> {
    let create = |(number, who): (usize, &SessionId)| {
        let payload = numbered(number);
        let new = if number % 2 == 0 {
            forever(&payload)
        } else {
            until(&payload, 9_000)
        };
        stored(driver, who, new, Precondition::Absent, NOW).map_err(|stop| about(who, &stop))
    };
    ids.iter().enumerate().map(create).collect()
}

/// What was seen, with the id; those of these cases are no secrets.
fn about(who: &SessionId, stop: &Stop) -> Stop {
    Stop::Failed(format!("the id {:?}: {stop}", who.as_str()))
}

const ID_1: Rule = Rule {
    id: "ID-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A driver accepts every valid SessionId at every allowed length (CON, nul, `.`, `..`, `-`, a/b and 128 times ~ are valid ids).",
    intent: "Ids that another system minted cannot be taken over, or one of a million fails.",
    provenance: &[Provenance::Known(
        "CON and NUL are devices to Windows, `.` and `..` directories to POSIX",
    )],
    needs: &[],
    proof: cases![every_valid_id_serves_every_operation],
};

fn every_valid_id_serves_every_operation(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for who in hostile_ids() {
        serves(&*store, &who).map_err(|stop| about(&who, &stop))?;
    }
    Ok(())
}

fn serves(driver: &dyn SessionDriver, who: &SessionId) -> Verdict {
    let plain = id("a-plain-id-of-no-other-case");
    expect::gone(driver, who, "before its first store")?;
    let created = stored(driver, who, forever(b"1"), Precondition::Absent, NOW)?;
    let when = Precondition::Version(created.version);
    let mut due = stored(driver, who, forever(b"22"), when, NOW)?;
    ensure!(
        driver.touch(who, Some(at(9_000)), NOW)?,
        "the touch of a live id answers false"
    );
    due.expires_at = Some(at(9_000));
    expect::record(driver, who, NOW, &due, "after a touch")?;
    ensure!(
        driver.rotate(who, &plain, NOW)?.is_some(),
        "the rotate of a live id answers None"
    );
    expect::gone(driver, who, "after it was rotated away")?;
    ensure!(
        driver.rotate(&plain, who, NOW)?.is_some(),
        "the rotate of a live id answers None"
    );
    expect::payload(driver, who, b"22", "after it was rotated back")?;
    ensure!(
        driver.remove(who, NOW)?,
        "the remove of a live id answers false"
    );
    expect::gone(driver, who, "after its remove")
}

const ID_2: Rule = Rule {
    id: "ID-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Ids outside the grammar are refused by SessionId::parse; whatever a valid id holds, a driver touches nothing outside its own \
           directory, table or key prefix.",
    intent: "A cookie reads, writes or removes any file of the machine (CVE-2024-3400 came in through a session file name).",
    provenance: &[Provenance::Fault(
        "CVE-2024-3400: a cookie that named a session file named any file",
    )],
    needs: &[],
    proof: cases![
        hostile_ids_reach_no_other_record,
        ids_that_are_paths_reach_no_file_beside_the_store
    ],
};

fn hostile_ids_reach_no_other_record(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let bystanders: Vec<_> = (0..8)
        .map(|number| id(&format!("bystander{number}")))
        .collect();
    let due = stored_under(&*store, &bystanders)?;
    for who in hostile_ids() {
        serves(&*store, &who)
            .and_then(|()| bystanders_stay(&*store, &bystanders, &due))
            .map_err(|stop| about(&who, &stop))?;
    }
    ensure_eq!(
        visits(&*store, NOW)?.len(),
        bystanders.len(),
        "visits of bystanders"
    );
    Ok(())
}

fn bystanders_stay(driver: &dyn SessionDriver, ids: &[SessionId], due: &[Record]) -> Verdict {
    ids.iter()
        .zip(due)
        .try_for_each(|(who, due)| expect::record(driver, who, NOW, due, "beside a hostile id"))
}

fn ids_that_are_paths_reach_no_file_beside_the_store(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let beside = store
        .place()
        .path()
        .parent()
        .filter(|beside| beside.is_absolute());
    let Some(beside) = beside.filter(|beside| beside.is_dir()) else {
        return Err(Stop::Skipped("the subject's place is no path".into()));
    };
    let victim = beside.join("session-driver-victim");
    write(&victim)?;
    let absolute = victim.to_str().filter(|path| path.len() <= MAX_ID_LEN);
    let relative = [
        "../session-driver-victim",
        "../../session-driver-victim",
        "../../../session-driver-victim",
        "x/../../session-driver-victim",
        "..\\session-driver-victim",
        "%2e%2e/session-driver-victim",
    ];
    for text in relative
        .into_iter()
        .chain(absolute)
        .filter_map(|text| SessionId::parse(text).ok())
    {
        serves(&*store, &text).map_err(|stop| about(&text, &stop))?;
        let bytes = fs::read(&victim).ok();
        ensure_eq!(
            bytes.as_deref(),
            Some(VICTIM),
            "a file beside the store, by the id {:?}",
            text.as_str()
        );
    }
    fs::remove_file(&victim).map_err(|error| Stop::Skipped(error.to_string()))?;
    for text in ["../session-driver-victim", "../../session-driver-victim"] {
        store.store(&id(text), forever(b"x"), Precondition::Any, NOW)?;
        ensure!(
            !victim.exists(),
            "the id {text:?} makes a file beside the store"
        );
    }
    Ok(())
}

const VICTIM: &[u8] = b"of somebody else";

fn write(victim: &Path) -> Verdict {
    fs::write(victim, VICTIM)
        .map_err(|error| Stop::Skipped(format!("no file can be made beside the store: {error}")))
}

const ID_3: Rule = Rule {
    id: "ID-3",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Ids that differ in any byte name different records: no case folding, normalising, trimming, truncating or prefix match, on \
           case-insensitive file systems and collations too.",
    intent: "A user is shown the session of another one whose id differs in the case of a letter.",
    provenance: &[Provenance::Known(
        "file systems and collations that fold case or normalise Unicode",
    )],
    needs: &[],
    proof: cases![
        ids_that_are_nearly_equal_name_different_records,
        an_id_is_absent_beside_one_that_is_nearly_equal,
        each_byte_of_a_long_id_counts
    ],
};

fn ids_that_are_nearly_equal_name_different_records(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for group in ALIKE {
        let alike: Vec<_> = group.iter().map(|text| id(text)).collect();
        let due = stored_under(&*store, &alike)?;
        for (who, due) in alike.iter().zip(&due) {
            expect::record(&*store, who, NOW, due, "beside ids that are nearly equal")
                .map_err(|stop| about(who, &stop))?;
        }
        ensure_eq!(
            visits(&*store, NOW)?.len(),
            group.len(),
            "visits of {group:?}"
        );
        for (number, who) in alike.iter().enumerate() {
            ensure!(
                store.remove(who, NOW)?,
                "the remove of {who:?} answers false",
                who = who.as_str()
            );
            for (other, due) in alike.iter().zip(&due).skip(number + 1) {
                expect::record(
                    &*store,
                    other,
                    NOW,
                    due,
                    "after the remove of one nearly equal",
                )
                .map_err(|stop| about(other, &stop))?;
            }
        }
    }
    Ok(())
}

fn an_id_is_absent_beside_one_that_is_nearly_equal(context: &Context) -> Verdict {
    let store = context.fresh()?;
    for group in ALIKE {
        for stored_alone in *group {
            let who = id(stored_alone);
            store.store(&who, forever(b"x"), Precondition::Absent, NOW)?;
            for other in group.iter().filter(|other| *other != stored_alone) {
                let other = id(other);
                let found = store.retrieve(&other, NOW)?.is_some()
                    || store.touch(&other, None, NOW)?
                    || store.remove(&other, NOW)?;
                ensure!(
                    !found,
                    "{:?} is found by the name {:?}",
                    who.as_str(),
                    other.as_str()
                );
            }
            ensure!(
                store.remove(&who, NOW)?,
                "{:?} was removed by another name",
                who.as_str()
            );
        }
    }
    Ok(())
}

fn each_byte_of_a_long_id_counts(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let mut alike: Vec<_> = (1..=MAX_ID_LEN).map(|length| "m".repeat(length)).collect();
    for place in 0..MAX_ID_LEN {
        for other in ["M", "n", "~"] {
            let mut text = "m".repeat(MAX_ID_LEN);
            text.replace_range(place..=place, other);
            alike.push(text);
        }
    }
    let alike: Vec<_> = alike.iter().map(|text| id(text)).collect();
    let due = stored_under(&*store, &alike)?;
    for (who, due) in alike.iter().zip(&due) {
        expect::record(&*store, who, NOW, due, "beside ids that are nearly equal")
            .map_err(|stop| about(who, &stop))?;
    }
    Ok(())
}

const ID_5: Rule = Rule {
    id: "ID-5",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "With hashed_ids the id cannot be found in the backend's bytes in raw, hex or base64 form.",
    intent: "A stolen backup of the store is a list of keys to every account.",
    provenance: &[Provenance::Fault(
        "Rack GHSA-hrqr-hxpp-chr3: ids could be found by timing their look-up, and are kept as digests since",
    )],
    needs: &[Need::HashedIds],
    proof: cases![an_id_is_nowhere_in_the_backends_bytes],
};

fn an_id_is_nowhere_in_the_backends_bytes(context: &Context) -> Verdict {
    let (store, mut rng) = (context.fresh()?, context.rng());
    let all: Vec<SessionId> = (0..20).map(|_| random_id(&mut rng)).collect();
    for (number, who) in all.iter().enumerate() {
        store.store(who, until(b"first", 9_000), Precondition::Any, NOW)?;
        store.touch(who, None, NOW)?;
        // Some are gone again: what is left of them may name them, too.
        if number % 4 == 0 {
            store.rotate(who, &random_id(&mut rng), NOW)?;
        }
    }
    let place = at_rest(context, store)?;
    let contents = context.contents(&place)?;
    for (who, (form, shown)) in all
        .iter()
        .flat_map(|who| forms(who).map(move |form| (who, form)))
    {
        let at = contents
            .iter()
            .position(|(name, bytes)| holds(name, &shown) || holds(bytes, &shown));
        ensure_eq!(
            at,
            None,
            "where the backend shows an id of {} bytes {form}",
            who.as_str().len()
        );
    }
    Ok(())
}

/// An id as it is and in the forms in which a careless driver writes it.
fn forms(who: &SessionId) -> [(&'static str, Vec<u8>); 6] {
    use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
    let bytes = who.as_bytes();
    [
        ("as it is", bytes.to_vec()),
        ("in hex", HEXLOWER.encode(bytes).into_bytes()),
        ("in capital hex", HEXUPPER.encode(bytes).into_bytes()),
        ("in base32", BASE32_NOPAD.encode(bytes).into_bytes()),
        ("in base64", BASE64_NOPAD.encode(bytes).into_bytes()),
        (
            "in base64 for URLs",
            BASE64URL_NOPAD.encode(bytes).into_bytes(),
        ),
    ]
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

const ID_6: Rule = Rule {
    id: "ID-6",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Minted ids hold at least 128 bits from the operating system's generator: their length, no repeat in a million, every bit varies.",
    intent: "Ids that can be guessed are sessions that can be taken.",
    provenance: &[
        Provenance::Known("OWASP Session Management Cheat Sheet: 64 bits of entropy at the least"),
        Provenance::Fault(
            "CGI::Session CVE-2026-56016: ids from the process id, the time and rand",
        ),
    ],
    needs: &[],
    proof: Proof::Elsewhere(
        "the core, which mints ids",
        &[
            Test {
                file: "crates/session-driver/src/id.rs",
                name: "id_6_a_million_minted_ids_do_not_repeat",
            },
            Test {
                file: "crates/session-driver/src/id.rs",
                name: "id_6_every_bit_of_minted_ids_varies",
            },
        ],
    ),
};

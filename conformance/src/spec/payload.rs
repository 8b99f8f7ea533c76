//! PAY: payload.

mod contents;

use std::fs;
use std::path::Path;

use session_driver::{ErrorKind, Precondition, SessionDriver, SessionId};

use self::contents::CONTENTS;
use crate::case::{Context, Fixture, Stop, Verdict, cases, ensure, ensure_eq};
use crate::expect;
use crate::race;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{stored, visits};
use crate::subject::Setup;
use crate::workload::{NOW, at, forever, id, ids, marked, record, until};

pub(super) const RULES: &[Rule] = &[PAY_1, PAY_2];

const PAY_1: Rule = Rule {
    id: "PAY-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Every byte string from 0 bytes to the declared maximum, which is at least 64 KiB, round-trips exactly, and a driver does not \
           behave differently by content.",
    intent: "A session that happens to look like the driver's own envelope, or is one byte too long for a page, is lost.",
    provenance: &[
        Provenance::Fault(
            "CGI::Session, to which a payload that is empty or `0` is as false as an absent one",
        ),
        Provenance::Own("what a driver puts before a payload can be in a payload"),
    ],
    needs: &[],
    proof: cases![
        the_declared_maximum_is_64_kib_or_more,
        every_length_round_trips,
        lengths_around_powers_of_two_round_trip,
        the_longest_payload_round_trips,
        a_record_grows_and_shrinks,
        no_content_makes_a_difference,
        the_bytes_of_its_own_files_make_no_difference
    ],
};

/// The longest payload that is tried, whatever a driver declares.
const LONGEST: usize = 16 * 1024 * 1024;

fn longest(context: &Context) -> usize {
    context.capabilities().max_payload_bytes.min(LONGEST)
}

fn the_declared_maximum_is_64_kib_or_more(context: &Context) -> Verdict {
    let declared = context.capabilities().max_payload_bytes;
    ensure!(
        declared >= 64 * 1024,
        "the declared maximum is {declared} bytes"
    );
    Ok(())
}

fn noise(rng: &mut fastrand::Rng, length: usize) -> Vec<u8> {
    let mut payload = vec![0; length];
    rng.fill(&mut payload);
    payload
}

/// Stores the payload anew and over itself, and finds it each time.
fn round_trips(driver: &dyn SessionDriver, who: &SessionId, payload: &[u8]) -> Verdict {
    for new in [forever(payload), until(payload, 9_000)] {
        let due = stored(driver, who, new, Precondition::Any, NOW)?;
        expect::record(driver, who, NOW, &due, "after its store")?;
    }
    Ok(())
}

fn every_length_round_trips(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let mut rng = context.rng();
    let who = id("of-every-length");
    for length in 0..=1_100 {
        round_trips(&*store, &who, &noise(&mut rng, length))?;
    }
    Ok(())
}

fn lengths_around_powers_of_two_round_trip(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let mut rng = context.rng();
    for power in 10..=20 {
        let who = id(&format!("of-two-to-the-{power}"));
        for beside in [-65, -33, -17, -9, -1, 0, 1] {
            let length = (1_usize << power).saturating_add_signed(beside);
            if length <= longest(context) {
                round_trips(&*store, &who, &noise(&mut rng, length))?;
            }
        }
    }
    Ok(())
}

fn the_longest_payload_round_trips(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("of-the-longest");
    let payload = noise(&mut context.rng(), longest(context));
    for payload in [&payload[..], &payload[1..]] {
        let due = stored(&*store, &who, forever(payload), Precondition::Any, NOW)?;
        for handle in race::handles(&store, &other) {
            expect::record(
                handle,
                &who,
                NOW,
                &due,
                "of the declared maximum, or 16 MiB",
            )?;
        }
    }
    ensure!(
        store.remove(&who, NOW)?,
        "the remove of a live id answers false"
    );
    expect::gone(&*store, &who, "after its remove")
}

fn a_record_grows_and_shrinks(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let who = id("grows-and-shrinks");
    let (large, largest) = (100 * 1024, 1024 * 1024);
    let lengths = [
        1, large, 10, largest, 0, 1, 5_000, 4_000, 6_000, 5_999, large, largest, 2, large, 1, 0,
    ];
    for (generation, length) in lengths.into_iter().enumerate() {
        let payload = marked(generation as u64 + 1, length.min(longest(context)));
        let new = if generation % 2 == 0 {
            forever(&payload)
        } else {
            until(&payload, 9_000)
        };
        let mut due = stored(&*store, &who, new, Precondition::Any, NOW)?;
        for handle in race::handles(&store, &other) {
            expect::record(handle, &who, NOW, &due, "after it grew or shrank")?;
        }
        due.expires_at = Some(at(7_000));
        store.touch(&who, due.expires_at, NOW)?;
        expect::record(
            &*store,
            &who,
            NOW,
            &due,
            "after it grew or shrank, and a touch",
        )?;
    }
    ensure_eq!(
        visits(&*store, NOW)?.len(),
        1,
        "visits of one record that grew and shrank"
    );
    Ok(())
}

fn no_content_makes_a_difference(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let all_bytes: Vec<u8> = (0..=255).collect();
    let long_runs = [
        vec![0; 5_000],
        vec![0xFF; 5_000],
        b"ab".repeat(3_000),
        all_bytes,
    ];
    let contents = CONTENTS
        .iter()
        .copied()
        .chain(long_runs.iter().map(Vec::as_slice));
    for (number, payload) in contents.enumerate() {
        lives_a_life(&store, number, payload)?;
    }
    Ok(())
}

/// Takes a payload through every operation.
fn lives_a_life(store: &Fixture, number: usize, payload: &[u8]) -> Verdict {
    let (who, moved) = (
        id(&format!("content-{number}")),
        id(&format!("moved-{number}")),
    );
    let about = |stop: Stop| {
        let begin = payload.get(..60).unwrap_or(payload).escape_ascii();
        Stop::Failed(format!("the content \"{begin}\": {stop}"))
    };
    let life = || {
        let created = stored(
            &**store,
            &who,
            until(payload, 9_000),
            Precondition::Absent,
            NOW,
        )?;
        expect::record(&**store, &who, NOW, &created, "after its store")?;
        ensure!(
            store.touch(&who, None, NOW)?,
            "the touch of a live id answers false"
        );
        let when = Precondition::Version(created.version);
        let saved = stored(&**store, &who, forever(payload), when, NOW)?;
        expect::record(&**store, &who, NOW, &saved, "after it was saved again")?;
        ensure!(
            store.rotate(&who, &moved, NOW)?.is_some(),
            "the rotate of a live id answers None"
        );
        expect::payload(&**store, &moved, payload, "after a rotate")?;
        expect::gone(&**store, &who, "after it was rotated away")?;
        ensure_eq!(visits(&**store, NOW)?.len(), 1, "visits of one record");
        ensure!(
            store.remove(&moved, NOW)?,
            "the remove of a live id answers false"
        );
        expect::gone(&**store, &moved, "after its remove")
    };
    life().map_err(about)
}

fn the_bytes_of_its_own_files_make_no_difference(context: &Context) -> Verdict {
    let place = context.place()?;
    let driver = context.open(&place, &Setup::default())?;
    for (number, who) in ids("own", 3).iter().enumerate() {
        let payload = marked(number as u64, 300 * number);
        driver.store(who, until(&payload, 9_000), Precondition::Any, NOW)?;
        driver.touch(who, Some(at(8_000)), NOW)?;
    }
    // Only a closed engine's files may be read: closing one that it has open would drop its locks
    // (HYG-8).
    drop(driver);
    let mut files = Vec::new();
    read_files(place.path(), &mut files);
    if files.is_empty() {
        return Err(Stop::Skipped("the subject's place holds no files".into()));
    }
    let store = context.fresh()?;
    for (number, bytes) in files.iter().enumerate() {
        for from in [0, 1, 8, 16, 64, 512, 4_096] {
            let part = bytes.get(from..).unwrap_or_default();
            lives_a_life(&store, number, part.get(..60_000).unwrap_or(part))?;
        }
    }
    Ok(())
}

/// The most files whose bytes are tried.
const FILES: usize = 16;

/// Adds what the files at and below `path` hold; what cannot be read is passed over.
fn read_files(path: &Path, files: &mut Vec<Vec<u8>>) {
    if !path.is_absolute() || files.len() == FILES {
        return;
    }
    if let Ok(entries) = fs::read_dir(path) {
        for entry in entries.flatten() {
            read_files(&entry.path(), files);
        }
    } else if let Ok(bytes) = fs::read(path) {
        files.extend((!bytes.is_empty()).then_some(bytes));
    }
}

const PAY_2: Rule = Rule {
    id: "PAY-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A payload over the maximum is refused with PayloadTooLarge, never truncated; the earlier record stays.",
    intent: "The last item put into a full basket empties it, or is cut in two.",
    provenance: &[Provenance::Known(
        "MySQL truncates what is too long unless it is strict",
    )],
    needs: &[],
    proof: cases![
        a_lowered_maximum_is_declared_and_is_the_last_length_that_goes,
        a_payload_over_the_maximum_creates_nothing,
        a_payload_over_the_maximum_leaves_the_earlier_record,
        one_byte_over_the_default_maximum_is_refused
    ],
};

const LOWERED: usize = 1_000;

fn a_lowered_maximum_is_declared_and_is_the_last_length_that_goes(context: &Context) -> Verdict {
    for lowered in [LOWERED, 1, 4_096] {
        let store = context.fresh_with(&Setup::with_max_payload_bytes(lowered))?;
        let declared = store.capabilities().max_payload_bytes;
        ensure_eq!(declared, lowered, "the maximum that is declared");
        let who = id("at-the-maximum");
        round_trips(&*store, &who, &vec![b'm'; lowered])?;
        let over = vec![b'm'; lowered + 1];
        let outcome = store.store(&who, forever(&over), Precondition::Any, NOW);
        expect::refused(
            outcome,
            ErrorKind::PayloadTooLarge,
            "one byte over the maximum",
        )?;
        expect::payload(
            &*store,
            &who,
            &over[1..],
            "after one over the maximum was refused",
        )?;
    }
    Ok(())
}

/// Lengths over the lowered maximum.
const OVER: [usize; 3] = [LOWERED + 1, 4_097, 1024 * 1024];

fn a_payload_over_the_maximum_creates_nothing(context: &Context) -> Verdict {
    let store = context.fresh_with(&Setup::with_max_payload_bytes(LOWERED))?;
    for length in OVER {
        let over = vec![b'o'; length];
        for when in [Precondition::Any, Precondition::Absent] {
            let who = id("never-created");
            let outcome = store.store(&who, forever(&over), when, NOW);
            expect::refused(
                outcome,
                ErrorKind::PayloadTooLarge,
                "a payload over the maximum",
            )?;
            expect::gone(&*store, &who, "after its payload was refused")?;
            ensure_eq!(
                visits(&*store, NOW)?.len(),
                0,
                "visits after a payload was refused"
            );
        }
    }
    Ok(())
}

fn a_payload_over_the_maximum_leaves_the_earlier_record(context: &Context) -> Verdict {
    let store = context.fresh_with(&Setup::with_max_payload_bytes(LOWERED))?;
    let who = id("stays");
    for length in OVER {
        let over = vec![b'o'; length];
        for deadline in [None, Some(at(5_000))] {
            let earlier = record(b"earlier", deadline);
            let due = stored(&*store, &who, earlier, Precondition::Any, NOW)?;
            let by_version = Precondition::Version(due.version);
            for when in [Precondition::Any, Precondition::Present, by_version] {
                let outcome = store.store(&who, until(&over, 9_000), when, NOW);
                expect::refused(
                    outcome,
                    ErrorKind::PayloadTooLarge,
                    "a payload over the maximum",
                )?;
                expect::record(&*store, &who, NOW, &due, "after a payload was refused")?;
            }
            stored(&*store, &who, forever(b"saved"), by_version, NOW)?;
        }
    }
    Ok(())
}

fn one_byte_over_the_default_maximum_is_refused(context: &Context) -> Verdict {
    let declared = context.capabilities().max_payload_bytes;
    if declared > 2 * LONGEST {
        return Err(Stop::Skipped("the declared maximum is over 32 MiB".into()));
    }
    let store = context.fresh()?;
    let who = id("over-the-default");
    let due = stored(&*store, &who, forever(b"earlier"), Precondition::Any, NOW)?;
    let over = vec![b'o'; declared + 1];
    let outcome = store.store(&who, forever(&over), Precondition::Any, NOW);
    expect::refused(
        outcome,
        ErrorKind::PayloadTooLarge,
        "one byte over the declared maximum",
    )?;
    expect::record(&*store, &who, NOW, &due, "after a payload was refused")
}

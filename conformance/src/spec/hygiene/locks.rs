//! HYG: the locks that an engine holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::child::{Child, Request, Wish};
use crate::damage::has_a_backend;
use crate::outage::directory_of;
use crate::rule::{Evidence, Level, Provenance, Rule};

pub(super) const HYG_8: Rule = Rule {
    id: "HYG-8",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "A driver, layer or the suite does not itself open or close an engine's files while the engine has them open in that \
           process.",
    intent: "Closing SQLite's `-wal` drops its POSIX locks: an acknowledged commit vanished.",
    provenance: &[
        Provenance::Known(
            "SQLite, How To Corrupt An SQLite Database File: locks that a close in another thread cancels",
        ),
        Provenance::Own("closing the `-wal` made an acknowledged commit vanish"),
    ],
    needs: &[],
    proof: cases![the_locks_that_an_engine_holds_stay_while_it_is_used],
};

/// Between looks, and how long a lock has to come back that was let go for a moment.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
const A_MOMENT: Duration = Duration::from_secs(2);

/// Who closes any descriptor of a file drops all POSIX locks that his process has on it. Which
/// locks there are the system says, and is asked from another process.
fn the_locks_that_an_engine_holds_stay_while_it_is_used(context: &Context) -> Verdict {
    if !context.capabilities().embedded {
        let reason = "a server's engine runs in a process of its own";
        return Err(Stop::NotApplicable(reason.into()));
    }
    has_a_backend(context)?;
    let (place, mut child) = (context.place()?, Child::spawn(context)?);
    let directory = directory_of(&place)?;
    child.open(0, &place)?;
    let mut held = locked(child.id(), directory)?;
    for _ in 0..3 {
        thread::sleep(BETWEEN_LOOKS);
        let still = locked(child.id(), directory)?;
        held.retain(|file| still.contains(file));
    }
    if held.is_empty() {
        let reason = "no POSIX lock is held while the driver is idle, and a close drops no others";
        return Err(Stop::NotApplicable(reason.into()));
    }
    for turn in 0..10 {
        let (seed, times) = (context.seed().wrapping_add(turn), 10);
        child.wish(Wish::Use { seed, times })?;
        stay(&child, &held, directory, "the driver was used")?;
    }
    // Another instance comes and goes, or is refused.
    let opening = child.opening(1, &place);
    child.ask(&opening)?;
    child.ask(&Request::of(1, Wish::Close))?;
    stay(&child, &held, directory, "another instance was closed")
}

/// The process still has its locks on these files, as far as it has them open.
fn stay(child: &Child, held: &BTreeSet<u64>, directory: &Path, when: &str) -> Verdict {
    let begin = Instant::now();
    loop {
        let (locked, open) = (locked(child.id(), directory)?, open(child.id()));
        let lost = held
            .iter()
            .filter(|file| open.contains(file) && !locked.contains(file));
        let lost = lost.count();
        if lost == 0 {
            return Ok(());
        }
        ensure!(
            begin.elapsed() < A_MOMENT,
            "{lost} of {} files that the engine has open lost their POSIX locks when {when}: who closed them?",
            held.len()
        );
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// How often the system's list is read for one look: it is given out in parts, while the locks of
/// others come and go in it, so one reading may miss an entry.
const READINGS: usize = 5;

/// The files below the directory on which a process holds POSIX locks, by their numbers.
///
/// # Errors
/// Unobserved where the system does not say.
fn locked(process: u32, directory: &Path) -> Result<BTreeSet<u64>, Stop> {
    let mut locks = String::new();
    for _ in 0..READINGS {
        locks += &fs::read_to_string("/proc/locks")
            .map_err(|_| Stop::Unobserved("there is no /proc/locks to look into".into()))?;
    }
    let below = below(directory);
    // 1: POSIX  ADVISORY  READ 16531 fe:00:10068805 124 124
    let of_line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "POSIX", _, _, holder, file, ..] = words[..] else {
            return None;
        };
        let number = file.rsplit(':').next()?.parse().ok()?;
        (holder == process.to_string() && below.contains(&number)).then_some(number)
    };
    Ok(locks.lines().filter_map(of_line).collect())
}

fn below(directory: &Path) -> BTreeSet<u64> {
    let mut numbers = BTreeSet::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        numbers.extend(entry.metadata().ok().map(|found| number(&found)));
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            numbers.append(&mut below(&entry.path()));
        }
    }
    numbers
}

fn open(process: u32) -> BTreeSet<u64> {
    let descriptors = fs::read_dir(format!("/proc/{process}/fd"));
    let entries = descriptors.into_iter().flatten().flatten();
    entries
        .filter_map(|entry| fs::metadata(entry.path()).ok())
        .map(|found| number(&found))
        .collect()
}

#[cfg(unix)]
fn number(found: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn number(_: &fs::Metadata) -> u64 {
    0
}

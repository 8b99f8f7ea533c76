//! HYG: what a process holds and shows.

use std::time::{Duration, Instant};

use crate::case::{Context, Stop, Verdict, cases, ensure, ensure_eq};
use crate::child::{Child, Wish};
use crate::exercise::use_all_operations;
use crate::patient::Patient;
use crate::place::Place;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::subject::Setup;

pub(super) const HYG_1: Rule = Rule {
    id: "HYG-1",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Long use does not leak descriptors, threads, connections or locks.",
    intent: "After three weeks the service cannot open a file any more.",
    provenance: &[Provenance::Own(
        "descriptors of traversals that were stopped are the last to be closed",
    )],
    needs: &[],
    proof: cases![
        long_use_leaves_descriptors_and_threads_as_they_were,
        use_from_short_lived_threads_leaves_nothing_behind,
        opening_and_closing_leaves_nothing_behind
    ],
};

/// How often the process is counted. A driver may open what it keeps open at any time, such as a
/// handle for each of its directories; but at some time it has opened all, and a leak never has.
const COUNTS: u64 = 10;

/// By how much a count may exceed the last and pass for the same.
const TOLERANCE: usize = 3;

fn long_use_leaves_descriptors_and_threads_as_they_were(context: &Context) -> Verdict {
    let (_place, mut child) = opened_child(context)?;
    settles(
        &mut child,
        "100 more rounds of all operations",
        |child, turn| {
            let seed = context.seed().wrapping_add(turn);
            child.wish(Wish::Use { seed, times: 100 })
        },
    )
}

fn use_from_short_lived_threads_leaves_nothing_behind(context: &Context) -> Verdict {
    let (_place, mut child) = opened_child(context)?;
    settles(
        &mut child,
        "50 more threads that used it and ended",
        |child, turn| {
            let seed = context.seed().wrapping_add(1_000 * turn);
            child.wish(Wish::UseFromThreads { seed, times: 50 })
        },
    )
}

fn opening_and_closing_leaves_nothing_behind(context: &Context) -> Verdict {
    let (place, mut child) = opened_child(context)?;
    settles(
        &mut child,
        "20 more openings and closings",
        |child, turn| {
            for time in 0..20 {
                let seed = context.seed().wrapping_add(20 * turn + time);
                child.wish(Wish::Use { seed, times: 1 })?;
                child.wish(Wish::Close)?;
                child.open(0, &place)?;
            }
            Ok(())
        },
    )
}

fn opened_child(context: &Context) -> Result<(Place, Child), Stop> {
    let place = context.place()?;
    let mut child = Child::spawn(context)?;
    child.open(0, &place)?;
    Ok((place, child))
}

/// Repeats `act` until it takes no more descriptors and threads than the time before, or takes fewer
/// and fewer more each time: handles that are kept, one for each of so many places, fill up by chance
/// and more slowly the fuller they are, while a leak goes on as it began.
fn settles(
    child: &mut Child,
    what: &str,
    mut act: impl FnMut(&mut Child, u64) -> Verdict,
) -> Verdict {
    let first = child.count()?;
    let (mut last, mut counts) = (first.clone(), vec![]);
    for turn in 0..COUNTS {
        act(child, turn)?;
        let now = child.count()?;
        let more = |has: usize, had: usize| has > had + TOLERANCE;
        if !more(now.descriptors.len(), last.descriptors.len()) && !more(now.threads, last.threads)
        {
            return Ok(());
        }
        counts.push((now.descriptors.len(), now.threads));
        last = now;
    }
    let before = (first.descriptors.len(), first.threads);
    let slows = |size: fn(&(usize, usize)) -> usize| {
        let (begin, middle) = (size(&before), size(&counts[counts.len() / 2 - 1]));
        let end = counts.last().map_or(middle, size);
        end.saturating_sub(middle) <= TOLERANCE + middle.saturating_sub(begin) / 2
    };
    if slows(|(descriptors, _)| *descriptors) && slows(|(_, threads)| *threads) {
        return Ok(());
    }
    let new = last.since(&first);
    let target = new.first().map(|new| new.target.as_str());
    ensure!(
        false,
        "{what} take more descriptors or threads each time (descriptors, threads): {counts:?}, such as {target:?}"
    );
    Ok(())
}

pub(super) const HYG_5: Rule = Rule {
    id: "HYG-5",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Dropping a blocking driver ends its own threads and frees its locks first, so that a reopen succeeds; a driver does \
           not change process-wide state nor write to stdout or stderr.",
    intent: "A service that reloads its configuration cannot open its own store; a library's chatter breaks a program's output.",
    provenance: &[Provenance::Own(
        "threads of sled outlive its drop, and a reopen was refused",
    )],
    needs: &[],
    proof: cases![
        a_dropped_driver_can_be_reopened_at_once,
        a_dropped_driver_leaves_no_thread,
        nothing_is_written_to_stdout_or_stderr,
        the_state_of_the_process_stays_as_it_was
    ],
};

fn a_dropped_driver_can_be_reopened_at_once(context: &Context) -> Verdict {
    let place = context.place()?;
    for time in 1..=20 {
        let store = match context.open_raw(&place, &Setup::default()) {
            Ok(store) => store,
            Err(error) => {
                let kind = error.kind();
                return Err(Stop::Failed(format!(
                    "open number {time}, just after a drop, fails with {kind:?}: {error}"
                )));
            }
        };
        use_all_operations(&Patient::new(store), context.seed(), 1)?;
    }
    Ok(())
}

/// The kernel may count a thread for a moment after it was joined.
const REAPING: Duration = Duration::from_millis(100);

/// A driver that leaves threads has more after each turn; the threads that an engine keeps for the
/// whole process, which are no driver's own, come when there is much to do and stop coming.
const TURNS: usize = 12;

/// How often the driver is opened in a turn, so that one that leaves a thread only now and then is
/// found, too.
const OPENINGS: usize = 4;

fn a_dropped_driver_leaves_no_thread(context: &Context) -> Verdict {
    let (place, mut child) = (context.place()?, Child::spawn(context)?);
    let use_and_drop = |child: &mut Child| {
        child.open(0, &place)?;
        let (seed, times) = (context.seed(), 20);
        child.wish(Wish::Use { seed, times })?;
        child.wish(Wish::Close)
    };
    // The lane's own thread is there from now on.
    use_and_drop(&mut child)?;
    let mut counts = vec![child.count()?.threads];
    for _ in 0..TURNS {
        let before = counts[counts.len() - 1];
        for _ in 0..OPENINGS {
            use_and_drop(&mut child)?;
        }
        let closed = Instant::now();
        let after = loop {
            let after = child.count()?.threads;
            if after <= before {
                return Ok(());
            }
            if closed.elapsed() > REAPING {
                break after;
            }
        };
        counts.push(after);
    }
    Err(Stop::Failed(format!(
        "after each {OPENINGS} times that the driver was opened and dropped the process has more threads: {counts:?}"
    )))
}

fn nothing_is_written_to_stdout_or_stderr(context: &Context) -> Verdict {
    let (place, mut child) = opened_child(context)?;
    child.wish(Wish::Use {
        seed: context.seed(),
        times: 50,
    })?;
    child.wish(Wish::Close)?;
    child.open(0, &place)?;
    child.wish(Wish::Close)?;
    let printed = child.finish().printed;
    ensure!(
        printed.is_empty(),
        "the driver writes to stdout or stderr: {:?}",
        printed.chars().take(200).collect::<String>()
    );
    Ok(())
}

fn the_state_of_the_process_stays_as_it_was(context: &Context) -> Verdict {
    let (place, mut child) = (context.place()?, Child::spawn(context)?);
    let before = child.count()?.state;
    child.open(0, &place)?;
    child.wish(Wish::Use {
        seed: context.seed(),
        times: 20,
    })?;
    for moment in ["while the driver is open", "after it was closed"] {
        let after = child.count()?.state;
        for (what, value) in &before {
            ensure_eq!(
                after.get(what),
                Some(value),
                "{what} of the process {moment}"
            );
        }
        child.wish(Wish::Close)?;
    }
    Ok(())
}

pub(super) const HYG_6: Rule = Rule {
    id: "HYG-6",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Descriptors are close-on-exec; use after fork is documented as unsupported.",
    intent: "A program that the service starts can read every session, and keeps its locks.",
    provenance: &[Provenance::Known(
        "FD_CLOEXEC of POSIX; SQLite: a connection is not carried across a fork",
    )],
    needs: &[],
    proof: cases![descriptors_are_close_on_exec],
};

fn descriptors_are_close_on_exec(context: &Context) -> Verdict {
    let (place, mut child) = (context.place()?, Child::spawn(context)?);
    let before = child.count()?;
    child.open(0, &place)?;
    let mut inherited = vec![];
    for turn in 0..20 {
        let wish = Wish::Use {
            seed: context.seed().wrapping_add(turn),
            times: 20,
        };
        // The count goes on another lane, so that it meets the driver at work.
        let after = child.count_during(wish)?;
        let new = after
            .since(&before)
            .into_iter()
            .filter(|new| !new.close_on_exec);
        inherited.extend(new.map(|new| new.target.clone()));
    }
    ensure!(
        inherited.is_empty(),
        "a program started by this process would inherit {:?}",
        inherited[0]
    );
    Ok(())
}

//! `compare`: drivers side by side.

mod bench;
mod measure;
mod programs;
mod sample;
mod table;

use std::env;
use std::path::{Path, PathBuf};
use std::thread;

use serde::Serialize;
use session_driver::Version;
use session_driver_conformance::{Options, Outcome, Setup, Subject};

use self::bench::Bench;
use self::measure::Measured;
use self::programs::Programs;
use self::sample::Session;
use crate::arguments::Compare;
use crate::failure::{Failure, Finish, chain};
use crate::output::Output;
use crate::progress::Progress;
use crate::scratch;
use crate::subject::Candidate;
use crate::target::Target;
use crate::verify;

/// Everything that was found.
#[derive(Debug, Serialize)]
struct Comparison {
    sessions: usize,
    payload_bytes: usize,
    threads: usize,
    seed: u64,
    programs: Option<Programs>,
    drivers: Vec<Row>,
}

/// What was found of one driver.
#[derive(Debug, Serialize)]
struct Row {
    url: String,
    sessions: usize,
    rules: Option<Rules>,
    operations: Vec<Measured>,
    bytes_on_disk: Option<u64>,
    failures: Vec<String>,
}

/// How many rules ended how.
#[derive(Debug, Serialize)]
struct Rules {
    passed: usize,
    failed: usize,
    skipped: usize,
    not_applicable: usize,
    untested: usize,
    seed: u64,
}

pub(crate) fn run(arguments: &Compare, output: &mut Output) -> Result<Finish, Failure> {
    verify::check_filter(arguments.filter.as_deref())?;
    let parent = arguments.dir.clone().unwrap_or_else(env::temp_dir);
    let (targets, _directory) = targets(&arguments.urls, &parent)?;
    let sessions = sample::sessions(arguments.sessions)?;
    let mut comparison = Comparison {
        sessions: sessions.len(),
        payload_bytes: sessions.iter().map(|session| session.payload.len()).sum(),
        threads: arguments.threads.get(),
        seed: seed(arguments)?,
        programs: None,
        drivers: Vec::new(),
    };
    output.show(Progress::wheel());
    for target in &targets {
        let row = measured(target, sessions.clone(), comparison.threads, output);
        comparison.drivers.push(row);
    }
    let options = Options {
        filter: arguments.filter.clone(),
        seed: Some(comparison.seed),
        // Rules that need child processes take longest, and are left to `verify`.
        ..Options::default()
    };
    // The suite waits more than it works, so the drivers need not wait for each other; nothing is
    // measured any more.
    thread::scope(|scope| {
        for (target, row) in targets.iter().zip(&mut comparison.drivers) {
            let (options, output) = (&options, &*output);
            scope.spawn(move || {
                if let Err(failure) = prove(target, options, row, output) {
                    row.failures.push(failure.what);
                }
            });
        }
    });
    // Who could not be opened has been noted, and keeps nobody else from being compared.
    let rows = targets.iter().zip(&comparison.drivers);
    let opened = rows.filter(|(_, row)| row.rules.is_some());
    let opened: Vec<&Candidate> = opened.map(|(target, _)| target).collect();
    let mut unplayed = None;
    if opened.len() > 1 && arguments.programs > 0 {
        output.progress().say("random programs");
        match programs::play(&opened, arguments.programs, comparison.seed) {
            Ok(programs) => comparison.programs = Some(programs),
            Err(failure) => unplayed = Some(failure.what),
        }
    }
    output.show(Progress::none());
    if output.is_json() {
        output.json(&comparison)?;
    } else {
        let place: Option<PathBuf> = arguments.urls.is_empty().then_some(parent);
        table::print(&comparison, place.as_deref(), output)?;
    }
    output.flush()?;
    for row in &comparison.drivers {
        for failure in &row.failures {
            output.note(format!("{}  {failure}", row.url));
        }
    }
    let programs = comparison.programs.as_ref();
    let difference = programs.and_then(Programs::difference);
    let wrong = difference.or(unplayed.as_deref());
    for line in wrong.into_iter().flat_map(str::lines) {
        output.note(line);
    }
    let is_clean = comparison.drivers.iter().all(|row| row.failures.is_empty());
    Ok(Finish::complete_if(is_clean && wrong.is_none()))
}

/// The seed of everything that chance decides.
fn seed(arguments: &Compare) -> Result<u64, Failure> {
    if let Some(seed) = arguments.seed {
        return Ok(seed);
    }
    let random = Version::random().map_err(|error| Failure::because("there is no seed", &error))?;
    Ok(random.to_bits())
}

/// The drivers to compare, and the directory they work in, if it is one of ours.
fn targets(
    urls: &[String],
    parent: &Path,
) -> Result<(Vec<Candidate>, Option<scratch::Directory>), Failure> {
    if !urls.is_empty() {
        let targets: Result<_, _> = urls
            .iter()
            .map(|url| Target::locate(url).map(Candidate::beside))
            .collect();
        return Ok((targets?, None));
    }
    let directory = scratch::Directory::inside(parent).map_err(|error| {
        Failure::because(
            &format!("no directory can be made in {}", parent.display()),
            &error,
        )
        .next("choose another with --dir")
    })?;
    let mut targets = Candidate::without_server(directory.path());
    targets.extend(Target::usual_server().map(Candidate::beside));
    Ok((targets, Some(directory)))
}

/// What a driver costs. What fails is noted, and ends what depends on it.
fn measured(target: &Candidate, sessions: Vec<Session>, threads: usize, output: &Output) -> Row {
    let mut row = Row {
        url: target.name(),
        sessions: 0,
        rules: None,
        operations: Vec::new(),
        bytes_on_disk: None,
        failures: Vec::new(),
    };
    if let Err(failure) = measure(target, sessions, threads, &mut row, output) {
        row.failures.push(failure.what);
    }
    row
}

fn measure(
    target: &Candidate,
    sessions: Vec<Session>,
    threads: usize,
    row: &mut Row,
    output: &Output,
) -> Result<(), Failure> {
    let place = target.place().map_err(|error| {
        Failure::failed(format!(
            "there is no place beside the store: {}",
            chain(&*error)
        ))
    })?;
    let driver = target.open(&place, &Setup::default())?;
    let mut bench = Bench::new(&*driver, sessions, threads);
    for (name, phase) in bench::PHASES {
        output.progress().say(format!("{}  {name}", row.url));
        row.operations.extend(phase(&mut bench)?);
        row.sessions = row.sessions.max(bench.sessions());
        if *name == bench::FULLEST {
            row.bytes_on_disk = target
                .bytes_in(&place)
                .map_err(|error| Failure::because("the store's size cannot be read", &error))?;
        }
    }
    Ok(())
}

fn prove(
    target: &Candidate,
    options: &Options,
    row: &mut Row,
    output: &Output,
) -> Result<(), Failure> {
    let prefix = format!("{}  ", row.url);
    let report = verify::prove(target, options, &prefix, output)?;
    for rule in &report.rules {
        if let Outcome::Failed(seen) = &rule.outcome {
            let text = format!(
                "breaks {}: {} Seen: {seen} (seed {})",
                rule.rule, rule.text, report.seed
            );
            row.failures.push(text);
        }
    }
    row.rules = Some(Rules {
        passed: report.passed(),
        failed: report.failed(),
        skipped: report.skipped(),
        not_applicable: report.not_applicable(),
        untested: report.untested(),
        seed: report.seed,
    });
    Ok(())
}

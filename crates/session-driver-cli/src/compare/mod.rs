//! `compare`: drivers side by side.

mod bench;
mod contest;
mod forecast;
mod measure;
mod programs;
mod proof;
mod sample;
mod table;

use std::env;
use std::path::Path;

use serde::Serialize;
use session_driver::Version;
use session_driver_conformance::Subject;

use self::forecast::Forecast;
use self::measure::Measured;
use self::programs::{Programs, Share};
use self::proof::Proof;
use self::table::Table;
use crate::arguments::Compare;
use crate::failure::{Failure, Finish};
use crate::interrupt;
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

impl Row {
    fn new(target: &Candidate) -> Row {
        Row {
            url: target.name(),
            sessions: 0,
            rules: None,
            operations: Vec::new(),
            bytes_on_disk: None,
            failures: Vec::new(),
        }
    }
}

/// How many rules ended how.
#[derive(Debug, Serialize)]
struct Rules {
    quick: bool,
    passed: usize,
    failed: usize,
    skipped: usize,
    not_applicable: usize,
    untested: usize,
    /// The time of a quick proof was over before them.
    not_reached: usize,
    seed: u64,
}

pub(crate) fn run(arguments: &Compare, output: &mut Output) -> Result<Finish, Failure> {
    verify::check_filter(arguments.filter.as_deref())?;
    interrupt::watch();
    let parent = arguments.dir.clone().unwrap_or_else(env::temp_dir);
    let (targets, _directory) = targets(&arguments.urls, &parent)?;
    let sessions = sample::sessions(arguments.sessions)?;
    let mut comparison = Comparison {
        sessions: sessions.len(),
        payload_bytes: sessions.iter().map(|session| session.payload.len()).sum(),
        threads: arguments.threads.get(),
        seed: seed(arguments)?,
        programs: None,
        drivers: targets.iter().map(Row::new).collect(),
    };
    let proof = Proof::new(arguments, comparison.seed);
    let programs = Share::new(arguments);
    let mut forecast =
        Forecast::new(contest::plan(targets.len()) + proof.plan() + programs.plan(targets.len()));
    output.show(forecast.bar());

    let place = arguments.urls.is_empty().then_some(&*parent);
    let table = Table::begin(&comparison, place, output)?;
    contest::hold(
        &targets,
        &sessions,
        &mut comparison,
        &table,
        &forecast,
        output,
    )?;
    forecast.end(contest::plan(targets.len()), output.progress());
    proof.run(&targets, &mut comparison.drivers, &forecast, output)?;
    forecast.end(proof.plan(), output.progress());
    table.rules(&comparison, arguments.prove, output)?;
    let unplayed = play(programs, &targets, &mut comparison, &forecast, output)?;

    output.show(Progress::none());
    table.end(&comparison, arguments.prove, output)?;
    if output.is_json() {
        output.json(&comparison)?;
    }
    output.flush()?;
    Ok(Finish::complete_if(is_clean(
        &comparison,
        unplayed.as_deref(),
        output,
    )))
}

/// Plays the random programs, where there are several drivers to differ. If they cannot be played,
/// says why.
fn play(
    share: Share,
    targets: &[Candidate],
    comparison: &mut Comparison,
    forecast: &Forecast,
    output: &Output,
) -> Result<Option<String>, Failure> {
    // A driver that could not be opened has been noted, and keeps no other from being compared.
    let rows = targets.iter().zip(&comparison.drivers);
    let opened = rows.filter(|(_, row)| row.rules.is_some());
    let opened: Vec<&Candidate> = opened.map(|(target, _)| target).collect();
    if opened.len() < 2 || share.programs == 0 {
        return Ok(None);
    }
    let part = share.plan(opened.len()) / u32::try_from(share.programs).unwrap_or(u32::MAX);
    let played = programs::play(&opened, share, comparison.seed, &|played| {
        let progress = output.progress();
        progress.say(format!("random programs, {played} played"));
        let played = u32::try_from(played).unwrap_or(u32::MAX);
        forecast.reach(part.saturating_mul(played), progress);
    });
    match played {
        Ok(programs) => comparison.programs = Some(programs),
        Err(failure) if failure.is_interrupt() => return Err(failure),
        Err(failure) => return Ok(Some(failure.what)),
    }
    Ok(None)
}

/// Whether nothing is wrong; what is goes to standard error.
fn is_clean(comparison: &Comparison, unplayed: Option<&str>, output: &Output) -> bool {
    for row in &comparison.drivers {
        for failure in &row.failures {
            output.note(format!("{}  {failure}", row.url));
        }
    }
    let programs = comparison.programs.as_ref();
    let wrong = programs.and_then(Programs::difference).or(unplayed);
    for line in wrong.into_iter().flat_map(str::lines) {
        output.note(line);
    }
    wrong.is_none() && comparison.drivers.iter().all(|row| row.failures.is_empty())
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

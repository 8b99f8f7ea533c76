//! `import`: JSON Lines into a store.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Serialize;
use session_driver::{Error, ErrorKind, NewRecord, Precondition, Timestamp, is_live};

use crate::arguments::Import;
use crate::failure::{Failure, Finish, chain};
use crate::interrupt;
use crate::jsonl::{self, Entry};
use crate::lines::{Line, Lines};
use crate::output::Output;
use crate::progress::Progress;
use crate::screen::count;
use crate::target::{Driver, Target};

/// What a line may hold beside the payload: an id, a deadline, fields that are ignored.
const SLACK: usize = 64 * 1024;

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Counts {
    stored: u64,
    expired: u64,
    rejected: u64,
}

pub(crate) fn run(arguments: &Import, output: &mut Output) -> Result<Finish, Failure> {
    let target = Target::locate(&arguments.url)?;
    let (input, length) = open(&arguments.file)?;
    let driver = target.open_or_create(output)?;
    if length.is_some() {
        // A read from a terminal or a pipe can last, so there a signal ends the process at once.
        interrupt::watch();
    }
    output.show(length.map_or_else(Progress::spinner, Progress::of_bytes));
    let mut counts = Counts::default();
    let end = copy(input, &driver, arguments.strict, &mut counts, output);
    output.show(Progress::none());
    let done = format!(
        "{} stored, {} expired, {} rejected",
        count(counts.stored, "session"),
        counts.expired,
        counts.rejected
    );
    match end {
        Ok(()) => output.closing(&counts, done)?,
        Err(failure) => {
            output.note(format!("before the import stopped: {done}"));
            return Err(failure);
        }
    }
    Ok(Finish::complete_if(counts.rejected == 0))
}

fn open(path: &Path) -> Result<(Box<dyn BufRead>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), None));
    }
    let unreadable =
        |error| Failure::because(&format!("{} cannot be read", path.display()), &error);
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let length = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(BufReader::with_capacity(256 * 1024, file)), length))
}

fn copy(
    input: Box<dyn BufRead>,
    driver: &Driver,
    strict: bool,
    counts: &mut Counts,
    output: &Output,
) -> Result<(), Failure> {
    let largest = driver.capabilities().max_payload_bytes;
    let limit = (largest.div_ceil(3) * 4).saturating_add(SLACK);
    let mut lines = Lines::new(input, limit);
    loop {
        interrupt::check()?;
        let outcome = match lines.next() {
            Ok(None) => return Ok(()),
            Ok(Some(Line::Whole(line))) if line.trim_ascii().is_empty() => continue,
            Ok(Some(Line::Whole(line))) => match jsonl::parse(line) {
                Ok(entry) => store(&entry, driver, counts)?,
                Err(rejection) => Err(rejection.to_string()),
            },
            Ok(Some(Line::TooLong)) => Err(format!(
                "it is longer than {limit} bytes: no payload that the store takes needs so many"
            )),
            Err(error) => return Err(Failure::because("the input cannot be read", &error)),
        };
        if let Err(reason) = outcome {
            counts.rejected += 1;
            let told = format!("line {}: {reason}", lines.number);
            if strict {
                return Err(Failure::failed(told)
                    .next("mend the line, or import without --strict to leave it out"));
            }
            output.note(told);
        }
        if lines.number.is_multiple_of(64) {
            output.progress().advance_to(lines.bytes);
            output.progress().say(count(counts.stored, "session"));
        }
    }
}

/// Stores a session; the inner error is a fault of this session alone.
fn store(
    entry: &Entry,
    driver: &Driver,
    counts: &mut Counts,
) -> Result<Result<(), String>, Failure> {
    let now = Timestamp::now();
    if !is_live(entry.expires_at, now) {
        counts.expired += 1;
        return Ok(Ok(()));
    }
    let record = NewRecord {
        payload: &entry.payload,
        expires_at: entry.expires_at,
    };
    match driver.store(&entry.id, record, Precondition::Any, now) {
        Ok(_) => {
            counts.stored += 1;
            Ok(Ok(()))
        }
        Err(error) if concerns_one_session(&error) => Ok(Err(chain(&error))),
        Err(error) => Err(error.into()),
    }
}

fn concerns_one_session(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidDeadline
            | ErrorKind::PayloadTooLarge
            | ErrorKind::Corrupt
            | ErrorKind::Incompatible
    )
}

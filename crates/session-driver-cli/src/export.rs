//! `export`: a store into JSON Lines.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Serialize;
use session_driver::{ErrorKind, SessionId, Timestamp};

use crate::arguments::Export;
use crate::failure::{Failure, Finish, chain};
use crate::interrupt;
use crate::jsonl;
use crate::output::Output;
use crate::progress::Progress;
use crate::scratch;
use crate::screen::count;
use crate::target::{Driver, Target};

/// What became of the sessions.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Counts {
    exported: u64,
    damaged: u64,
}

pub(crate) fn run(arguments: &Export, output: &mut Output) -> Result<Finish, Failure> {
    let driver = Target::locate(&arguments.url)?.open_existing(output)?;
    if !driver.capabilities().readable_ids {
        return Err(Failure::failed(
            "this store keeps digests of ids, not ids: they cannot be exported",
        ));
    }
    let file = arguments.file.as_deref();
    let counts = match file.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let counts = to_file(path, &driver, output)?;
            output.closing(&counts, closing_words(counts))?;
            counts
        }
        None => {
            let mut writer = BufWriter::new(io::stdout().lock());
            let counts = copy(
                &driver,
                &mut writer,
                &|error| Failure::output(error),
                output,
            )?;
            output.note(closing_words(counts));
            counts
        }
    };
    Ok(Finish::complete_if(counts.damaged == 0))
}

fn closing_words(counts: Counts) -> String {
    let exported = count(counts.exported, "session");
    format!("{exported} exported, {} damaged", counts.damaged)
}

/// Writes aside, so that the file is whole once it has its name, and gone if the export fails.
fn to_file(path: &Path, driver: &Driver, output: &mut Output) -> Result<Counts, Failure> {
    let unwritable = |error: &io::Error| {
        Failure::because(&format!("{} cannot be written", path.display()), error)
    };
    let destination = destination(path)?;
    let parent = destination.parent();
    let parent = parent.filter(|parent| !parent.as_os_str().is_empty());
    interrupt::watch();
    let file = scratch::File::inside(parent.unwrap_or(Path::new(".")))
        .map_err(|error| unwritable(&error))?;
    output.show(Progress::spinner());
    let counts = copy(
        driver,
        &mut BufWriter::new(file.as_file()),
        &unwritable,
        output,
    )?;
    output.show(Progress::none());
    file.keep_as(&destination)
        .map_err(|error| unwritable(&error))?;
    Ok(counts)
}

/// Where a rename puts the file: links are followed, and a device or a pipe is not replaced.
fn destination(path: &Path) -> Result<PathBuf, Failure> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(Failure::usage(format!(
            "{} is not a regular file",
            path.display()
        ))
        .next("leave it out to write to standard output, and redirect that")),
        Ok(_) => fs::canonicalize(path)
            .map_err(|error| Failure::because(&format!("{}", path.display()), &error)),
        Err(_) => Ok(path.into()),
    }
}

fn copy(
    driver: &Driver,
    writer: &mut dyn Write,
    unwritable: &dyn Fn(&io::Error) -> Failure,
    output: &Output,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut end = Ok(());
    driver.traverse(Timestamp::now(), &mut |id| {
        end = interrupt::check()
            .and_then(|()| copy_one(driver, id, writer, unwritable, &mut counts, output));
        match end {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    end?;
    writer.flush().map_err(|error| unwritable(&error))?;
    Ok(counts)
}

fn copy_one(
    driver: &Driver,
    id: &SessionId,
    writer: &mut dyn Write,
    unwritable: &dyn Fn(&io::Error) -> Failure,
    counts: &mut Counts,
    output: &Output,
) -> Result<(), Failure> {
    match driver.retrieve(id, Timestamp::now()) {
        Ok(Some(record)) => {
            jsonl::print(id, &record, writer).map_err(|error| unwritable(&error))?;
            counts.exported += 1;
            if counts.exported.is_multiple_of(64) {
                output.progress().say(count(counts.exported, "session"));
            }
        }
        // Removed or expired since it was visited.
        Ok(None) => {}
        Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Incompatible) => {
            counts.damaged += 1;
            output.note(format!("a session is left out: {}", chain(&error)));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

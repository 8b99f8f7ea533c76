//! `list`: the ids of the live sessions.

use std::ops::ControlFlow;

use serde::Serialize;
use session_driver::{ErrorKind, Record, SessionId, Timestamp};

use crate::arguments::List;
use crate::duration;
use crate::failure::{Failure, Finish};
use crate::output::Output;
use crate::screen::grouped;
use crate::target::{Driver, Target};

#[derive(Serialize)]
struct Short<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Long<'a> {
    id: &'a str,
    expires_at_ms: Option<i64>,
    bytes: usize,
    version: String,
}

pub(crate) fn run(arguments: &List, output: &mut Output) -> Result<Finish, Failure> {
    let driver = Target::locate(&arguments.url)?.open_existing(output)?;
    output.end_with_reader();
    if arguments.long && !output.is_json() {
        output.line(row("EXPIRES IN", "BYTES", "ID"))?;
    }
    let now = Timestamp::now();
    let mut damaged = 0_u64;
    let mut end = Ok(());
    driver.traverse(now, &mut |id| {
        end = if arguments.long {
            print_long(&driver, id, now, &mut damaged, output)
        } else if output.is_json() {
            output.json(&Short { id: id.as_str() })
        } else {
            output.line(id.as_str())
        };
        match end {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    end?;
    if damaged > 0 {
        output.flush()?;
        output.note(format!(
            "{damaged} of them cannot be read; `remove` discards them"
        ));
    }
    Ok(Finish::complete_if(damaged == 0))
}

fn print_long(
    driver: &Driver,
    id: &SessionId,
    now: Timestamp,
    damaged: &mut u64,
    output: &mut Output,
) -> Result<(), Failure> {
    match driver.retrieve(id, now) {
        Ok(Some(record)) if output.is_json() => output.json(&Long {
            id: id.as_str(),
            expires_at_ms: record.expires_at.map(Timestamp::as_millis),
            bytes: record.payload.len(),
            version: version(&record),
        }),
        Ok(Some(record)) => output.line(row(
            &expires_in(record.expires_at, now),
            &grouped(record.payload.len() as u64),
            id.as_str(),
        )),
        // Removed since it was visited.
        Ok(None) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Incompatible) => {
            *damaged += 1;
            if output.is_json() {
                return Ok(());
            }
            output.line(row("damaged", "?", id.as_str()))
        }
        Err(error) => Err(error.into()),
    }
}

fn row(expires_in: &str, bytes: &str, id: &str) -> String {
    format!("{expires_in:>12}  {bytes:>12}  {id}")
}

/// How long the session has to live.
pub(crate) fn expires_in(expires_at: Option<Timestamp>, now: Timestamp) -> String {
    expires_at.map_or_else(
        || "never".into(),
        |deadline| duration::display(deadline.saturating_duration_since(now)),
    )
}

/// The version as 16 hexadecimal digits: as a number it would be rounded by some readers of JSON.
pub(crate) fn version(record: &Record) -> String {
    format!("{:016x}", record.version.to_bits())
}

//! `show`: one session.

use data_encoding::BASE64;
use serde::Serialize;
use session_driver::{Record, Timestamp};

use crate::arguments::Show;
use crate::failure::{Failure, Finish};
use crate::list::{expires_in, version};
use crate::output::Output;
use crate::payload;
use crate::screen::count;
use crate::target::Target;

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    expires_at_ms: Option<i64>,
    bytes: usize,
    version: String,
    codec: Option<String>,
    payload_base64: String,
}

pub(crate) fn run(arguments: &Show, output: &mut Output) -> Result<Finish, Failure> {
    let driver = Target::locate(&arguments.url)?.open_existing(output)?;
    let now = Timestamp::now();
    let record = driver
        .retrieve(&arguments.id, now)?
        .ok_or_else(no_session)?;
    if output.is_json() {
        output.json(&Shown {
            id: arguments.id.as_str(),
            expires_at_ms: record.expires_at.map(Timestamp::as_millis),
            bytes: record.payload.len(),
            version: version(&record),
            codec: payload::codec(&record.payload),
            payload_base64: BASE64.encode(&record.payload),
        })?;
    } else {
        print(&record, now, output)?;
    }
    Ok(Finish::Complete)
}

/// There is no live session under the id that was given.
pub(crate) fn no_session() -> Failure {
    Failure::failed("there is no live session with this id")
        .next("`list` shows the ids; put -- before one that begins with -")
}

fn print(record: &Record, now: Timestamp, output: &mut Output) -> Result<(), Failure> {
    let deadline = record.expires_at.map_or_else(
        || "never".into(),
        |deadline| {
            format!(
                "in {} (at {} ms)",
                expires_in(Some(deadline), now),
                deadline.as_millis()
            )
        },
    );
    let size = count(record.payload.len() as u64, "byte");
    let codec = payload::codec(&record.payload);
    output.line(format!("expires  {deadline}"))?;
    output.line(format!("size     {size}"))?;
    output.line(format!("version  {}", version(record)))?;
    output.line(format!(
        "codec    {}",
        codec.as_deref().unwrap_or("none of ours")
    ))?;
    output.line("payload")?;
    for line in payload::lines(&record.payload) {
        // Set off, so that no payload can look like the lines above.
        output.line(format!("  {line}"))?;
    }
    Ok(())
}

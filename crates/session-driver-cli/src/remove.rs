//! `remove`: ends sessions.

use serde::Serialize;
use session_driver::Timestamp;

use crate::arguments::Remove;
use crate::failure::{Failure, Finish};
use crate::output::Output;
use crate::screen::count;
use crate::target::Target;

#[derive(Debug, Default, Serialize)]
struct Counts {
    removed: u64,
    absent: u64,
}

pub(crate) fn run(arguments: &Remove, output: &mut Output) -> Result<Finish, Failure> {
    let driver = Target::locate(&arguments.url)?.open_existing(output)?;
    let mut counts = Counts::default();
    for id in &arguments.ids {
        if driver.remove(id, Timestamp::now())? {
            counts.removed += 1;
        } else {
            counts.absent += 1;
            output.note(format!("there is no live session {}", id.as_str()));
        }
    }
    let removed = count(counts.removed, "session");
    let words = format!("{removed} removed, {} absent", counts.absent);
    output.closing(&counts, words)?;
    Ok(Finish::complete_if(counts.absent == 0))
}

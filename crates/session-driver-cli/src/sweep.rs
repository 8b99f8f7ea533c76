//! `sweep`: removes what has expired.

use std::num::NonZeroUsize;

use serde::Serialize;
use session_driver::Timestamp;

use crate::arguments::Sweep;
use crate::failure::{Failure, Finish};
use crate::interrupt;
use crate::output::Output;
use crate::progress::Progress;
use crate::screen::count;
use crate::target::Target;

/// How many sessions one call removes: few enough that others need not wait, and that the count
/// moves.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(200).expect("200 is not zero");

#[derive(Serialize)]
struct Removed {
    removed: u64,
}

pub(crate) fn run(arguments: &Sweep, output: &mut Output) -> Result<Finish, Failure> {
    let driver = Target::locate(&arguments.url)?.open_existing(output)?;
    interrupt::watch();
    // One instant for all calls, so that the loop ends.
    let now = Timestamp::now();
    output.show(Progress::spinner());
    let mut removed = 0;
    loop {
        let swept =
            interrupt::check().and_then(|()| driver.sweep(now, AT_ONCE).map_err(Failure::from));
        let swept = match swept {
            Ok(swept) => swept,
            Err(failure) => {
                output.note(format!(
                    "before the sweep stopped: {} removed",
                    count(removed, "session")
                ));
                return Err(failure);
            }
        };
        removed += swept.removed;
        if !swept.more {
            break;
        }
        output
            .progress()
            .say(format!("{} removed", count(removed, "session")));
    }
    output.show(Progress::none());
    output.closing(
        &Removed { removed },
        format!("{} removed", count(removed, "session")),
    )?;
    Ok(Finish::Complete)
}

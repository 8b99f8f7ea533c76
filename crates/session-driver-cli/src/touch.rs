//! `touch`: moves a deadline.

use serde::Serialize;
use session_driver::Timestamp;

use crate::arguments::{Expiry, Touch};
use crate::failure::{Failure, Finish};
use crate::list::expires_in;
use crate::output::Output;
use crate::show::no_session;
use crate::target::Target;

#[derive(Serialize)]
struct Touched {
    touched: bool,
    expires_at_ms: Option<i64>,
}

pub(crate) fn run(arguments: &Touch, output: &mut Output) -> Result<Finish, Failure> {
    let target = Target::locate(&arguments.url)?;
    let now = Timestamp::now();
    let expires_at = deadline(&arguments.expiry, now)?;
    let driver = target.open_existing(output)?;
    let touched = driver.touch(&arguments.id, expires_at, now)?;
    if output.is_json() {
        output.json(&Touched {
            touched,
            expires_at_ms: expires_at.filter(|_| touched).map(Timestamp::as_millis),
        })?;
        return Ok(Finish::complete_if(touched));
    }
    if !touched {
        return Err(no_session());
    }
    output.line(match expires_at {
        Some(_) => format!("expires in {}", expires_in(expires_at, now)),
        None => "expires never".into(),
    })?;
    Ok(Finish::Complete)
}

fn deadline(expiry: &Expiry, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let Some(ttl) = expiry.ttl else {
        return Ok(None);
    };
    if ttl.is_zero() {
        return Err(
            Failure::usage("a session with no time to live is a removed one").next("use `remove`"),
        );
    }
    let deadline = now.checked_add(ttl).ok_or_else(|| {
        Failure::usage("no clock reaches so far")
            .next("for a session that does not expire use --never")
    })?;
    Ok(Some(deadline))
}

//! `cargo xtask test`: everything that can be run to see whether the code is right.

use crate::docs;
use crate::redis;
use crate::step::{Steps, Stopped, cargo};

pub(crate) fn run() -> Result<(), Stopped> {
    let mut steps = Steps::default();
    redis::server(&mut steps)?;
    let (required, yes) = redis::REQUIRED;
    let mut tests = cargo(&["test", "--workspace", "--all-features"]);
    docs::leave_reports(tests.env(required, yes))?;
    steps.run("tests", &mut tests)?;
    steps.summary();
    Ok(())
}

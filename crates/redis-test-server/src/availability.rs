//! Whether there is a server to test against, and what a test does when there is none.

use std::env;
use std::io::{self, Write};

use crate::binary::Binary;
use crate::error::{Error, Result};

/// Names a server of one's own for the suites that need no more than one.
const URL: &str = "SESSION_DRIVER_REDIS_URL";

/// Set to 1, a test that would be skipped fails.
const REQUIRED: &str = "SESSION_DRIVER_REQUIRE_REDIS";

/// What a suite that needs one server, and does it no harm, can use.
#[derive(Clone, Debug)]
pub enum Available {
    /// A program of which private servers can be started.
    Installed(Binary),
    /// The server that SESSION_DRIVER_REDIS_URL names: others' data may be in it.
    Url(String),
}

/// What there is: the server that SESSION_DRIVER_REDIS_URL names, else the installed program.
///
/// # Errors
///
/// [`Missing`](Error::Missing) when there is neither.
pub fn available() -> Result<Available> {
    if let Some(url) = variable(URL) {
        return Ok(Available::Url(url));
    }
    Binary::find()
        .map(Available::Installed)
        .ok_or(Error::Missing)
}

/// What there is, for a suite that needs one server; without one it is skipped loudly: the caller
/// then returns.
///
/// # Panics
///
/// When there is none and SESSION_DRIVER_REQUIRE_REDIS is 1.
#[must_use]
pub fn available_or_skip(suite: &str) -> Option<Available> {
    let available = available();
    if available.is_err() {
        skip(
            suite,
            "install redis or valkey, or name a server in SESSION_DRIVER_REDIS_URL",
        );
    }
    available.ok()
}

/// The installed program, for a suite that kills servers, makes clusters or the like; without one
/// it is skipped loudly, whatever SESSION_DRIVER_REDIS_URL says: the caller then returns.
///
/// # Panics
///
/// When there is none and SESSION_DRIVER_REQUIRE_REDIS is 1.
#[must_use]
pub fn installed_or_skip(suite: &str) -> Option<Binary> {
    let binary = Binary::find();
    if binary.is_none() {
        skip(
            suite,
            "install redis or valkey: a server that SESSION_DRIVER_REDIS_URL names is not enough here",
        );
    }
    binary
}

/// Whoever runs the tests is told what was not tested. Written past `eprintln`, which the test
/// harness keeps to itself when a test passes.
fn skip(suite: &str, remedy: &str) {
    let message = format!("{suite}: {}: {remedy}", Error::Missing);
    assert!(
        variable(REQUIRED).as_deref() != Some("1"),
        "{message} ({REQUIRED}=1 makes the skip a failure)"
    );
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(io::stderr(), "SKIPPED {message}");
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

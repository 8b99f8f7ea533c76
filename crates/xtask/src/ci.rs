//! `cargo xtask ci`: what must be green before a change goes in.

use crate::step::{Steps, Stopped, cargo, works};
use crate::{docs, redis, tools};

const FORMAT: &[&str] = &["fmt", "--all", "--check"];
const LINTS: &[&str] = &[
    "clippy",
    "--workspace",
    "--all-targets",
    "--all-features",
    "--locked",
    "--",
    "-D",
    "warnings",
];
/// Each codec is a feature, and so every handle has to do without the others, too.
const CODECS: &[(&str, &str)] = &[
    ("lints without a codec", ""),
    ("lints with json alone", "json"),
    ("lints with messagepack alone", "messagepack"),
    ("lints with bincode alone", "bincode"),
];
const DOCUMENTATION: &[&str] = &[
    "doc",
    "--workspace",
    "--all-features",
    "--no-deps",
    "--locked",
];
const DEPENDENCIES: &[&str] = &["deny", "check", "licenses", "bans", "sources"];
const FETCH_ADVISORIES: &[&str] = &["deny", "fetch", "db"];
const ADVISORIES: &[&str] = &["deny", "check", "advisories"];
const TESTS: &[&str] = &["test", "--workspace", "--all-features", "--locked"];
/// The README's first command in short: the tests have run the whole suite, so a few rules do here.
const TOOL: &[&str] = &[
    "run",
    "--release",
    "--locked",
    "--",
    "compare",
    "--sessions=200",
    "--filter=RET",
];

pub(crate) fn run() -> Result<(), Stopped> {
    let mut steps = Steps::default();
    tools::component(&mut steps, "fmt", "rustfmt")?;
    tools::component(&mut steps, "clippy", "clippy")?;
    steps.run("format", &mut cargo(FORMAT))?;
    steps.run("lints", &mut cargo(LINTS))?;
    for (name, codec) in CODECS {
        let mut lints = cargo(&["clippy", "--locked", "--no-default-features"]);
        lints.args(["-p", "session-driver", "-p", "session-driver-async"]);
        lints.args(["--features", codec, "--", "-D", "warnings"]);
        steps.run(name, &mut lints)?;
    }
    let mut documentation = cargo(DOCUMENTATION);
    steps.run(
        "documentation",
        documentation.env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    tools::cargo_deny(&mut steps)?;
    steps.run("dependencies", &mut cargo(DEPENDENCIES))?;
    // The advisories are the one thing here that changes without us and needs the network: where
    // the database cannot be fetched the rest still counts, and the summary says what was not
    // looked at.
    if works(&mut cargo(FETCH_ADVISORIES)) {
        steps.run("advisories", &mut cargo(ADVISORIES))?;
    } else {
        steps.leave_out("advisories", "the advisory database cannot be fetched");
    }
    redis::server(&mut steps)?;
    let (required, yes) = redis::REQUIRED;
    let mut tests = cargo(TESTS);
    docs::leave_reports(tests.env(required, yes))?;
    steps.run("tests", &mut tests)?;
    docs::check(&mut steps)?;
    steps.run("tool", &mut cargo(TOOL))?;
    steps.summary();
    Ok(())
}

//! `cargo xtask ci`: what must be green before a change goes in.

use crate::step::{Steps, Stopped, cargo, root, works};
use crate::test::Extent;
use crate::{api, docs, fit, publish, redis, test, tools};

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
/// What a program may leave out, so that each crate has to do without: codecs, the newest versions of
/// the frameworks, TLS. The packages, and the features that they have then.
const WITHOUT_DEFAULTS: &[(&str, &[&str], &str)] = &[
    ("lints without a codec", HANDLES, ""),
    ("lints with json alone", HANDLES, "json"),
    ("lints with messagepack alone", HANDLES, "messagepack"),
    ("lints with bincode alone", HANDLES, "bincode"),
    (
        "lints with tower-sessions 0.14 alone",
        &["session-driver-tower"],
        "tower-sessions-0_14",
    ),
    (
        "lints with actix-session 0.10 alone",
        &["session-driver-actix"],
        "actix-session-0_10",
    ),
    (
        "lints without TLS",
        &["session-driver-redis"],
        "async-plain",
    ),
    (
        "lints of the tool without the prover",
        &["session-driver-cli"],
        "",
    ),
    ("lints of URLs without drivers", &["session-driver-url"], ""),
    (
        "lints of URLs for tasks with SQLite alone",
        &["session-driver-url"],
        "async,json,sqlite",
    ),
];
const HANDLES: &[&str] = &["session-driver", "session-driver-async"];
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
/// The parts of `cargo xtask fit` that take minutes at most, and need no other toolchain. They take
/// the newest releases of others' crates: one that we do not fit beside is to be noticed at once, also
/// by a change that has nothing to do with it.
const FIT: &[&str] = &["resolve", "suites"];
/// The tests of what the Redis driver does without a feature: `--all-features` leaves them out.
const REDIS_WITHOUT: &[(&str, &str)] = &[
    ("Redis tests without TLS", "async-plain"),
    (
        "Redis tests with TLS for the blocking driver",
        "async-plain,tls",
    ),
];
/// The README's `compare` in short: the tests have run the whole suite, so a few rules do here.
const TOOL: &[&str] = &[
    "run",
    "--release",
    "--locked",
    "--",
    "compare",
    "--sessions=200",
    "--filter=RET",
];

/// What the tool must not link without the prover.
const OF_THE_PROVER: &[&str] = &["libtest-mimic", "seccompiler", "session-driver-conformance"];

/// Looks at the graph of the tool without the prover.
fn production_tool() -> Result<(), Stopped> {
    let arguments = [
        "tree",
        "--locked",
        "-p",
        "session-driver-cli",
        "--no-default-features",
    ];
    let mut tree = cargo(&arguments);
    let output = tree.args(["-e", "normal", "--prefix", "none"]).output();
    let output =
        output.map_err(|error| Stopped(format!("cargo tree cannot be started: {error}")))?;
    let packages = String::from_utf8_lossy(&output.stdout);
    let is_linked = |name: &&&str| {
        packages
            .lines()
            .any(|line| line.starts_with(&format!("{name} ")))
    };
    match OF_THE_PROVER.iter().find(is_linked) {
        _ if !output.status.success() || packages.is_empty() => {
            Err(Stopped("cargo tree shows no packages of the tool".into()))
        }
        Some(name) => Err(Stopped(format!("the tool without the prover links {name}"))),
        None => Ok(()),
    }
}

pub(crate) fn run() -> Result<(), Stopped> {
    let mut steps = Steps::default();
    tools::component(&mut steps, "fmt", "rustfmt")?;
    tools::component(&mut steps, "clippy", "clippy")?;
    steps.run("format", &mut cargo(FORMAT))?;
    steps.run("lints", &mut cargo(LINTS))?;
    for (name, packages, features) in WITHOUT_DEFAULTS {
        let mut lints = cargo(&["clippy", "--locked", "--no-default-features"]);
        lints.args(packages.iter().flat_map(|package| ["-p", package]));
        lints.args(["--features", features, "--", "-D", "warnings"]);
        steps.run(name, &mut lints)?;
    }
    steps.time("what the production tool links", production_tool)?;
    let mut documentation = cargo(DOCUMENTATION);
    steps.run(
        "documentation",
        documentation.env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    match api::unavailable() {
        None => api::check(&mut steps)?,
        Some(reason) => steps.leave_out("public API", reason),
    }
    let mut packages = publish::packages(&root().join("target"));
    steps.run("packages", packages.arg("--no-verify"))?;
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
    test::add(&mut steps, Extent::Full, &["--locked"])?;
    for (name, features) in REDIS_WITHOUT {
        let mut tests = cargo(&["test", "--locked", "--lib", "--no-default-features"]);
        tests.args(["-p", "session-driver-redis", "--features", features]);
        steps.run(name, &mut tests)?;
    }
    docs::check(&mut steps)?;
    steps.time("fit", || fit::run(&fit::Selection::of(FIT)))?;
    steps.run("tool", &mut cargo(TOOL))?;
    steps.summary();
    Ok(())
}

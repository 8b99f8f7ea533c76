//! The SQLite suite with the oldest rusqlite of the range; the workspace's own tests have the
//! newest.

use crate::fit::program::{Program, quiet};
use crate::fit::table::Table;
use crate::fit::{Failures, say};
use crate::step::{Stopped, root};

/// The lower end of the range in the SQLite driver's manifest.
const OLDEST: &str = "0.32";

/// The driver's tests that run with it: names, files, and whether each has a harness.
const TESTS: [(&str, &str, bool); 7] = [
    ("unit", "src/lib.rs", true),
    ("conformance", "tests/conformance.rs", false),
    ("conformance_power", "tests/conformance_power.rs", false),
    ("hammer", "tests/hammer.rs", true),
    ("kill", "tests/kill.rs", true),
    ("media", "tests/media.rs", true),
    ("store", "tests/store/main.rs", true),
];

pub(crate) fn run() -> Result<Failures, Stopped> {
    let mut failures = Failures::default();
    say(&format!(
        "the SQLite driver's tests and suites with rusqlite {OLDEST} (minutes)"
    ));
    let program = program(OLDEST)?;
    let ended = quiet(&mut program.cargo(&["test", "--quiet"]));
    let what = format!("the SQLite driver's tests and suites with rusqlite {OLDEST}");
    let mut table = Table::new(["rusqlite", "the SQLite driver's tests and suites"]);
    table.push([OLDEST.to_owned(), failures.cell(&what, "pass", ended)]);
    table.push(["that of Cargo.lock", "run by `cargo xtask test`"]);
    println!("\n{table}");
    Ok(failures)
}

/// A package with the driver's tests and this rusqlite, outside the workspace.
fn program(version: &str) -> Result<Program, Stopped> {
    let root = root();
    let driver = root.join("crates/session-driver-sqlite");
    let mut manifest = format!(
        "[package]\nname = \"fit\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[dependencies]\n\
         crc32fast = \"1\"\nfastrand = \"2\"\nrusqlite = \"~{version}\"\nthiserror = \"2\"\n\
         rustix = {{ version = \"1\", features = [\"fs\", \"process\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\ntempfile = \"3\"\n\
         session-driver = {{ path = {core:?} }}\n\
         session-driver-conformance = {{ path = {conformance:?} }}\n\
         session-driver-sqlite = {{ path = {driver:?} }}\n\n\
         [profile.dev.package.libsqlite3-sys]\nopt-level = 2\n",
        core = root.join("crates/session-driver"),
        conformance = root.join("conformance"),
    );
    for (name, path, harness) in TESTS {
        let path = driver.join(path);
        manifest +=
            &format!("\n[[test]]\nname = \"{name}\"\npath = {path:?}\nharness = {harness}\n");
    }
    Program::with_manifest(&format!("suites-{version}"), &manifest, "fn main() {}\n")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::TESTS;
    use crate::step::root;

    #[test]
    fn every_test_of_the_driver_is_among_them() {
        let tests = root().join("crates/session-driver-sqlite/tests");
        for entry in fs::read_dir(tests).expect("a directory") {
            let path = entry.expect("an entry").path();
            let is_test = path.extension().is_some_and(|extension| extension == "rs")
                || path.join("main.rs").is_file();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let is_listed = TESTS.iter().any(|(listed, ..)| *listed == name);
            assert_eq!(is_listed, is_test, "{name}");
        }
    }
}

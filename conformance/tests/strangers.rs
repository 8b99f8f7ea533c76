//! What `conformance/README.md` tells a stranger is true, word for word: its blocks are the files of
//! a package outside the workspace, which is built and run here, and the suite takes its driver apart.

#[path = "documents/page.rs"]
mod page;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::page::Page;

/// What the driver breaks for sure: deterministic cases accuse it with any seed.
const BROKEN: [&str; 14] = [
    "RET-2", "STO-3", "STO-6", "CAS-1", "CAS-4", "RES-1", "REM-2", "ROT-2", "TRV-1", "EXP-1",
    "EXP-3", "EXP-5", "EXP-7", "SWP-2",
];

/// The failures that README.md shows, all of deterministic cases.
const SHOWN: [&str; 5] = [
    "STO-3 absent_over_an_expired_record_replaces_it",
    "CAS-1 versions_never_repeat_across_removes_and_rotates",
    "REM-2 a_remove_of_an_absent_id_is_false",
    "ROT-2 a_live_to_is_refused_and_both_stay",
    "EXP-1 retrieve_sees_the_first_dead_instant",
];

/// What is left out here: what ends by chance, and what has so much to store that a file which is
/// written whole each time takes minutes.
const SKIPPED: [&str; 18] = [
    "TRV-2",
    "TRV-3",
    "TRV-4",
    "TRV-6",
    "TRV-7",
    "SWP-3",
    "SWP-4",
    "SWP-6",
    "ID-",
    "PAY",
    "DUR",
    "ATM",
    "ISO",
    "CON",
    "ERR",
    "HYG",
    "CAP",
    "a_loop_takes_as_many_calls_as_its_limit_asks_for",
];

const PACKAGE: &str = "conformance/examples/json-file";

#[test]
fn the_files_of_the_package_stand_in_the_readme() {
    let readme = Page::at("conformance/README.md");
    for (section, language, file) in [
        ("manifest", "toml", "Cargo.toml"),
        ("test", "rust", "tests/conformance.rs"),
    ] {
        let file = Page::at(&format!("{PACKAGE}/{file}")).text();
        readme.section_says(section, &format!("\n```{language}\n{file}```\n"));
    }
}

#[test]
fn the_suite_takes_the_driver_apart_and_says_where_to_look() {
    let run = Run::of_the_package();
    for rule in BROKEN {
        assert_eq!(
            run.outcomes.get(rule).map(String::as_str),
            Some("failed"),
            "{rule} is broken, and the suite should say so:\n{}",
            run.printed
        );
        let text = run.failure(rule);
        for part in [
            &format!("{rule} (MUST): "),
            "  why:  ",
            "  seen: ",
            "  look: ",
            "  case: ",
        ] {
            assert!(text.contains(part), "no {part:?} in {text}");
        }
    }
    let readme = Page::at("conformance/README.md");
    let shown: Vec<String> = SHOWN.iter().map(|case| run.failure(case)).collect();
    readme.section_says("excerpt", &format!("\n```text\n{}```\n", shown.join("\n")));
    let broken = format!(
        "\nThe deterministic rules that this driver breaks for sure: {}. Others join them as chance will have it: it has no lock that other\nprocesses see.\n",
        BROKEN.join(", ")
    );
    readme.section_says("broken", &broken);
}

/// What became of a run.
struct Run {
    printed: String,
    outcomes: BTreeMap<String, String>,
}

impl Run {
    /// Runs the package's test as README.md says, with the dependencies of this workspace and
    /// without the network.
    fn of_the_package() -> Run {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let package = root.join(PACKAGE);
        // Cargo takes from it what the package needs.
        fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).expect("the lock is copied");
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("strangers");
        fs::create_dir_all(&target).expect("a target directory");
        let report = target.join("report.json");
        let mut command = Command::new(env!("CARGO"));
        command.args([
            "test",
            "--offline",
            "--test",
            "conformance",
            "--",
            "--quick",
            "--report",
        ]);
        command.arg(&report);
        for skipped in SKIPPED {
            command.args(["--skip", skipped]);
        }
        command
            .current_dir(package)
            .env("CARGO_TARGET_DIR", &target)
            // It is compiled once, and not debugged.
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.env("SESSION_DRIVER_SEED", "1");
        for ours in [
            "SESSION_DRIVER_BUDGET",
            "SESSION_DRIVER_REPORTS",
            "SESSION_DRIVER_DOCUMENTS",
        ] {
            command.env_remove(ours);
        }
        let output = command.output().expect("cargo starts");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "the driver passes:\n{printed}");
        let report = fs::read_to_string(report);
        let report = report.unwrap_or_else(|error| panic!("{error}:\n{printed}{errors}"));
        let report: Value = serde_json::from_str(&report).expect("a report is JSON");
        let rules = report["rules"].as_array().expect("a report has rules");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let outcome = |rule: &Value| (text(&rule["rule"]), text(&rule["outcome"]));
        Run {
            printed,
            outcomes: rules.iter().map(outcome).collect(),
        }
    }

    /// The first failure of a case whose name begins so, as the terminal shows it.
    fn failure(&self, case: &str) -> String {
        let heads = |line: &&str| line.starts_with("---- ");
        let mut lines = self.printed.lines();
        let begins = format!("---- {case} ");
        let head = lines.find(|line| line.starts_with(&begins));
        let head = head.unwrap_or_else(|| panic!("no failure of {case} in:\n{}", self.printed));
        let body = lines.take_while(|line| !heads(line) && *line != "failures:");
        let mut text = head.to_owned();
        for line in body {
            text += &format!("\n{line}");
        }
        text.trim_end().to_owned() + "\n"
    }
}
